import { createClient, type Transport } from "@connectrpc/connect";
import { useMutation, useTransport } from "@connectrpc/connect-query";

import { AuthService } from "../gen/chefcloud/auth/v1/auth_pb";
import type { Session } from "../session";

/** Signs in and starts the session. */
export function useLogin(session: Session) {
  return useMutation(AuthService.method.login, {
    onSuccess: (answer) => session.start(answer.accessToken, answer.refreshToken),
  });
}

/** Ends the session here and on the server. */
export function useLogout(session: Session): () => Promise<void> {
  const transport: Transport = useTransport();
  return async () => {
    try {
      await createClient(AuthService, transport).logout({});
    } finally {
      session.end();
    }
  };
}
