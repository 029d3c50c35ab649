import type { Browser, BrowserContext, Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";

import { amount, money } from "../src/format/money";
import { change, count, percent } from "../src/format/number";
import { base, launch, manager, open, settled, shoot, signIn } from "./dashboard";

let browser: Browser;
let context: BrowserContext;
let page: Page;
let get: Awaited<ReturnType<typeof manager>>;
const broken: string[] = [];

beforeAll(async () => {
  [browser, get] = await Promise.all([launch(), manager()]);
});
afterAll(() => browser.close());

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 900 } });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("pageerror", (error) => broken.push(error.message));
});
afterEach(async () => {
  await context.close();
  expect(broken.splice(0)).toEqual([]);
});

const cells = (row: string) =>
  page
    .getByRole("row")
    .filter({ has: page.getByRole("rowheader", { name: row, exact: true }) })
    .getByRole("cell")
    .allInnerTexts();

test("refuses a wrong password in words, and signs in by keyboard alone", async () => {
  const write = async (text: string) => {
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type(text);
  };
  await page.goto(base);
  await page.locator("input[name=email]:focus").waitFor();
  // An account of its own for each run: guesses at one are throttled, also by those who know the password.
  await write(`nobody${Date.now()}@staging.com`);
  await page.keyboard.press("Tab");
  await write("staging123");
  await page.keyboard.press("Enter");
  expect(await page.getByRole("alert").innerText()).toBe("wrong email or password");
  await shoot(page, "login");
  await page.keyboard.press("Shift+Tab");
  await write("manager@staging.com");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.getByText("Manager", { exact: true }).waitFor();
});

test("shows the overview that the server answers, for every range", async () => {
  await signIn(page, "manager");
  for (const [name, query] of [
    ["Yesterday", "range=yesterday"],
    ["30 days", "range=30d"],
    ["Month to date", "range=mtd"],
    ["7 days", "range=7d"],
  ] as const) {
    await page.getByRole("button", { name, exact: true }).click();
    await settled(page);
    // Days that are over don't change; today's figures could between the two readings.
    const { summary, branches, currency, comparison } = await get(`/franchise/overview?${query}`);
    const card = (title: string) => page.locator("dl.cards > div", { has: page.getByText(title, { exact: true }) }).locator("dd");
    expect(await card("Net sales").allInnerTexts()).toEqual([
      money(BigInt(summary.netSales), currency),
      expect.stringContaining(
        `${change(BigInt(comparison.netSalesChangeBp))} from ${money(BigInt(comparison.figures.netSales), currency)}`,
      ),
    ]);
    expect(await card("Orders").first().innerText()).toBe(count(BigInt(summary.orders)));
    expect(await card("Average check").first().innerText()).toBe(money(BigInt(summary.averageCheck), currency));
    expect(await card("Gross margin").first().innerText()).toBe(percent(BigInt(summary.grossMarginBp)));
    expect(await card("Food cost").first().innerText()).toBe(percent(BigInt(summary.foodCostBp)));
    expect(await card("Waste").first().innerText()).toBe(percent(BigInt(summary.wasteOfSalesBp)));
    expect(await card("Service level").first().innerText()).toBe(percent(BigInt(summary.serviceLevelBp)));
    for (const { branchName, figures } of branches) {
      expect((await cells(branchName)).slice(0, 1)).toEqual([amount(BigInt(figures.netSales), currency)]);
    }
    expect(await page.getByText(/^(HIT|MISS)$/).count()).toBe(1);
  }
  await shoot(page, "overview");
  await page.getByRole("button", { name: "Month", exact: true }).click();
  await page.getByRole("button", { name: "Previous month" }).click();
  await settled(page);
  expect(page.url()).toMatch(/#\/overview\?month=\d{4}-\d{2}$/);
  await shoot(page, "overview-month");
});

test("shows the rankings that the server answers", async () => {
  await signIn(page, "manager");
  await open(page, "Rankings");
  const month = (await get("/franchise/rankings?range=mtd")).range.endDate.slice(0, 7);
  await page.goto(`${base}/#/rankings?month=${month}`);
  await settled(page);
  const { rankings } = await get(`/franchise/rankings?period=${month}`);
  expect(rankings.length).toBeGreaterThan(5);
  expect(await page.getByRole("rowheader").allInnerTexts()).toEqual(rankings.map((r: { branchName: string }) => r.branchName));
  await shoot(page, "rankings");
});

test("sets the targets of a month, which are there afterwards", async () => {
  await signIn(page, "manager");
  await open(page, "Budgets");
  await shoot(page, "budgets");
  await page.getByRole("button", { name: "Cost of sales" }).click();
  await shoot(page, "budgets-cost");
  await page.getByRole("button", { name: "Net sales" }).click();
  // A month far off, so that the demo's own budgets stay; the amount differs from any run before.
  const month = "2099-12";
  await page.goto(`${base}/#/budgets?month=${month}`);
  await page.getByText("December 2099").waitFor();
  await settled(page);
  const { budgets, currency } = await get(`/franchise/budgets?period=${month}`);
  const { branchId, branchName } = budgets[0];
  const revenue = BigInt(Date.now());
  await page.getByRole("button", { name: `Edit targets of ${branchName}` }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Net sales").fill("a lot");
  await dialog.getByLabel("Cost of sales").fill("2");
  await dialog.getByLabel("Waste").fill("1");
  await dialog.getByRole("button", { name: "Save targets" }).click();
  expect(await dialog.getByRole("alert").innerText()).toBe(`Net sales must be an amount in ${currency}.`);
  await dialog.getByLabel("Net sales").fill(amount(revenue, currency));
  await shoot(page, "budget-editor");
  await page.keyboard.press("Enter");
  await dialog.waitFor({ state: "detached" });
  await page.getByRole("cell", { name: amount(revenue, currency), exact: true }).waitFor();
  const after = await get(`/franchise/budgets?period=${month}`);
  expect(after.budgets.find((b: { branchId: string }) => b.branchId === branchId).revenue.target).toBe(String(revenue));
});

test("shows the forecast by item and date", async () => {
  await signIn(page, "manager");
  await open(page, "Forecast");
  const { forecast } = await get("/franchise/forecast/items");
  const items = new Set(forecast.map((point: { itemId: string }) => point.itemId));
  expect(items.size).toBeGreaterThan(3);
  expect(await page.getByRole("region", { name: "Expected use", exact: true }).getByRole("rowheader").count()).toBe(items.size);
  const last = forecast.at(-1).itemName as string;
  await page.getByRole("button", { name: last, exact: true }).click();
  await page.getByRole("img", { name: `Expected use of ${last} by day` }).waitFor();
  await page.getByText("Figures by day").click();
  await shoot(page, "forecast");
  await page.getByLabel("From").fill("2099-01-01");
  await page.getByLabel("To").fill("2099-01-31");
  await page.getByText("Nothing is forecast for 1 – 31 Jan 2099.").waitFor();
  await page.getByLabel("To").fill("2098-12-31");
  await page.getByRole("alert").waitFor(); // reversed dates, in the server's words
  await shoot(page, "forecast-error");
});

test("keeps the session over a reload, and ends it for good", async () => {
  await signIn(page, "manager");
  await open(page, "Budgets");
  await page.reload();
  await page.getByRole("heading", { name: "Budgets" }).waitFor();
  await settled(page);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Sign in" }).waitFor();
});

test("shows a supervisor their own branch, without the means to set targets", async () => {
  await signIn(page, "supervisor");
  await settled(page);
  expect(await page.getByRole("region", { name: "Branches" }).getByRole("rowheader").count()).toBe(1);
  await open(page, "Budgets");
  await page.getByText("Supervisor", { exact: true }).waitFor();
  expect(await page.getByRole("button", { name: /^Edit targets/ }).count()).toBe(0);
});

test("tells staff that the figures aren't theirs to see", async () => {
  await signIn(page, "staff");
  expect(await page.getByRole("alert").innerText()).toContain("Your account may not see this.");
  await shoot(page, "staff");
});

test("fits a phone, in the dark too", async () => {
  await page.setViewportSize({ width: 390, height: 800 });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto(base);
  await shoot(page, "phone-login");
  await signIn(page, "manager");
  for (const title of ["Overview", "Rankings", "Budgets", "Forecast"]) {
    await open(page, title);
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    expect(overflow, `${title} sticks out`).toBe(0);
    await shoot(page, `phone-${title.toLowerCase()}`);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await open(page, "Overview");
  await shoot(page, "overview-dark");
});
