import { useState } from "react";

import { useForecast } from "../api/franchise";
import { quantity, thisMonth } from "../format";
import type { ForecastItem } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { State } from "../parts/state";

/** Shows what each item is expected to be used, by day. */
export function ForecastPage() {
  const [month, setMonth] = useState(thisMonth());
  const [item, setItem] = useState<string>();
  const query = useForecast({ period: month });
  const points = query.data?.forecast ?? [];
  const items = new Map(points.map((p) => [p.itemId, p.itemName]));
  const chosen = item !== undefined && items.has(item) ? item : points[0]?.itemId;
  const shown = points.filter((p) => p.itemId === chosen);
  return (
    <>
      <div className="controls">
        <input type="month" aria-label="Month" value={month} onChange={(e) => e.target.value && setMonth(e.target.value)} />
        <select aria-label="Item" value={chosen ?? ""} onChange={(e) => setItem(e.target.value)}>
          {[...items].map(([id, name]) => (
            <option key={id} value={id}>
              {name}
            </option>
          ))}
        </select>
      </div>
      <State error={query.error} pending={query.isPending} empty={shown.length === 0}>
        <Chart points={shown} />
        <div className="card scroll">
          <table>
            <caption>Expected use</caption>
            <thead>
              <tr>
                {["Date", "Expected", "Actual", "Branches", "Method"].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((p) => (
                <tr key={p.date}>
                  <th scope="row">{p.date}</th>
                  <td>
                    {quantity(p.quantity)} {p.baseUnit}
                  </td>
                  <td>{p.actual === undefined ? "–" : `${quantity(p.actual)} ${p.baseUnit}`}</td>
                  <td>{p.branches}</td>
                  <td>{p.methods.join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </State>
    </>
  );
}

function Chart({ points }: { points: ForecastItem[] }) {
  const highest = Math.max(1, ...points.map((p) => Math.max(p.quantity, p.actual ?? 0)));
  const y = (n: number) => 100 - (n / highest) * 95;
  return (
    <figure className="card">
      <figcaption>Bars: expected. Marks: actual.</figcaption>
      <svg viewBox={`0 0 ${points.length * 10} 100`} preserveAspectRatio="none" className="chart" role="img" aria-label="Expected and actual use by day">
        {points.map((p, i) => (
          <g key={p.date}>
            <rect x={i * 10 + 1} width={8} y={y(p.quantity)} height={100 - y(p.quantity)}>
              <title>{`${p.date}: ${quantity(p.quantity)} ${p.baseUnit}`}</title>
            </rect>
            {p.actual !== undefined && <rect className="mark" x={i * 10} width={10} y={y(p.actual) - 1} height={2} />}
          </g>
        ))}
      </svg>
    </figure>
  );
}
