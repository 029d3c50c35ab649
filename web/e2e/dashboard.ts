import { type Browser, chromium, type Page } from "playwright-core";

/** The server under test, with its demo data. */
export const base = process.env.BASE ?? "http://localhost:8080";

/** A folder for pictures; none are taken without it. */
const screenshots = process.env.SCREENSHOTS;

/** Starts the distribution's browser; playwright-core brings none. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });

export async function signIn(page: Page, user: string): Promise<void> {
  await page.goto(base);
  await page.getByLabel("Email").fill(`${user}@staging.com`);
  await page.getByLabel("Password").fill("staging123");
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
}

/** Opens a page by its link and waits until its figures are there. */
export async function open(page: Page, title: string): Promise<void> {
  await page.getByRole("link", { name: title }).click();
  await page.getByRole("heading", { name: title, level: 1 }).waitFor();
  await settled(page);
}

/** Waits until a report is shown that is the one asked for. */
export const settled = (page: Page): Promise<void> => page.locator(".report[aria-busy=false] table").last().waitFor();

export async function shoot(page: Page, name: string): Promise<void> {
  if (screenshots) {
    await page.screenshot({ path: `${screenshots}/${name}.png`, fullPage: true });
  }
}

/** Calls a REST route of the server as the manager, to compare what the dashboard shows. */
export async function manager(): Promise<(path: string) => Promise<any>> {
  const login = await fetch(`${base}/auth/login`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ email: "manager@staging.com", password: "staging123" }),
  });
  if (!login.ok) {
    throw new Error(`sign in as the manager: ${await login.text()}`);
  }
  const { accessToken } = (await login.json()) as { accessToken: string };
  return async (path) => (await fetch(base + path, { headers: { Authorization: `Bearer ${accessToken}` } })).json();
}
