import { addMonths } from "../format/date";
import { DateField } from "./date-field";

/** Chooses a month; the arrows step by one. Without a value, before the server has named the month, it can only be typed. */
export function MonthPicker({ value, onChange }: { value: string; onChange: (month: string) => void }) {
  return (
    <div className="stepper">
      <button type="button" aria-label="Previous month" disabled={!value} onClick={() => onChange(addMonths(value, -1))}>
        ‹
      </button>
      <DateField type="month" label="Month" value={value} onChange={onChange} />
      <button type="button" aria-label="Next month" disabled={!value} onClick={() => onChange(addMonths(value, 1))}>
        ›
      </button>
    </div>
  );
}
