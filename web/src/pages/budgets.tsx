import { ConnectError } from "@connectrpc/connect";
import { type FormEvent, useState } from "react";

import { useBudgets, useUpsertBudgets } from "../api/franchise";
import { change, money, parseMoney, plainMoney, thisMonth } from "../format";
import type { Budget, BudgetLine } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { State } from "../parts/state";

/** Compares each branch's month with its targets, and sets them. */
export function BudgetsPage() {
  const [month, setMonth] = useState(thisMonth());
  const [edited, setEdited] = useState<string>();
  const query = useBudgets(month);
  const currency = query.data?.currency ?? "";
  return (
    <>
      <div className="controls">
        <input type="month" aria-label="Month" value={month} onChange={(e) => e.target.value && setMonth(e.target.value)} />
      </div>
      <State error={query.error} pending={query.isPending} empty={query.data?.budgets.length === 0}>
        <div className="card scroll">
          <table>
            <caption>Budgets</caption>
            <thead>
              <tr>
                {["Branch", "", "Target to date", "Actual", "Variance", "", "Projection", ""].map((title, i) => (
                  <th key={i} scope="col">
                    {title}
                  </th>
                ))}
              </tr>
            </thead>
            {query.data?.budgets.map((budget) => (
              <BranchRows
                key={budget.branchId}
                budget={budget}
                currency={currency}
                editing={edited === budget.branchId}
                onEdit={(editing) => setEdited(editing ? budget.branchId : undefined)}
              />
            ))}
          </table>
        </div>
      </State>
    </>
  );
}

function BranchRows({ budget, currency, editing, onEdit }: { budget: Budget; currency: string; editing: boolean; onEdit: (editing: boolean) => void }) {
  const lines: [string, BudgetLine | undefined][] = [
    ["Net sales", budget.revenue],
    ["Cost of sales", budget.cogs],
    ["Waste", budget.waste],
  ];
  const amount = (minor: bigint | undefined) => (minor === undefined ? "–" : money(minor, currency));
  return (
    <tbody>
      {lines.map(([title, line], i) => (
        <tr key={title}>
          {i === 0 && (
            <th scope="rowgroup" rowSpan={lines.length}>
              {budget.branchName}
            </th>
          )}
          <td>{title}</td>
          <td>{amount(line?.targetToDate)}</td>
          <td>{amount(line?.actual)}</td>
          <td>{amount(line?.variance)}</td>
          <td className={line?.favourable === undefined ? "muted" : line.favourable ? "good" : "bad"}>
            {change(line?.varianceBp)} {line?.favourable === undefined ? "" : line.favourable ? "favourable" : "unfavourable"}
          </td>
          <td>{amount(line?.projection)}</td>
          {i === 0 && (
            <td rowSpan={lines.length}>
              <button type="button" className="quiet" aria-expanded={editing} onClick={() => onEdit(!editing)}>
                {editing ? "Cancel" : "Set targets"}
              </button>
            </td>
          )}
        </tr>
      ))}
      {editing && (
        <tr>
          <td colSpan={8}>
            <Targets budget={budget} currency={currency} onDone={() => onEdit(false)} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

const fields = { revenue: "Net sales", cogs: "Cost of sales", waste: "Waste" } as const;

function Targets({ budget, currency, onDone }: { budget: Budget; currency: string; onDone: () => void }) {
  const upsert = useUpsertBudgets();
  // One key for each opening of the form: sending it twice is one change.
  const [key] = useState(() => crypto.randomUUID());
  const [invalid, setInvalid] = useState<string>();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const amounts = { revenue: 0n, cogs: 0n, waste: 0n };
    for (const name of Object.keys(fields) as (keyof typeof fields)[]) {
      const amount = parseMoney(String(form.get(name)), currency);
      if (amount === undefined) {
        setInvalid(`${fields[name]} must be an amount in ${currency}`);
        return;
      }
      amounts[name] = amount;
    }
    setInvalid(undefined);
    upsert.mutate({ key, target: { branchId: budget.branchId, period: budget.period, ...amounts } }, { onSuccess: onDone });
  };
  const message = invalid ?? (upsert.error ? ConnectError.from(upsert.error).rawMessage : undefined);
  return (
    <form className="inline" aria-label={`Targets of ${budget.branchName}`} onSubmit={submit}>
      {Object.entries(fields).map(([name, title]) => (
        <label key={name}>
          {title}
          <input name={name} inputMode="decimal" defaultValue={plainMoney(budget[name as keyof typeof fields]?.target ?? 0n, currency)} required />
        </label>
      ))}
      <button type="submit" disabled={upsert.isPending}>
        Save
      </button>
      {message && (
        <p role="alert" className="notice bad">
          {message}
        </p>
      )}
    </form>
  );
}
