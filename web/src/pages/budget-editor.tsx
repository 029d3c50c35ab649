import { type FormEvent, useEffect, useRef, useState } from "react";

import { useUpsertBudgets } from "../api/franchise";
import { month } from "../format/date";
import { amount, parseMoney } from "../format/money";
import type { Budget } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { problem } from "../problem";

const fields = { revenue: "Net sales", cogs: "Cost of sales", waste: "Waste" } as const;

type Field = keyof typeof fields;

/** Asks for the targets of a branch's whole month in a dialog, and sets all three together. */
export function BudgetEditor({ budget, currency, onClose }: { budget: Budget; currency: string; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const upsert = useUpsertBudgets();
  const [invalid, setInvalid] = useState<Field>();
  useEffect(() => dialog.current?.showModal(), []);
  const close = () => dialog.current?.close(); // gives the focus back and tells onClose
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const amounts = { revenue: 0n, cogs: 0n, waste: 0n };
    for (const field of Object.keys(fields) as Field[]) {
      const minor = parseMoney(String(form.get(field)), currency);
      if (minor === undefined) {
        setInvalid(field);
        event.currentTarget.querySelector<HTMLInputElement>(`[name=${field}]`)?.focus();
        return;
      }
      amounts[field] = minor;
    }
    const { branchId, period, weekdayWeights } = budget;
    upsert.mutate({ branchId, currency, period, weekdayWeights, ...amounts }, { onSuccess: close });
  };
  const message = invalid ? `${fields[invalid]} must be an amount in ${currency}.` : upsert.error && problem(upsert.error);
  return (
    <dialog ref={dialog} aria-labelledby="budget-editor-title" onClose={onClose}>
      <form onSubmit={submit} onChange={() => setInvalid(undefined)}>
        <h2 id="budget-editor-title">
          {budget.branchName}, {month(budget.period)}
        </h2>
        {(Object.keys(fields) as Field[]).map((field) => {
          const target = budget[field]?.target;
          return (
            <label key={field} className="field">
              <span>
                {fields[field]}, {currency}
              </span>
              <input
                name={field}
                inputMode="decimal"
                autoComplete="off"
                required
                aria-invalid={invalid === field}
                defaultValue={target === undefined ? "" : amount(target, currency)}
              />
            </label>
          );
        })}
        <p className="hint">
          Targets of the whole month, spread {budget.weekdayWeights.length > 0 ? "by the weights of its weekdays" : "evenly over its days"}.
        </p>
        {message && (
          <p role="alert" className="bad">
            {message}
          </p>
        )}
        <div className="actions">
          <button type="button" onClick={close}>
            Cancel
          </button>
          <button type="submit" className="primary" disabled={upsert.isPending}>
            {upsert.isPending ? "Saving…" : "Save targets"}
          </button>
        </div>
      </form>
    </dialog>
  );
}
