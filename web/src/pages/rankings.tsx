import { useState } from "react";

import { useRankings } from "../api/franchise";
import { money, percent, thisMonth } from "../format";
import { State } from "../parts/state";

/** Shows the branches of a month, best first. */
export function RankingsPage() {
  const [month, setMonth] = useState(thisMonth());
  const query = useRankings(month);
  const answer = query.data;
  return (
    <>
      <div className="controls">
        <input type="month" aria-label="Month" value={month} onChange={(e) => e.target.value && setMonth(e.target.value)} />
        {answer?.weights && (
          <p className="muted">
            Weights: revenue {answer.weights.revenue}, margin {answer.weights.margin}, waste {answer.weights.waste}, service {answer.weights.service}
          </p>
        )}
      </div>
      <State error={query.error} pending={query.isPending} empty={answer?.rankings.length === 0}>
        <div className="card scroll">
          <table>
            <caption>Rankings</caption>
            <thead>
              <tr>
                {["Rank", "Branch", "Score", "Net sales", "Gross margin", "Waste", "Service"].map((title) => (
                  <th key={title} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {answer?.rankings.map((r) => (
                <tr key={r.branchId}>
                  <td>
                    {r.rank} <Movement places={r.movement} />
                  </td>
                  <th scope="row">{r.branchName}</th>
                  <td>
                    {r.score.toFixed(2)}
                    {r.partial && (
                      <span className="badge" title="A metric was missing, the others count for more">
                        partial
                      </span>
                    )}
                  </td>
                  <td>{money(r.netSales, answer.currency)}</td>
                  <td>{percent(r.grossMarginBp)}</td>
                  <td>{percent(r.wasteOfSalesBp)}</td>
                  <td>{percent(r.serviceLevelBp)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </State>
    </>
  );
}

function Movement({ places }: { places: number | undefined }) {
  if (places === undefined || places === 0) {
    return null;
  }
  return places > 0 ? <span className="good">▲{places}</span> : <span className="bad">▼{-places}</span>;
}
