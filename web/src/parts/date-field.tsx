import { useEffect, useRef } from "react";

const complete = { date: /^2[01]\d\d-\d\d-\d\d$/, month: /^2[01]\d\d-(0[1-9]|1[0-2])$/ } as const;

interface Props {
  type: "date" | "month";
  label: string;
  /** `YYYY-MM-DD` or `YYYY-MM`. */
  value: string;
  onChange: (value: string) => void;
}

/**
 * A date or a month. It isn't controlled by React: while someone types a year, the field holds the years 2, 20 and 202 too, and
 * those must neither be asked of the server nor be taken back.
 */
export function DateField({ type, label, value, onChange }: Props) {
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (input.current && input.current.value !== value) {
      input.current.value = value;
    }
  }, [value]);
  return (
    <label className="field">
      <span>{label}</span>
      <input
        ref={input}
        type={type}
        defaultValue={value}
        placeholder={type === "month" ? "YYYY-MM" : "YYYY-MM-DD"}
        onChange={(event) => complete[type].test(event.target.value) && onChange(event.target.value)}
      />
    </label>
  );
}
