import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import { expect, test } from "vitest";

import { AuthService } from "./gen/chefcloud/auth/v1/auth_pb";
import { problem } from "./problem";

test("keeps the server's own words", () => {
  expect(problem(new ConnectError("range: must be today or yesterday", Code.InvalidArgument))).toBe("range: must be today or yesterday");
});

test("names the request of an error that only the server's log explains", () => {
  const error = new ConnectError("internal error", Code.Internal, { "X-Request-Id": "req_1" });
  expect(problem(error)).toBe("Something went wrong on the server. Quote request req_1 when you report it.");
});

test("says when there was no answer at all", async () => {
  const transport = createConnectTransport({
    baseUrl: "http://chefcloud.test",
    fetch: () => Promise.reject(new TypeError("Failed to fetch")),
  });
  const error: unknown = await createClient(AuthService, transport)
    .getMe({})
    .catch((reason: unknown) => reason);
  expect(problem(error)).toBe("The server can't be reached. Check the connection and try again.");
});
