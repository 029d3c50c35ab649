import { money } from "../format/money";
import { absent, change, count, percent, points } from "../format/number";
import type { Figures, GetOverviewResponse } from "../gen/chefcloud/franchise/v1/franchise_pb";

interface Card {
  title: string;
  value: string;
  /** How it changed, in words, and how much, for the sign; undefined if there is nothing to compare. */
  change: string;
  by: bigint | undefined;
  before: string;
  /** True if less is better, as for costs. */
  cost?: boolean;
}

/** Shows the figures of the whole range, each with its change since the range before. */
export function Cards({ overview: { summary, comparison, currency } }: { overview: GetOverviewResponse }) {
  if (!summary) {
    return null;
  }
  const before = comparison?.figures;
  const sum = (title: string, show: (figures: Figures) => string, by: bigint | undefined): Card => ({
    title,
    value: show(summary),
    change: change(by),
    by,
    before: before ? show(before) : absent,
  });
  const ratio = (title: string, of: (figures: Figures) => bigint | undefined, cost = false): Card => {
    const [now, then] = [of(summary), before && of(before)];
    const by = now === undefined || then === undefined ? undefined : now - then;
    return { title, value: percent(now), change: points(by), by, before: percent(then), cost };
  };
  const cards = [
    sum("Net sales", (f) => money(f.netSales, currency), comparison?.netSalesChangeBp),
    sum("Orders", (f) => count(f.orders), comparison?.ordersChangeBp),
    sum(
      "Average check",
      (f) => (f.averageCheck === undefined ? absent : money(f.averageCheck, currency)),
      comparison?.averageCheckChangeBp,
    ),
    ratio("Gross margin", (f) => f.grossMarginBp),
    ratio("Food cost", (f) => f.foodCostBp, true),
    ratio("Waste", (f) => f.wasteOfSalesBp, true),
    ratio("Service level", (f) => f.serviceLevelBp),
  ];
  return (
    <dl className="cards">
      {cards.map((card) => (
        <div key={card.title} className="card">
          <dt>{card.title}</dt>
          <dd className="figure">{card.value}</dd>
          <dd>
            <span className={tone(card)}>
              {arrow(card.by)}
              {card.change}
            </span>{" "}
            <span className="muted">from {card.before}</span>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function tone({ by, cost }: Card): string {
  if (by === undefined || by === 0n) {
    return "muted";
  }
  return by > 0n === !cost ? "good" : "bad";
}

function arrow(by: bigint | undefined) {
  return by ? <span aria-hidden="true">{by > 0n ? "▲ " : "▼ "}</span> : null;
}
