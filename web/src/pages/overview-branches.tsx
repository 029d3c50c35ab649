import { useState } from "react";

import { amount } from "../format/money";
import { absent, change, count, percent } from "../format/number";
import type { BranchFigures, Figures } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { TableCard } from "../parts/table";

interface Column {
  title: string;
  /** What rows are sorted by; undefined where the figure is absent, which comes last either way. */
  of: (branch: BranchFigures) => bigint | string | undefined;
  show: (branch: BranchFigures, currency: string) => string;
}

const figure = (title: string, of: (figures: Figures) => bigint | undefined, show: (n: bigint, currency: string) => string): Column => ({
  title,
  of: (branch) => branch.figures && of(branch.figures),
  show: (branch, currency) => {
    const n = branch.figures && of(branch.figures);
    return n === undefined ? absent : show(n, currency);
  },
});

const name: Column = { title: "Branch", of: (b) => b.branchName, show: (b) => b.branchName };
const netSales = figure("Net sales", (f) => f.netSales, amount);
const columns: readonly Column[] = [
  name,
  netSales,
  { title: "Change", of: (b) => b.netSalesChangeBp, show: (b) => change(b.netSalesChangeBp) },
  figure("Orders", (f) => f.orders, count),
  figure("Average check", (f) => f.averageCheck, amount),
  figure("Gross margin", (f) => f.grossMarginBp, percent),
  figure("Food cost", (f) => f.foodCostBp, percent),
  figure("Waste", (f) => f.wasteOfSalesBp, percent),
  figure("Service level", (f) => f.serviceLevelBp, percent),
];

/** Lists the branches, sorted by the column whose heading was chosen last. */
export function Branches({ branches, currency }: { branches: BranchFigures[]; currency: string }) {
  const [sort, setSort] = useState({ column: netSales, descending: true });
  // Names are first wanted from A, figures from the highest.
  const choose = (column: Column) => setSort({ column, descending: column === sort.column ? !sort.descending : column !== name });
  return (
    <TableCard title="Branches" note={`Money in ${currency}.`}>
      <thead>
        <tr>
          {columns.map((column) => (
            <th
              key={column.title}
              scope="col"
              aria-sort={column === sort.column ? (sort.descending ? "descending" : "ascending") : undefined}
            >
              <button type="button" className="quiet" onClick={() => choose(column)}>
                {column.title}
              </button>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {branches.toSorted(by(sort.column, sort.descending)).map((branch) => (
          <tr key={branch.branchId}>
            <th scope="row">{branch.branchName}</th>
            {columns.slice(1).map((column) => (
              <td key={column.title}>{column.show(branch, currency)}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </TableCard>
  );
}

function by({ of }: Column, descending: boolean) {
  return (a: BranchFigures, b: BranchFigures): number => {
    const [x, y] = [of(a), of(b)];
    if (x === undefined || y === undefined) {
      return Number(x === undefined) - Number(y === undefined);
    }
    return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1);
  };
}
