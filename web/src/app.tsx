import type { Transport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClientProvider } from "@tanstack/react-query";
import { type ReactNode, useState, useSyncExternalStore } from "react";

import { LoginPage } from "./pages/login";
import { newQueryClient } from "./query-client";
import type { Session } from "./session";
import { Shell } from "./shell";

/** The whole dashboard; tests give it a transport of their own. */
export function App({ session, transport }: { session: Session; transport: Transport }) {
  const state = useSyncExternalStore(session.subscribe, session.state);
  const signedIn = state === "signed-in";
  return (
    <TransportProvider transport={transport}>
      <Queries key={String(signedIn)}>
        {signedIn ? <Shell session={session} /> : <LoginPage session={session} expired={state === "expired"} />}
      </Queries>
    </TransportProvider>
  );
}

/** Keeps answers for one person only: whoever signs in next in this tab starts without them. */
function Queries({ children }: { children: ReactNode }) {
  const [client] = useState(newQueryClient);
  return <QueryClientProvider client={client}>{children}</QueryClientProvider>;
}
