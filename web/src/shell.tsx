import { useEffect } from "react";

import { useLogout, useMe } from "./api/auth";
import { Role } from "./gen/chefcloud/policy/v1/policy_pb";
import { BudgetsPage } from "./pages/budgets";
import { ForecastPage } from "./pages/forecast";
import { OverviewPage } from "./pages/overview";
import { RankingsPage } from "./pages/rankings";
import { useRoute } from "./route";
import type { Session } from "./session";

const pages = {
  overview: { title: "Overview", Page: OverviewPage },
  rankings: { title: "Rankings", Page: RankingsPage },
  budgets: { title: "Budgets", Page: BudgetsPage },
  forecast: { title: "Forecast", Page: ForecastPage },
} as const;

const roles: Readonly<Record<Role, string>> = {
  [Role.UNSPECIFIED]: "",
  [Role.STAFF]: "Staff",
  [Role.SUPERVISOR]: "Supervisor",
  [Role.MANAGER]: "Manager",
  [Role.OWNER]: "Owner",
};

/** What is around every page of somebody who is signed in. */
export function Shell({ session }: { session: Session }) {
  const [route] = useRoute();
  const logout = useLogout(session);
  const me = useMe();
  const current = route.page in pages ? (route.page as keyof typeof pages) : "overview";
  const { Page, title } = pages[current];
  useEffect(() => {
    document.title = `${title} · ChefCloud`;
  }, [title]);
  return (
    <>
      <header className="masthead">
        <strong className="brand">ChefCloud</strong>
        <nav aria-label="Pages">
          {Object.entries(pages).map(([name, page]) => (
            <a key={name} href={`#/${name}`} aria-current={name === current ? "page" : undefined}>
              {page.title}
            </a>
          ))}
        </nav>
        <div className="who">
          {me && (
            <span>
              {me.name} <span className="muted">{roles[me.role]}</span>
            </span>
          )}
          <button type="button" className="quiet" onClick={() => void logout()}>
            Sign out
          </button>
        </div>
      </header>
      <main>
        <h1>{title}</h1>
        <Page key={current} />
      </main>
    </>
  );
}
