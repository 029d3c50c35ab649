import { existsSync } from "node:fs";

import { EventSource as NodeEventSource } from "eventsource";
import { type Browser, chromium } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { liveFigures } from "./kpis-connect";
import { watchFigures } from "./kpis-eventsource";

const variable = (name: string): string => {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set: run this by task web:examples`);
  }
  return value;
};
const baseUrl = variable("BASE");
const orgId = variable("ORG_ID");
const accessToken = variable("TOKEN");
const token = () => Promise.resolve(accessToken);

async function call<T>(method: string, path: string, body?: object): Promise<T> {
  const answer = await fetch(baseUrl + path, {
    method,
    headers: { Authorization: `Bearer ${accessToken}`, "Content-Type": "application/json" },
    ...(body && { body: JSON.stringify(body) }),
  });
  if (!answer.ok) {
    throw new Error(`${method} ${path}: ${await answer.text()}`);
  }
  return (await answer.json()) as T;
}

let branchId: string;
let menuItemId: string;
let sold = 0;

beforeAll(async () => {
  const kpis = await call<{ kpis: { branches: { branchId: string }[] } }>("GET", `/kpis?orgId=${orgId}&branches=true`);
  const menu = await call<{ menuItems: { id: string }[] }>("GET", `/menu/items?orgId=${orgId}`);
  branchId = kpis.kpis.branches[0]!.branchId;
  menuItemId = menu.menuItems[0]!.id;
});

/** Has a branch close an order. */
const sell = () =>
  call("POST", "/orders/ingest", {
    orders: [
      {
        orderId: `example-${Date.now()}-${sold++}`,
        branchId,
        closedAt: new Date().toISOString(),
        lines: [{ menuItemId, quantity: 1 }],
      },
    ],
  });

const orders = async () => {
  const { kpis } = await call<{ kpis: { total: { orders?: string } } }>("GET", `/kpis?orgId=${orgId}`);
  return Number(kpis.total.orders ?? 0);
};

describe("in Node", () => {
  test("over Connect, an order that closes is in the figures that come next", async () => {
    const before = await orders();
    const done = new AbortController();
    const seen: number[] = [];
    for await (const figures of liveFigures({ baseUrl, orgId, branches: true, token, signal: done.signal })) {
      expect(figures.branches.length).toBeGreaterThan(0);
      seen.push(Number(figures.total!.orders));
      if (seen.length === 1) {
        await sell();
      }
      if (seen.at(-1) === before + 1) {
        done.abort();
      }
    }
    expect(seen[0]).toBe(before);
    expect(seen.at(-1)).toBe(before + 1);
  });

  test("over Connect, what the caller may not see is an error", async () => {
    const figures = liveFigures({ baseUrl, orgId: "ORG_OTHER", token, signal: new AbortController().signal });
    await expect(figures.next()).rejects.toThrow("not found");
  });

  test("as Server-Sent Events, an order that closes is in the figures that come next", async () => {
    globalThis.EventSource = NodeEventSource as unknown as typeof EventSource; // as browsers have it
    const before = await orders();
    const seen: number[] = [];
    await new Promise<void>((resolve, reject) => {
      const close = watchFigures({
        baseUrl,
        orgId,
        token,
        onEnd: reject,
        onUpdate: (update) => {
          seen.push(update.orders);
          if (seen.length === 1) {
            sell().catch(reject);
          }
          if (update.orders === before + 1) {
            close();
            resolve();
          }
        },
      });
    });
    expect(seen[0]).toBe(before);
  });

  test("as Server-Sent Events, a token that isn't good ends it", async () => {
    const reason = await new Promise((resolve) => {
      watchFigures({ baseUrl, orgId, token: () => Promise.resolve("nonsense"), onEnd: resolve, onUpdate: () => resolve("an update") });
    });
    expect(reason).toContain("token");
  });
});

const program = process.env.CHROMIUM ?? "/usr/bin/chromium";

describe.runIf(existsSync(program))("in a browser", () => {
  let browser: Browser;
  beforeAll(async () => {
    browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox", "--disable-gpu"] });
  });
  afterAll(() => browser.close());

  /** Returns an example as a script that sets a global. */
  async function script(name: string): Promise<string> {
    const [output] = (await build({
      configFile: false,
      logLevel: "silent",
      build: { write: false, minify: false, lib: { entry: `${import.meta.dirname}/${name}.ts`, formats: ["iife"], name: "example" } },
    })) as { output: { code: string }[] }[];
    return output!.output[0]!.code;
  }

  test.each([
    [
      "kpis-connect",
      `(async () => { for await (const figures of example.liveFigures(watched)) seen(Number(figures.total.orders)); })()`,
    ],
    ["kpis-eventsource", `example.watchFigures({ ...watched, onUpdate: (update) => seen(update.orders), onEnd: seen })`],
  ])("%s follows an order that closes", async (name, start) => {
    const before = await orders();
    const page = await browser.newPage();
    const seen: unknown[] = [];
    let arrived = () => {};
    const end = new Promise<void>((resolve) => (arrived = resolve));
    await page.exposeFunction("seen", async (value: unknown) => {
      seen.push(value);
      if (seen.length === 1) {
        await sell();
      }
      if (value === before + 1) {
        arrived();
      }
    });
    await page.goto(`${baseUrl}/health`);
    await page.addScriptTag({ content: await script(name) });
    await page.addScriptTag({
      content: `const watched = { baseUrl: "${baseUrl}", orgId: "${orgId}", token: async () => "${accessToken}", signal: new AbortController().signal };
        ${start};`,
    });
    await end;
    expect(seen[0]).toBe(before);
    await page.close();
  });
});
