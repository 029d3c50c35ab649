import { Code, ConnectError, createRouterTransport, type ServiceImpl, type Transport } from "@connectrpc/connect";
import { cleanup, render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test } from "vitest";

import { App } from "./app";
import { AuthService } from "./gen/chefcloud/auth/v1/auth_pb";
import { FranchiseService } from "./gen/chefcloud/franchise/v1/franchise_pb";
import { Session } from "./session";

interface Fakes {
  auth?: Partial<ServiceImpl<typeof AuthService>>;
  franchise?: Partial<ServiceImpl<typeof FranchiseService>>;
}

/** Shows the dashboard on a server that is made of functions. */
function show({ auth = {}, franchise = {} }: Fakes, session = new Session()): Session {
  let bare: Transport;
  const transport = (...interceptors: ReturnType<Session["interceptor"]>[]) =>
    createRouterTransport(
      (router) => {
        router.service(AuthService, auth);
        router.service(FranchiseService, franchise);
      },
      { transport: { interceptors } },
    );
  bare = transport();
  render(<App session={session} transport={transport(session.interceptor(() => bare))} />);
  return session;
}

function signedIn(): Session {
  const session = new Session();
  session.start("access-1", "refresh-1");
  return session;
}

const overview: Fakes["franchise"] = {
  getOverview: () => ({
    currency: "UGX",
    summary: { netSales: 59_600n, orders: 3n, averageCheck: 19_867n, grossMarginBp: 5503n, foodCostBp: 4497n, wasteOfSalesBp: 2114n, serviceLevelBp: 8500n },
    comparison: { netSalesChangeBp: 500n },
    branches: [{ branchId: "BR_1", branchName: "Kampala Road", figures: { netSales: 59_600n, orders: 3n } }],
  }),
};

beforeEach(() => {
  sessionStorage.clear();
  window.location.hash = "";
});
afterEach(cleanup);

test("says why nobody was signed in", async () => {
  show({
    auth: {
      login: () => {
        throw new ConnectError("email or password is wrong", Code.Unauthenticated);
      },
    },
  });
  await userEvent.type(screen.getByLabelText("Email"), "manager@staging.com");
  await userEvent.type(screen.getByLabelText("Password"), "wrong");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  expect((await screen.findByRole("alert")).textContent).toBe("email or password is wrong");
});

test("signs in and shows the worked day to the minor unit", async () => {
  show({ auth: { login: () => ({ accessToken: "a", refreshToken: "r" }) }, franchise: overview });
  await userEvent.type(screen.getByLabelText("Email"), "manager@staging.com");
  await userEvent.type(screen.getByLabelText("Password"), "staging123");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await screen.findAllByText("UGX 59,600");
  for (const text of ["UGX 19,867", "55.0 %", "45.0 %", "21.1 %", "85.0 %", "+5.0 % against the range before"]) {
    expect(screen.getByText(text)).toBeTruthy();
  }
});

test("shows the server's error in words", async () => {
  show(
    {
      franchise: {
        getOverview: () => {
          throw new ConnectError("branch \"X\" not found", Code.NotFound);
        },
      },
    },
    signedIn(),
  );
  expect((await screen.findByRole("alert")).textContent).toBe('branch "X" not found');
});

test("refreshes once for all calls that come too late, and tries them again", async () => {
  let refreshes = 0;
  const tokens: (string | null)[] = [];
  window.location.hash = "#/rankings";
  const session = show(
    {
      auth: {
        refresh: async (request) => {
          refreshes++;
          expect(request.refreshToken).toBe("refresh-1");
          await Promise.resolve();
          return { accessToken: "access-2", refreshToken: "refresh-2" };
        },
      },
      franchise: {
        getRankings: (_, context) => {
          const token = context.requestHeader.get("Authorization");
          tokens.push(token);
          if (token !== "Bearer access-2") {
            throw new ConnectError("expired", Code.Unauthenticated);
          }
          return { currency: "UGX", rankings: [{ rank: 1, branchId: "BR_1", branchName: "Acacia", score: 92.35, netSales: 1n }] };
        },
      },
    },
    signedIn(),
  );
  expect(await screen.findByText("92.35")).toBeTruthy();
  expect(refreshes).toBe(1);
  expect(tokens).toEqual(["Bearer access-1", "Bearer access-2"]);
  expect(session.signedIn()).toBe(true);
});

test("signs out when the session has ended", async () => {
  const unauthenticated = () => {
    throw new ConnectError("ended", Code.Unauthenticated);
  };
  show({ auth: { refresh: unauthenticated }, franchise: { getOverview: unauthenticated } }, signedIn());
  expect(await screen.findByRole("button", { name: "Sign in" })).toBeTruthy();
});

test("sets targets with an idempotency key and reads the budgets anew", async () => {
  let target = 30_000_000n;
  const keys: (string | null)[] = [];
  window.location.hash = "#/budgets";
  show(
    {
      franchise: {
        listBudgets: () => ({
          currency: "UGX",
          budgets: [{ branchId: "BR_1", branchName: "Acacia", period: "2024-11", revenue: { target, targetToDate: target, actual: 10_800_000n } }],
        }),
        upsertBudgets: (request, context) => {
          keys.push(context.requestHeader.get("Idempotency-Key"));
          target = request.targets[0]!.revenue;
          return { written: 1 };
        },
      },
    },
    signedIn(),
  );
  expect(await screen.findByText("UGX 30,000,000")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Set targets" }));
  const input = screen.getByLabelText("Net sales");
  await userEvent.clear(input);
  await userEvent.type(input, "31,000,000");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await waitFor(() => expect(screen.getByText("UGX 31,000,000")).toBeTruthy());
  expect(keys).toHaveLength(1);
  expect(keys[0]).toMatch(/^[0-9a-f-]{36}$/);
});
