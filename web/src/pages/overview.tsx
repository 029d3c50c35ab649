import { useOverview } from "../api/franchise";
import { date, dates } from "../format/date";
import { approximate, money } from "../format/money";
import { count } from "../format/number";
import type { GetOverviewResponse } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { BarChart } from "../parts/bar-chart";
import { RangePicker, useSelection } from "../parts/range-picker";
import { ReportView } from "../parts/report-view";
import { Stamp } from "../parts/stamp";
import { heading } from "../parts/table";
import { Branches } from "./overview-branches";
import { Cards } from "./overview-cards";

/** Shows the figures of a range beside the range before, summed, by day and by branch. */
export function OverviewPage() {
  const selection = useSelection("7d");
  const query = useOverview(selection);
  const range = query.data?.answer.range;
  const before = query.data?.answer.comparison?.range;
  return (
    <>
      <div className="controls">
        <RangePicker selection={selection} shown={range} />
        <Stamp report={query.data}>
          {range && <span>{dates(range.startDate, range.endDate)}</span>}
          {before && <span>Compared with {dates(before.startDate, before.endDate)}</span>}
        </Stamp>
      </div>
      <ReportView query={query} empty={(answer) => (answer.branches.length === 0 ? "There are no branches yet." : undefined)}>
        {(answer) => (
          <>
            <Cards overview={answer} />
            {answer.days.length > 1 && <Days overview={answer} />}
            <Branches branches={answer.branches} currency={answer.currency} />
          </>
        )}
      </ReportView>
    </>
  );
}

function Days({ overview: { days, currency } }: { overview: GetOverviewResponse }) {
  const bars = days.map((day) => ({
    date: day.date,
    value: approximate(day.netSales, currency),
    detail: `${date(day.date)}: ${money(day.netSales, currency)}, ${count(day.orders)} orders`,
  }));
  return (
    <section className="card" aria-label="Net sales by day">
      <BarChart
        title={`Net sales by day, ${currency}`}
        label={`Net sales by day, ${days.length} days; the table below has the figures`}
        bars={bars}
      />
      <details>
        <summary>Figures by day</summary>
        <div className="scroll">
          <table>
            <thead>
              <tr>{["Date", "Net sales", "Orders", "Cost of sales"].map(heading)}</tr>
            </thead>
            <tbody>
              {days.map((day) => (
                <tr key={day.date}>
                  <th scope="row">{date(day.date)}</th>
                  <td>{money(day.netSales, currency)}</td>
                  <td>{count(day.orders)}</td>
                  <td>{money(day.cogs, currency)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
