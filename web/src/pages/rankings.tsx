import { useRankings } from "../api/franchise";
import { dates } from "../format/date";
import { amount } from "../format/money";
import { count, percent } from "../format/number";
import type { GetRankingsResponse, RankingWeights } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { RangePicker, useSelection } from "../parts/range-picker";
import { ReportView } from "../parts/report-view";
import { Stamp } from "../parts/stamp";
import { heading, TableCard } from "../parts/table";

/** Shows the branches of a range, best first. */
export function RankingsPage() {
  const selection = useSelection("mtd");
  const query = useRankings(selection);
  const range = query.data?.answer.range;
  return (
    <>
      <div className="controls">
        <RangePicker selection={selection} shown={range} />
        <Stamp report={query.data}>
          {range && <span>{dates(range.startDate, range.endDate)}</span>}
          {query.data?.answer.stored && <span>Stored when the month had closed</span>}
        </Stamp>
      </div>
      <ReportView query={query} empty={(answer) => (answer.rankings.length === 0 ? "No branch can be ranked for these dates." : undefined)}>
        {(answer) => <Ranked answer={answer} />}
      </ReportView>
    </>
  );
}

function Ranked({ answer: { rankings, weights, currency } }: { answer: GetRankingsResponse }) {
  return (
    <TableCard title="Rankings" note={`${weights ? describe(weights) : ""} Money in ${currency}.`}>
      <thead>
        <tr>{["Branch", "Rank", "Moved", "Score", "Net sales", "Gross margin", "Waste", "Service level"].map(heading)}</tr>
      </thead>
      <tbody>
        {rankings.map((ranking) => (
          <tr key={ranking.branchId}>
            <th scope="row">{ranking.branchName}</th>
            <td>{ranking.rank}</td>
            <td>
              <Movement places={ranking.movement} />
            </td>
            <td className="score">
              {ranking.partial && (
                <span className="badge" title="A metric was missing, so the others count for more">
                  Partial
                </span>
              )}
              {ranking.score.toFixed(2)}
              <span className="gauge" aria-hidden="true">
                <span style={{ width: `${ranking.score}%` }} />
              </span>
            </td>
            <td>{amount(ranking.netSales, currency)}</td>
            <td>{percent(ranking.grossMarginBp)}</td>
            <td>{percent(ranking.wasteOfSalesBp)}</td>
            <td>{percent(ranking.serviceLevelBp)}</td>
          </tr>
        ))}
      </tbody>
    </TableCard>
  );
}

function describe({ revenue, margin, waste, service }: RankingWeights): string {
  const share = (weight: number) => `${count(weight * 100)}%`;
  return `Score of ${share(revenue)} sales, ${share(margin)} margin, ${share(waste)} low waste, ${share(service)} service.`;
}

function Movement({ places }: { places: number | undefined }) {
  if (places === undefined) {
    return <span className="badge">New</span>;
  }
  if (places === 0) {
    return <span className="muted">same</span>;
  }
  return (
    <span className={places > 0 ? "good" : "bad"}>
      <span aria-hidden="true">{places > 0 ? "▲" : "▼"}</span>
      <span className="hidden">{places > 0 ? "up" : "down"}</span> {Math.abs(places)}
    </span>
  );
}
