import type { UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";

import type { Report } from "../api/franchise";
import { problem } from "../problem";

interface Props<T> {
  query: UseQueryResult<Report<T>>;
  /** What to say if there is nothing to show; undefined if there is. */
  empty?: (answer: T) => string | undefined;
  children: (answer: T) => ReactNode;
}

/**
 * Shows a report, or why there is none yet. Figures that were read before stay on the screen while others are loaded, dimmed if
 * they are another range's, and when they can't be read again, with the error above them.
 */
export function ReportView<T>({ query, empty, children }: Props<T>) {
  const report = query.data;
  const nothing = report && empty?.(report.answer);
  return (
    <>
      {query.error && (
        <div role="alert" className="notice bad">
          <p>{problem(query.error)}</p>
          <button type="button" disabled={query.isFetching} onClick={() => void query.refetch()}>
            Try again
          </button>
        </div>
      )}
      {query.isPending && (
        <div role="status" className="skeletons">
          <span className="hidden">Loading…</span>
          <div className="skeleton" />
          <div className="skeleton tall" />
        </div>
      )}
      {report && (
        <div className="report" aria-busy={query.isPlaceholderData}>
          {nothing === undefined ? children(report.answer) : <p className="notice muted">{nothing}</p>}
        </div>
      )}
    </>
  );
}
