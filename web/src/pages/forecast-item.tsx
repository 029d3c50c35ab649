import { date } from "../format/date";
import { absent, quantity } from "../format/number";
import type { ForecastItem } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { BarChart } from "../parts/bar-chart";
import { heading } from "../parts/table";

/** Shows one item's expected use by day, with what was really used where the day is completed. */
export function ItemForecast({ points }: { points: ForecastItem[] }) {
  const [{ itemName = "", baseUnit = "" } = {}] = points;
  const title = `${itemName}, ${baseUnit}`;
  const bars = points.map((point) => ({
    date: point.date,
    value: point.quantity,
    mark: point.actual,
    detail: `${date(point.date)}: ${quantity(point.quantity)} expected${point.actual === undefined ? "" : `, ${quantity(point.actual)} used`}`,
  }));
  return (
    <section className="card" aria-label={`Expected use of ${itemName}`}>
      <BarChart title={title} label={`Expected use of ${itemName} by day; the table below has the figures`} bars={bars} />
      <p className="legend">
        <span className="swatch" aria-hidden="true" /> expected <span className="swatch line" aria-hidden="true" /> used
      </p>
      <details>
        <summary>Figures by day</summary>
        <div className="scroll">
          <table>
            <thead>
              <tr>{["Date", "Expected", "Used", "Branches", "Method"].map(heading)}</tr>
            </thead>
            <tbody>
              {points.map((point) => (
                <tr key={point.date}>
                  <th scope="row">{date(point.date)}</th>
                  <td>{quantity(point.quantity)}</td>
                  <td>{point.actual === undefined ? absent : quantity(point.actual)}</td>
                  <td>{point.branches}</td>
                  <td>{point.methods.join(", ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
