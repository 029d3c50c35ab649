import { useState } from "react";

import { useMayEditBudgets } from "../api/auth";
import { useBudgets } from "../api/franchise";
import { month } from "../format/date";
import { amount } from "../format/money";
import { absent, change } from "../format/number";
import type { Budget, BudgetLine } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { MonthPicker } from "../parts/month-picker";
import { ReportView } from "../parts/report-view";
import { Segments } from "../parts/segments";
import { Stamp } from "../parts/stamp";
import { heading, TableCard } from "../parts/table";
import { monthParam, useRoute } from "../route";
import { BudgetEditor } from "./budget-editor";

const measures = { revenue: "Net sales", cogs: "Cost of sales", waste: "Waste" } as const;

type Measure = keyof typeof measures;

/** Compares each branch's month with its targets, and lets managers set them. */
export function BudgetsPage() {
  const [{ params }, setParams] = useRoute();
  const query = useBudgets(monthParam(params, "month"));
  const mayEdit = useMayEditBudgets();
  const [measure, setMeasure] = useState<Measure>("revenue");
  const [edited, setEdited] = useState<Budget>();
  const answer = query.data?.answer;
  const first = answer?.budgets[0];
  return (
    <>
      <div className="controls">
        <MonthPicker value={monthParam(params, "month") ?? answer?.period ?? ""} onChange={(period) => setParams({ month: period })} />
        <Segments label="Measure" choices={measures} value={measure} onChange={setMeasure} />
        <Stamp report={query.data}>
          {answer && <span>{month(answer.period)}</span>}
          {first && (
            <span>
              {first.completedDays} of {first.days} days completed
            </span>
          )}
        </Stamp>
      </div>
      <ReportView query={query} empty={({ budgets }) => (budgets.length === 0 ? "There are no branches yet." : undefined)}>
        {({ budgets, currency }) => (
          <TableCard title={measures[measure]} note={`Money in ${currency}.`}>
            <thead>
              <tr>
                {["Branch", "Month's target", "Target to date", "Actual", "Variance", "Variance rate", "Projection"].map(heading)}
                {measure === "cogs" && ["Due to volume", "Due to efficiency"].map(heading)}
                {mayEdit && (
                  <th scope="col">
                    <span className="hidden">Targets</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {budgets.map((budget) => (
                <tr key={budget.branchId}>
                  <th scope="row">{budget.branchName}</th>
                  <Line line={budget[measure]} currency={currency} />
                  {measure === "cogs" && (
                    <>
                      <td>{orAbsent(budget.volumeVariance, currency)}</td>
                      <td>{orAbsent(budget.efficiencyVariance, currency)}</td>
                    </>
                  )}
                  {mayEdit && (
                    <td>
                      <button type="button" aria-label={`Edit targets of ${budget.branchName}`} onClick={() => setEdited(budget)}>
                        Edit
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </TableCard>
        )}
      </ReportView>
      {edited && answer && <BudgetEditor budget={edited} currency={answer.currency} onClose={() => setEdited(undefined)} />}
    </>
  );
}

function Line({ line, currency }: { line: BudgetLine | undefined; currency: string }) {
  return (
    <>
      <td>{orAbsent(line?.target, currency)}</td>
      <td>{orAbsent(line?.targetToDate, currency)}</td>
      <td>{orAbsent(line?.actual, currency)}</td>
      <td>{orAbsent(line?.variance, currency)}</td>
      <td className={line?.favourable === undefined ? "muted" : line.favourable ? "good" : "bad"}>
        {line?.favourable === undefined ? "no target" : `${change(line.varianceBp)} ${line.favourable ? "favourable" : "unfavourable"}`}
      </td>
      <td>{orAbsent(line?.projection, currency)}</td>
    </>
  );
}

const orAbsent = (minor: bigint | undefined, currency: string): string => (minor === undefined ? absent : amount(minor, currency));
