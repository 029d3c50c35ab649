import { screen } from "@testing-library/react";
import { expect, test } from "vitest";

import { freshPages, show } from "../testing";

freshPages();

test("shows score, movement and metrics, and whether a metric was missing", async () => {
  show(
    {
      franchise: {
        getRankings: () => ({
          currency: "UGX",
          weights: { revenue: 0.4, margin: 0.3, waste: 0.2, service: 0.1 },
          stored: true,
          rankings: [
            {
              rank: 1,
              branchId: "A",
              branchName: "Acacia",
              score: 92.35,
              movement: 2,
              netSales: 100_000_000n,
              grossMarginBp: 6200n,
              wasteOfSalesBp: 200n,
              serviceLevelBp: 9000n,
            },
            {
              rank: 2,
              branchId: "B",
              branchName: "Bugolobi",
              score: 88.89,
              partial: true,
              movement: -1,
              netSales: 80_000_000n,
              grossMarginBp: 6800n,
              wasteOfSalesBp: 100n,
            },
            { rank: 3, branchId: "C", branchName: "City", score: 77.2, movement: 0, netSales: 80_000_000n },
            { rank: 4, branchId: "D", branchName: "Depot", score: 0 },
          ],
        }),
      },
    },
    { at: "#/rankings" },
  );
  await screen.findByRole("table");
  const rows = screen.getAllByRole("row").slice(1);
  expect(rows.map((row) => [...row.children].map((cell) => cell.textContent))).toEqual([
    ["Acacia", "1", "▲up 2", "92.35", "100,000,000", "62.00%", "2.00%", "90.00%"],
    ["Bugolobi", "2", "▼down 1", "Partial88.89", "80,000,000", "68.00%", "1.00%", "–"],
    ["City", "3", "same", "77.20", "80,000,000", "–", "–", "–"],
    ["Depot", "4", "New", "0.00", "0", "–", "–", "–"],
  ]);
  expect(screen.getByText("Score of 40% sales, 30% margin, 20% low waste, 10% service. Money in UGX.")).toBeTruthy();
  expect(screen.getByText("Stored when the month had closed")).toBeTruthy();
});
