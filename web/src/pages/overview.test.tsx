import { Code, ConnectError } from "@connectrpc/connect";
import { screen, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { GetOverviewRequest } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { type Fakes, freshPages, show } from "../testing";

freshPages();

const workedDay = {
  currency: "UGX",
  range: { startDate: "2024-11-08", endDate: "2024-11-08", days: 1 },
  summary: {
    netSales: 59_600n,
    orders: 3n,
    averageCheck: 19_867n,
    grossMarginBp: 5503n,
    foodCostBp: 4497n,
    wasteOfSalesBp: 2114n,
    serviceLevelBp: 8500n,
  },
  comparison: {
    range: { startDate: "2024-11-07", endDate: "2024-11-07", days: 1 },
    netSalesChangeBp: 500n,
    ordersChangeBp: -2500n,
    figures: { netSales: 56_762n, orders: 4n, grossMarginBp: 5600n, foodCostBp: 4400n, wasteOfSalesBp: 2200n },
  },
  asOf: { seconds: 1_731_060_000n },
  branches: [
    {
      branchId: "BR_1",
      branchName: "Kampala Road",
      figures: { netSales: 40_000n, orders: 1n, serviceLevelBp: 9000n },
      netSalesChangeBp: -161n,
    },
    { branchId: "BR_2", branchName: "Acacia", figures: { netSales: 19_600n, orders: 2n }, netSalesChangeBp: 800n },
    { branchId: "BR_3", branchName: "Bugolobi", figures: { netSales: -5n } },
  ],
};

const overview = (answer: object = workedDay, cacheStatus = "MISS"): Fakes => ({
  franchise: {
    getOverview: (_, context) => {
      context.responseHeader.set("X-Cache-Status", cacheStatus);
      return answer;
    },
  },
});

const card = (title: string) => screen.getByText(title, { selector: "dt" }).parentElement!.textContent;
const branches = () =>
  within(screen.getByRole("table"))
    .getAllByRole("rowheader")
    .map((cell) => cell.textContent);

test("shows the worked day to the minor unit and the basis point", async () => {
  show(overview());
  await screen.findByText("Compared with 7 Nov 2024");
  expect(["Net sales", "Orders", "Average check", "Gross margin", "Food cost", "Waste", "Service level"].map(card)).toEqual([
    "Net salesUGX 59,600▲ +5.00% from UGX 56,762",
    "Orders3▼ -25.00% from 4",
    "Average checkUGX 19,867– from –",
    "Gross margin55.03%▼ -0.97 pp from 56.00%",
    "Food cost44.97%▲ +0.97 pp from 44.00%",
    "Waste21.14%▼ -0.86 pp from 22.00%",
    "Service level85.00%– from –",
  ]);
  expect(screen.getByText("MISS")).toBeTruthy();
  expect(screen.getByText("8 Nov 2024")).toBeTruthy();
  expect(screen.getByText(/^As of 8 Nov 2024/)).toBeTruthy();
});

test("takes more cost for bad and less for good", async () => {
  show(overview());
  expect((await screen.findByText(/\+0\.97 pp/)).className).toBe("bad");
  expect(screen.getByText(/-0\.86 pp/).className).toBe("good");
  expect(screen.getByText(/-0\.97 pp/).className).toBe("bad");
});

test("shows cents of a currency that has them", async () => {
  show(overview({ ...workedDay, currency: "USD" }, "HIT"));
  expect(await screen.findByText("USD 596.00")).toBeTruthy();
  expect(screen.getByRole("cell", { name: "-0.05" })).toBeTruthy();
  expect(screen.getByText("HIT")).toBeTruthy();
});

test("sorts the branches by any column, absent figures last either way", async () => {
  show(overview());
  await screen.findByRole("table");
  const heading = (name: string) => screen.getByRole("columnheader", { name });
  const sort = (name: string) => userEvent.click(within(heading(name)).getByRole("button"));
  expect(branches()).toEqual(["Kampala Road", "Acacia", "Bugolobi"]);
  await sort("Change");
  expect(branches()).toEqual(["Acacia", "Kampala Road", "Bugolobi"]);
  expect(heading("Change").getAttribute("aria-sort")).toBe("descending");
  await sort("Change");
  expect(branches()).toEqual(["Kampala Road", "Acacia", "Bugolobi"]);
  expect(heading("Change").getAttribute("aria-sort")).toBe("ascending");
  await sort("Branch");
  expect(branches()).toEqual(["Acacia", "Bugolobi", "Kampala Road"]);
});

test("asks for the range that was chosen, and for the month that it ends in", async () => {
  const asked: Pick<GetOverviewRequest, "range" | "period">[] = [];
  show({
    franchise: {
      getOverview: ({ range, period }) => {
        asked.push({ range, period });
        return workedDay;
      },
    },
  });
  await screen.findByRole("table");
  await userEvent.click(screen.getByRole("button", { name: "Yesterday" }));
  await userEvent.click(screen.getByRole("button", { name: "Month" }));
  await userEvent.click(await screen.findByRole("button", { name: "Previous month" }));
  await screen.findByDisplayValue("2024-10");
  expect(asked).toEqual([
    { range: "7d", period: "" },
    { range: "yesterday", period: "" },
    { range: "", period: "2024-11" },
    { range: "", period: "2024-10" },
  ]);
  expect(window.location.hash).toBe("#/overview?month=2024-10");
});

test("opens at the range of the address", async () => {
  const asked: string[] = [];
  show(
    {
      franchise: {
        getOverview: ({ range }) => {
          asked.push(range);
          return workedDay;
        },
      },
    },
    { at: "#/overview?range=30d" },
  );
  await screen.findByRole("table");
  expect(asked).toEqual(["30d"]);
  expect(screen.getByRole("button", { name: "30 days" }).getAttribute("aria-pressed")).toBe("true");
});

test("draws a day's figures and lists them", async () => {
  const days = [
    { date: "2024-11-07", netSales: 140_400n, orders: 5n, cogs: 46_332n },
    { date: "2024-11-08", netSales: 59_600n, orders: 3n, cogs: 26_800n },
  ];
  show(overview({ ...workedDay, days }));
  expect(await screen.findByRole("img", { name: /^Net sales by day, 2 days/ })).toBeTruthy();
  expect(screen.getByRole("row", { name: "8 Nov 2024 UGX 59,600 3 UGX 26,800", hidden: true })).toBeTruthy();
});

test("says what went wrong, and shows the figures once it goes well", async () => {
  let broken = true;
  show({
    franchise: {
      getOverview: () => {
        if (broken) {
          throw new ConnectError('branch "X" not found', Code.NotFound);
        }
        return workedDay;
      },
    },
  });
  expect((await screen.findByRole("alert")).textContent).toContain('branch "X" not found');
  broken = false;
  await userEvent.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByText("UGX 59,600")).toBeTruthy();
  expect(screen.queryByRole("alert")).toBeNull();
});

test("doesn't show one range's figures under another range's error", async () => {
  show({
    franchise: {
      getOverview: ({ range }) => {
        if (range === "yesterday") {
          throw new ConnectError("no figures of yesterday", Code.FailedPrecondition);
        }
        return workedDay;
      },
    },
  });
  await screen.findByText("UGX 59,600");
  await userEvent.click(screen.getByRole("button", { name: "Yesterday" }));
  expect((await screen.findByRole("alert")).textContent).toContain("no figures of yesterday");
  expect(screen.queryByText("UGX 59,600")).toBeNull();
});

test("says when there is no branch", async () => {
  show(overview({ currency: "UGX", summary: {} }));
  expect(await screen.findByText("There are no branches yet.")).toBeTruthy();
});
