import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { me, freshPages, show } from "./testing";
import { Role } from "./gen/chefcloud/policy/v1/policy_pb";
import { Session } from "./session";

freshPages();

const unauthenticated = (): never => {
  throw new ConnectError("the access token has expired", Code.Unauthenticated);
};

/** Answers only to the token access-2. */
function late<T>(tokens: (string | null)[], answer: T) {
  return (_: unknown, context: HandlerContext): T => {
    const token = context.requestHeader.get("Authorization");
    tokens.push(token);
    return token === "Bearer access-2" ? answer : unauthenticated();
  };
}

test("refreshes once for all calls that come too late, and tries each again", async () => {
  const refreshed: string[] = [];
  const tokens: (string | null)[] = [];
  const session = show(
    {
      auth: {
        getMe: late(tokens, me(Role.MANAGER)),
        refresh: async ({ refreshToken }) => {
          refreshed.push(refreshToken);
          await Promise.resolve();
          return { accessToken: "access-2", refreshToken: "refresh-2" };
        },
      },
      franchise: {
        getRankings: late(tokens, { currency: "UGX", rankings: [{ rank: 1, branchId: "BR_1", branchName: "Acacia", score: 92.35 }] }),
      },
    },
    { at: "#/rankings" },
  );
  expect(await screen.findByText("92.35")).toBeTruthy();
  expect(await screen.findByText("Grace Nakato")).toBeTruthy();
  expect(refreshed).toEqual(["refresh-1"]);
  expect(tokens.toSorted()).toEqual(["Bearer access-1", "Bearer access-1", "Bearer access-2", "Bearer access-2"]);
  expect(sessionStorage.getItem("chefcloud.refresh")).toBe("refresh-2");
  expect(session.state()).toBe("signed-in");
});

test("doesn't refresh again for a call that was under way while another refreshed", async () => {
  const refreshed: string[] = [];
  let tellRenewed!: () => void;
  const renewed = new Promise<void>((resolve) => (tellRenewed = resolve));
  show(
    {
      auth: {
        getMe: async (_, context) => {
          const answer = late([], me(Role.MANAGER));
          if (context.requestHeader.get("Authorization") === "Bearer access-1") {
            await renewed;
          }
          return answer(_, context);
        },
        refresh: ({ refreshToken }) => {
          refreshed.push(refreshToken);
          return { accessToken: "access-2", refreshToken: "refresh-2" };
        },
      },
      franchise: {
        getRankings: (_, context) => {
          const answer = late([], { rankings: [] })(_, context);
          tellRenewed();
          return answer;
        },
      },
    },
    { at: "#/rankings" },
  );
  expect(await screen.findByText("Grace Nakato")).toBeTruthy();
  expect(refreshed).toEqual(["refresh-1"]);
});

test("keeps the session over a reload, by the refresh token alone", async () => {
  sessionStorage.setItem("chefcloud.refresh", "refresh-1");
  const tokens: (string | null)[] = [];
  show(
    {
      auth: { getMe: late(tokens, me(Role.MANAGER)), refresh: () => ({ accessToken: "access-2", refreshToken: "refresh-2" }) },
      franchise: { getRankings: late(tokens, { rankings: [] }) },
    },
    { at: "#/rankings", session: new Session() },
  );
  expect(await screen.findByText("No branch can be ranked for these dates.")).toBeTruthy();
  expect(new Set(tokens)).toEqual(new Set(["Bearer access-2"]));
});

test("signs out and says so when the refresh token is refused", async () => {
  show({ auth: { getMe: unauthenticated, refresh: unauthenticated }, franchise: { getOverview: unauthenticated } });
  expect(await screen.findByText("Your session has ended. Sign in again.")).toBeTruthy();
  expect(sessionStorage.getItem("chefcloud.refresh")).toBeNull();
});

test("signs out when a call is unauthenticated even after a refresh", async () => {
  let refreshes = 0;
  show({
    auth: {
      getMe: unauthenticated,
      refresh: () => {
        refreshes++;
        return { accessToken: `access-${refreshes + 1}`, refreshToken: `refresh-${refreshes + 1}` };
      },
    },
    franchise: { getOverview: unauthenticated },
  });
  expect(await screen.findByText("Your session has ended. Sign in again.")).toBeTruthy();
  expect(refreshes).toBe(1);
});

test("keeps the session when the server can't refresh just now", async () => {
  const session = show({
    auth: {
      refresh: () => {
        throw new ConnectError("the database is away", Code.ResourceExhausted);
      },
    },
    franchise: { getOverview: unauthenticated },
  });
  expect((await screen.findByRole("alert")).textContent).toContain("the database is away");
  expect(session.state()).toBe("signed-in");
});

test("signs out here also if the server doesn't answer to it", async () => {
  const session = show({ franchise: { getOverview: () => ({}) } }); // logout is unimplemented
  await userEvent.click(await screen.findByRole("button", { name: "Sign out" }));
  expect(await screen.findByText("Sign in to see your branches.")).toBeTruthy();
  expect(session.state()).toBe("signed-out");
});

test("shows the next person nothing of the one before", async () => {
  let calls = 0;
  show({
    auth: { login: () => ({ accessToken: "access-9", refreshToken: "refresh-9" }), logout: () => ({}) },
    franchise: {
      getOverview: (_, { signal }) =>
        calls++ === 0
          ? { currency: "UGX", summary: { netSales: 59_600n }, branches: [{ branchId: "BR_1", branchName: "Acacia" }] }
          : new Promise((_, reject) => signal.addEventListener("abort", reject)),
    },
  });
  expect(await screen.findByText("UGX 59,600")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Sign out" }));
  await userEvent.type(await screen.findByLabelText("Email"), "supervisor@staging.com");
  await userEvent.type(screen.getByLabelText("Password"), "staging123");
  await userEvent.click(screen.getByRole("button", { name: "Sign in" }));
  await waitFor(() => expect(calls).toBe(2));
  expect(screen.queryByText("UGX 59,600")).toBeNull();
  expect(screen.getByText("Loading…")).toBeTruthy();
});
