import type { DateRange } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { monthParam, useRoute } from "../route";
import { MonthPicker } from "./month-picker";
import { Segments } from "./segments";

const choices = {
  today: "Today",
  yesterday: "Yesterday",
  "7d": "7 days",
  "30d": "30 days",
  mtd: "Month to date",
  month: "Month",
} as const;

type Choice = keyof typeof choices;

/** Which dates a report is about, as the server takes it: a named range or a month. */
export interface Selection {
  range: string;
  period: string;
}

/** Reads the selection from the address. */
export function useSelection(initial: Choice): Selection {
  const [{ params }] = useRoute();
  const period = monthParam(params, "month");
  if (period !== undefined) {
    return { range: "", period };
  }
  const range = params.get("range") ?? "";
  return { range: range in choices && range !== "month" ? range : initial, period: "" };
}

/** Changes the selection. Month begins with the month that the shown range ends in, which the server knows to have begun. */
export function RangePicker({ selection, shown }: { selection: Selection; shown: DateRange | undefined }) {
  const [, setParams] = useRoute();
  const select = (choice: Choice) => {
    if (choice !== "month") {
      setParams({ range: choice, month: undefined });
    } else if (shown) {
      setParams({ range: undefined, month: shown.endDate.slice(0, 7) });
    }
  };
  return (
    <>
      <Segments label="Range" choices={choices} value={selection.period ? "month" : (selection.range as Choice)} onChange={select} />
      {selection.period && <MonthPicker value={selection.period} onChange={(period) => setParams({ month: period })} />}
    </>
  );
}
