import { Code, ConnectError } from "@connectrpc/connect";
import { screen, waitFor, within } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import type { BudgetTarget, UpsertBudgetsRequest } from "../gen/chefcloud/franchise/v1/franchise_pb";
import { Role } from "../gen/chefcloud/policy/v1/policy_pb";
import { type Fakes, freshPages, me, show } from "../testing";

freshPages();

const november = (revenue = 30_000_000n) => ({
  currency: "UGX",
  period: "2024-11",
  budgets: [
    {
      branchId: "BR_1",
      branchName: "Acacia",
      period: "2024-11",
      completedDays: 10,
      days: 30,
      revenue: {
        target: revenue,
        targetToDate: 10_000_000n,
        actual: 10_800_000n,
        variance: 800_000n,
        varianceBp: 800n,
        favourable: true,
        projection: 32_400_000n,
      },
      cogs: { target: 10_500_000n, targetToDate: 3_500_000n, actual: 3_900_000n, variance: 400_000n, varianceBp: 1143n, favourable: false },
      waste: { target: 300_000n, actual: 0n },
      weekdayWeights: [1, 1, 1, 1, 2, 3, 2],
      volumeVariance: 280_000n,
      efficiencyVariance: 120_000n,
    },
    { branchId: "BR_2", branchName: "Bugolobi", period: "2024-11", revenue: { actual: 5_000_000n } },
  ],
});

const cells = (name: string) => [...screen.getByRole("rowheader", { name }).parentElement!.children].map((cell) => cell.textContent);
const open = async (branch: string) => userEvent.click(await screen.findByRole("button", { name: `Edit targets of ${branch}` }));
const write = async (field: string, text: string) => {
  const input = within(screen.getByRole("dialog")).getByLabelText(field);
  await userEvent.clear(input);
  await userEvent.type(input, text);
};
const save = () => userEvent.click(screen.getByRole("button", { name: "Save targets" }));

/** A server that notes what it is told, answers as it is told, and keeps the revenue target of BR_1. */
function server(answers: (() => void)[] = []) {
  const sent: { key: string | null; target: BudgetTarget }[] = [];
  let revenue: bigint | undefined;
  let reads = 0;
  const franchise: Fakes["franchise"] = {
    listBudgets: () => {
      reads++;
      return november(revenue);
    },
    upsertBudgets: ({ targets: [target] }: UpsertBudgetsRequest, context) => {
      sent.push({ key: context.requestHeader.get("Idempotency-Key"), target: target! });
      answers.shift()?.();
      revenue = target!.revenue;
      return { written: 1 };
    },
  };
  return { franchise, sent, reads: () => reads };
}

test("compares the worked month with its targets", async () => {
  show({ franchise: { listBudgets: () => november() } }, { at: "#/budgets" });
  await screen.findByRole("table");
  expect(cells("Acacia").slice(1, 7)).toEqual(["30,000,000", "10,000,000", "10,800,000", "800,000", "+8.00% favourable", "32,400,000"]);
  expect(cells("Bugolobi").slice(1, 7)).toEqual(["–", "–", "5,000,000", "–", "no target", "–"]);
  expect(screen.getByText("10 of 30 days completed")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Cost of sales" }));
  expect(cells("Acacia").slice(1, 9)).toEqual([
    "10,500,000",
    "3,500,000",
    "3,900,000",
    "400,000",
    "+11.43% unfavourable",
    "–",
    "280,000",
    "120,000",
  ]);
});

test("asks for the month before, and starts with the server's own month", async () => {
  const asked: string[] = [];
  show(
    {
      franchise: {
        listBudgets: ({ period }) => {
          asked.push(period);
          return { ...november(), period: period || "2024-11" };
        },
      },
    },
    { at: "#/budgets" },
  );
  await screen.findByRole("table");
  await userEvent.click(screen.getByRole("button", { name: "Previous month" }));
  expect(await screen.findByText("October 2024")).toBeTruthy();
  expect(asked).toEqual(["", "2024-10"]);
});

test("sets targets exactly, with an idempotency key, and reads the budgets anew", async () => {
  const { franchise, sent, reads } = server();
  show({ franchise }, { at: "#/budgets" });
  await open("Acacia");
  await write("Net sales, UGX", "31,000,000");
  await save();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(await screen.findByText("31,000,000")).toBeTruthy();
  expect(reads()).toBe(2);
  expect(sent).toHaveLength(1);
  expect(sent[0]!.key).toMatch(/^[0-9a-f]{32}$/);
  expect(sent[0]!.target).toMatchObject({
    branchId: "BR_1",
    period: "2024-11",
    currency: "UGX",
    revenue: 31_000_000n,
    cogs: 10_500_000n,
    waste: 300_000n,
    weekdayWeights: [1, 1, 1, 1, 2, 3, 2],
  });
});

test("keeps the key for another try of the same targets only", async () => {
  const unavailable = () => {
    throw new ConnectError("the database is away", Code.Unavailable);
  };
  const { franchise, sent } = server([unavailable, unavailable]);
  show({ franchise }, { at: "#/budgets" });
  await open("Acacia");
  await save();
  expect((await screen.findByRole("alert")).textContent).toBe("the database is away");
  await save();
  await waitFor(() => expect(sent).toHaveLength(2));
  await write("Net sales, UGX", "1");
  await save();
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  const keys = sent.map(({ key }) => key);
  expect(keys[1]).toBe(keys[0]);
  expect(keys[2]).not.toBe(keys[0]);
});

test("sends nothing that isn't an amount of the currency", async () => {
  const { franchise, sent } = server();
  show({ franchise }, { at: "#/budgets" });
  await open("Bugolobi");
  await write("Net sales, UGX", "5000000");
  await write("Cost of sales, UGX", "12.50");
  await write("Waste, UGX", "0");
  await save();
  expect((await screen.findByRole("alert")).textContent).toBe("Cost of sales must be an amount in UGX.");
  expect(screen.getByLabelText("Cost of sales, UGX").getAttribute("aria-invalid")).toBe("true");
  expect(sent).toEqual([]);
});

test("changes nothing when it is cancelled", async () => {
  const { franchise, sent } = server();
  show({ franchise }, { at: "#/budgets" });
  await open("Acacia");
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  expect(sent).toEqual([]);
});

test("offers a supervisor no change", async () => {
  show({ auth: { getMe: () => me(Role.SUPERVISOR) }, franchise: { listBudgets: () => november() } }, { at: "#/budgets" });
  expect(await screen.findByText("Supervisor")).toBeTruthy();
  await screen.findByRole("table");
  expect(screen.queryByRole("button", { name: /^Edit targets/ })).toBeNull();
});
