import { createRouterTransport, type ServiceImpl } from "@connectrpc/connect";
import { cleanup, render } from "@testing-library/react";
import { afterEach, beforeEach } from "vitest";

import { App } from "./app";
import { AuthService } from "./gen/chefcloud/auth/v1/auth_pb";
import { FranchiseService } from "./gen/chefcloud/franchise/v1/franchise_pb";
import { Role } from "./gen/chefcloud/policy/v1/policy_pb";
import { Session } from "./session";

/** The methods that a test's server has; any other is unimplemented. */
export interface Fakes {
  auth?: Partial<ServiceImpl<typeof AuthService>>;
  franchise?: Partial<ServiceImpl<typeof FranchiseService>>;
}

/** Shows the dashboard on a server that is made of functions. Unless a session is given, a manager is signed in. */
export function show({ auth, franchise }: Fakes, { at = "", session = signedIn() } = {}): Session {
  window.location.hash = at;
  const transport = (...interceptors: ReturnType<Session["interceptor"]>[]) =>
    createRouterTransport(
      (router) => {
        router.service(AuthService, { getMe: () => me(Role.MANAGER), ...auth });
        router.service(FranchiseService, franchise ?? {});
      },
      { transport: { interceptors } },
    );
  const bare = transport();
  render(<App session={session} transport={transport(session.interceptor(() => bare))} />);
  return session;
}

/** A session that has the tokens access-1 and refresh-1. */
export function signedIn(): Session {
  const session = new Session();
  session.start("access-1", "refresh-1");
  return session;
}

export const me = (role: Role) => ({ user: { name: "Grace Nakato", role } });

/** Gives each test of the file a fresh page. */
export function freshPages(): void {
  beforeEach(() => {
    sessionStorage.clear();
    window.location.hash = "";
  });
  afterEach(cleanup);
}
