import { timestampDate } from "@bufbuild/protobuf/wkt";
import { useState } from "react";

import { useOverview } from "../api/franchise";
import { change, count, money, percent, thisMonth } from "../format";
import type { BranchFigures, DayFigures, GetOverviewResponse } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { State } from "../parts/state";

const ranges = { today: "Today", yesterday: "Yesterday", "7d": "7 days", "30d": "30 days", mtd: "Month to date", month: "Month" } as const;

/** Shows the figures of a range, summed and for each branch. */
export function OverviewPage() {
  const [range, setRange] = useState<keyof typeof ranges>("7d");
  const [month, setMonth] = useState(thisMonth());
  const query = useOverview(range === "month" ? { period: month } : { range });
  return (
    <>
      <div className="controls">
        <div role="group" aria-label="Range" className="segments">
          {Object.entries(ranges).map(([name, title]) => (
            <button key={name} type="button" aria-pressed={name === range} onClick={() => setRange(name as keyof typeof ranges)}>
              {title}
            </button>
          ))}
        </div>
        {range === "month" && <input type="month" aria-label="Month" value={month} onChange={(e) => e.target.value && setMonth(e.target.value)} />}
        {query.data && (
          <p className="muted stamp">
            {query.data.overview.range?.startDate} to {query.data.overview.range?.endDate}, as of{" "}
            {query.data.overview.asOf && timestampDate(query.data.overview.asOf).toLocaleTimeString()}
            {query.data.cacheStatus && <span className="badge">{query.data.cacheStatus}</span>}
          </p>
        )}
      </div>
      <State error={query.error} pending={query.isPending} empty={false}>
        {query.data && <Overview overview={query.data.overview} />}
      </State>
    </>
  );
}

function Overview({ overview }: { overview: GetOverviewResponse }) {
  const { summary, comparison, currency } = overview;
  if (!summary) {
    return null;
  }
  const cards = [
    { title: "Net sales", value: money(summary.netSales, currency), change: comparison?.netSalesChangeBp },
    { title: "Orders", value: count(summary.orders), change: comparison?.ordersChangeBp },
    {
      title: "Average check",
      value: summary.averageCheck === undefined ? "–" : money(summary.averageCheck, currency),
      change: comparison?.averageCheckChangeBp,
    },
    { title: "Gross margin", value: percent(summary.grossMarginBp), before: percent(comparison?.figures?.grossMarginBp) },
    { title: "Food cost", value: percent(summary.foodCostBp), before: percent(comparison?.figures?.foodCostBp) },
    { title: "Waste of sales", value: percent(summary.wasteOfSalesBp), before: percent(comparison?.figures?.wasteOfSalesBp) },
    { title: "Service level", value: percent(summary.serviceLevelBp), before: percent(comparison?.figures?.serviceLevelBp) },
  ];
  return (
    <>
      <dl className="cards">
        {cards.map((card) => (
          <div key={card.title} className="card">
            <dt>{card.title}</dt>
            <dd>{card.value}</dd>
            {card.before === undefined ? (
              <dd className={trend(card.change)}>{change(card.change)} against the range before</dd>
            ) : (
              <dd className="muted">{card.before} before</dd>
            )}
          </div>
        ))}
      </dl>
      {overview.days.length > 1 && <Days days={overview.days} currency={currency} />}
      <Branches branches={overview.branches} currency={currency} />
    </>
  );
}

function trend(bp: bigint | undefined): string {
  return bp === undefined || bp === 0n ? "muted" : bp > 0n ? "good" : "bad";
}

function Days({ days, currency }: { days: DayFigures[]; currency: string }) {
  const highest = days.reduce((most, day) => (day.netSales > most ? day.netSales : most), 1n);
  return (
    <figure className="card">
      <figcaption>Net sales by day</figcaption>
      <svg viewBox={`0 0 ${days.length * 10} 100`} preserveAspectRatio="none" className="chart" role="img" aria-label="Net sales by day">
        {days.map((day, i) => {
          const height = Math.max(0, Number((day.netSales * 1000n) / highest) / 10);
          return (
            <rect key={day.date} x={i * 10 + 1} width={8} y={100 - height} height={height}>
              <title>{`${day.date}: ${money(day.netSales, currency)}, ${count(day.orders)} orders`}</title>
            </rect>
          );
        })}
      </svg>
      <div className="axis muted">
        <span>{days[0]?.date}</span>
        <span>{days.at(-1)?.date}</span>
      </div>
    </figure>
  );
}

const columns: { title: string; of: (b: BranchFigures) => bigint; show: (b: BranchFigures, currency: string) => string }[] = [
  { title: "Net sales", of: (b) => b.figures?.netSales ?? 0n, show: (b, c) => money(b.figures?.netSales ?? 0n, c) },
  { title: "Change", of: (b) => b.netSalesChangeBp ?? -1_000_000n, show: (b) => change(b.netSalesChangeBp) },
  { title: "Orders", of: (b) => b.figures?.orders ?? 0n, show: (b) => count(b.figures?.orders ?? 0n) },
  { title: "Gross margin", of: (b) => b.figures?.grossMarginBp ?? -1n, show: (b) => percent(b.figures?.grossMarginBp) },
  { title: "Waste", of: (b) => b.figures?.wasteOfSalesBp ?? -1n, show: (b) => percent(b.figures?.wasteOfSalesBp) },
  { title: "Service", of: (b) => b.figures?.serviceLevelBp ?? -1n, show: (b) => percent(b.figures?.serviceLevelBp) },
];

function Branches({ branches, currency }: { branches: BranchFigures[]; currency: string }) {
  const [sort, setSort] = useState({ column: 0, descending: true });
  const of = columns[sort.column]!.of;
  const sorted = branches.toSorted((a, b) => (of(a) < of(b) ? -1 : of(a) > of(b) ? 1 : 0) * (sort.descending ? -1 : 1));
  return (
    <div className="card scroll">
      <table>
        <caption>Branches</caption>
        <thead>
          <tr>
            <th scope="col">Branch</th>
            {columns.map((column, i) => (
              <th key={column.title} scope="col" aria-sort={i !== sort.column ? "none" : sort.descending ? "descending" : "ascending"}>
                <button type="button" className="quiet" onClick={() => setSort({ column: i, descending: i !== sort.column || !sort.descending })}>
                  {column.title}
                  {i === sort.column && (sort.descending ? " ↓" : " ↑")}
                </button>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((branch) => (
            <tr key={branch.branchId}>
              <th scope="row">{branch.branchName}</th>
              {columns.map((column) => (
                <td key={column.title}>{column.show(branch, currency)}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
