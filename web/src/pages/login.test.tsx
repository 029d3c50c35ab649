import { Code, ConnectError } from "@connectrpc/connect";
import { screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";

import { Session } from "../session";
import { freshPages, show } from "../testing";

freshPages();

async function signIn(password: string) {
  await userEvent.type(screen.getByLabelText("Email"), "manager@staging.com");
  await userEvent.type(screen.getByLabelText("Password"), `${password}{Enter}`);
}

test("says why nobody was signed in, and lets them try again", async () => {
  const passwords: string[] = [];
  show(
    {
      auth: {
        login: ({ password }) => {
          passwords.push(password);
          if (password !== "staging123") {
            throw new ConnectError("wrong email or password", Code.Unauthenticated);
          }
          return { accessToken: "a", refreshToken: "r" };
        },
      },
      franchise: { getOverview: () => ({ currency: "UGX" }) },
    },
    { session: new Session() },
  );
  await signIn("guess");
  expect((await screen.findByRole("alert")).textContent).toBe("wrong email or password");
  await userEvent.clear(screen.getByLabelText("Password"));
  await userEvent.clear(screen.getByLabelText("Email"));
  await signIn("staging123");
  expect(await screen.findByRole("heading", { name: "Overview" })).toBeTruthy();
  expect(await screen.findByText("Grace Nakato")).toBeTruthy();
  expect(passwords).toEqual(["guess", "staging123"]);
});

test("keeps the access token out of the browser's storage", async () => {
  show(
    {
      auth: { login: () => ({ accessToken: "secret-access", refreshToken: "r" }) },
      franchise: { getOverview: () => ({ currency: "UGX" }) },
    },
    { session: new Session() },
  );
  await signIn("staging123");
  await screen.findByRole("heading", { name: "Overview" });
  expect(JSON.stringify({ ...sessionStorage, ...localStorage })).not.toContain("secret-access");
});
