import { ConnectError } from "@connectrpc/connect";
import type { ReactNode } from "react";

/** What a query shows while it has nothing to show. */
export function State({ error, pending, empty, children }: { error: unknown; pending: boolean; empty: boolean; children: ReactNode }) {
  if (error) {
    return (
      <p role="alert" className="notice bad">
        {ConnectError.from(error).rawMessage}
      </p>
    );
  }
  if (pending) {
    return (
      <p role="status" className="notice">
        Loading…
      </p>
    );
  }
  return empty ? <p className="notice">There is nothing to show here yet.</p> : children;
}
