import { useState } from "react";

import { shortDate, weekday } from "../format/date";
import { compact } from "../format/number";
import { ticks } from "./scale";

export interface Bar {
  /** Civil date, `YYYY-MM-DD`. */
  date: string;
  /** Height of the bar, not negative; a float, as it is only drawn. */
  value: number;
  /** Height of a mark across the bar, such as the actual beside the expected. */
  mark?: number;
  /** The exact figures in words, shown when the pointer is on the bar. */
  detail: string;
}

/** Draws one bar a day. It says the exact figures of a day only to a pointer, so a table with the same figures belongs beside it. */
export function BarChart({ title, label, bars }: { title: string; label: string; bars: Bar[] }) {
  const [active, setActive] = useState<string>();
  const marks = ticks(Math.max(0, ...bars.map((bar) => Math.max(bar.value, bar.mark ?? 0))));
  const top = marks.at(-1) ?? 1;
  const height = (value: number) => `${(Math.max(0, value) / top) * 100}%`;
  const every = bars.length <= 8 ? 1 : Math.ceil(bars.length / 6);
  return (
    <figure>
      <figcaption>
        <span>{title}</span>
        <output>{bars.find((bar) => bar.date === active)?.detail}</output>
      </figcaption>
      <div className="chart" role="img" aria-label={label} onPointerLeave={() => setActive(undefined)}>
        {marks.map((mark) => (
          <div key={mark} className="tick" style={{ bottom: height(mark) }}>
            <span>{compact(mark)}</span>
          </div>
        ))}
        <div className="bars">
          {bars.map((bar, i) => (
            <div key={bar.date} className="column" data-active={bar.date === active} onPointerEnter={() => setActive(bar.date)}>
              <div className="bar" style={{ height: height(bar.value) }} />
              {bar.mark !== undefined && <div className="mark" style={{ bottom: height(bar.mark) }} />}
              {i % every === 0 && <span className="when">{every === 1 ? weekday(bar.date) : shortDate(bar.date)}</span>}
            </div>
          ))}
        </div>
      </div>
    </figure>
  );
}
