import { Code, ConnectError, type Transport } from "@connectrpc/connect";
import { TransportProvider } from "@connectrpc/connect-query";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { useState, useSyncExternalStore } from "react";

import { useLogout } from "./api/auth";
import { BudgetsPage } from "./pages/budgets";
import { ForecastPage } from "./pages/forecast";
import { LoginPage } from "./pages/login";
import { OverviewPage } from "./pages/overview";
import { RankingsPage } from "./pages/rankings";
import type { Session } from "./session";

const pages = {
  overview: { title: "Overview", Page: OverviewPage },
  rankings: { title: "Rankings", Page: RankingsPage },
  budgets: { title: "Budgets", Page: BudgetsPage },
  forecast: { title: "Forecast", Page: ForecastPage },
} as const;

type PageName = keyof typeof pages;

const retryable: ReadonlySet<Code> = new Set([Code.Unavailable, Code.DeadlineExceeded, Code.Aborted]);

function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: (failures, error) => failures < 3 && retryable.has(ConnectError.from(error).code) },
    },
  });
}

/** The whole dashboard; tests give it a transport of their own. */
export function App({ session, transport }: { session: Session; transport: Transport }) {
  const [client] = useState(newQueryClient);
  const signedIn = useSyncExternalStore(session.subscribe, session.signedIn);
  return (
    <TransportProvider transport={transport}>
      <QueryClientProvider client={client}>
        {signedIn ? <SignedIn session={session} /> : <LoginPage session={session} />}
      </QueryClientProvider>
    </TransportProvider>
  );
}

const subscribeToHash = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

function pageOfHash(): PageName {
  const name = window.location.hash.slice(2);
  return name in pages ? (name as PageName) : "overview";
}

function SignedIn({ session }: { session: Session }) {
  const current = useSyncExternalStore(subscribeToHash, pageOfHash);
  const logout = useLogout(session);
  const { Page, title } = pages[current];
  return (
    <>
      <header className="bar">
        <strong className="brand">ChefCloud</strong>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([name, page]) => (
            <a key={name} href={`#/${name}`} aria-current={name === current ? "page" : undefined}>
              {page.title}
            </a>
          ))}
        </nav>
        <button type="button" className="quiet" onClick={() => void logout()}>
          Sign out
        </button>
      </header>
      <main>
        <h1>{title}</h1>
        <Page />
      </main>
    </>
  );
}
