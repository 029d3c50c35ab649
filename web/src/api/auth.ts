import { createClient } from "@connectrpc/connect";
import { useMutation, useQuery, useTransport } from "@connectrpc/connect-query";

import { AuthService } from "../gen/chefcloud/auth/v1/auth_pb";
import { Role } from "../gen/chefcloud/policy/v1/policy_pb";
import type { Session } from "../session";

/** Signs in and starts the session. */
export function useLogin(session: Session) {
  return useMutation(AuthService.method.login, {
    onSuccess: (answer) => session.start(answer.accessToken, answer.refreshToken),
  });
}

/** Ends the session here and on the server, and here also if the server can't be reached. */
export function useLogout(session: Session): () => Promise<void> {
  const transport = useTransport();
  return () =>
    createClient(AuthService, transport)
      .logout({})
      .then(
        () => session.end("signed-out"),
        () => session.end("signed-out"),
      );
}

/** Reads who is signed in; undefined until it is known. */
export function useMe() {
  return useQuery(AuthService.method.getMe, {}, { staleTime: Infinity }).data?.user;
}

/** True for roles that may set targets. The server decides anyway; this only spares people a refusal. */
export function useMayEditBudgets(): boolean {
  return (useMe()?.role ?? Role.UNSPECIFIED) >= Role.MANAGER;
}
