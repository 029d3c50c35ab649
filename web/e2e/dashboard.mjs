// Opens every page of a running server in Chromium, as `npm run e2e` with BASE; SCREENSHOTS names a folder for pictures.
import assert from "node:assert/strict";
import { test } from "node:test";

import { chromium } from "playwright-core";

const base = process.env.BASE ?? "http://localhost:8080";
const screenshots = process.env.SCREENSHOTS;

test("a manager signs in and sees every page", async () => {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    const failures = [];
    page.on("pageerror", (error) => failures.push(error.message));
    const shoot = async (name) => screenshots && page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
    await page.goto(base);
    await shoot("login");
    await page.getByLabel("Email").fill("manager@staging.com");
    await page.getByLabel("Password").fill("wrong password");
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Password").fill("staging123");
    await page.getByRole("button", { name: "Sign in" }).click();
    for (const name of ["Overview", "Rankings", "Budgets", "Forecast"]) {
      await page.getByRole("link", { name }).click();
      await page.getByRole("table").waitFor();
      assert.ok((await page.getByRole("row").count()) > 5, `${name} has rows`);
      await shoot(name.toLowerCase());
    }
    await page.setViewportSize({ width: 390, height: 800 });
    await page.getByRole("link", { name: "Overview" }).click();
    await page.getByRole("table").waitFor();
    const overflow = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overflow, 0, "nothing sticks out on a phone");
    await shoot("phone");
    await page.reload();
    await page.getByRole("table").waitFor(); // the session outlives a reload
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByRole("button", { name: "Sign in" }).waitFor();
    assert.deepEqual(failures, []);
  } finally {
    await browser.close();
  }
});
