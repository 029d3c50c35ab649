import { type Timestamp, timestampDate } from "@bufbuild/protobuf/wkt";

import type { Report } from "../api/franchise";
import { time } from "../format/date";

const meanings: Readonly<Record<string, string>> = {
  HIT: "Answered from the server's cache",
  MISS: "Computed for this request, then cached",
  BYPASS: "Computed for this request, without the cache",
};

/** Tells of which dates and of which moment a report is, and how the server's cache answered. */
export function Stamp({ report, children }: { report: Report<{ asOf?: Timestamp }> | undefined; children?: React.ReactNode }) {
  if (!report) {
    return null;
  }
  const { answer, cacheStatus } = report;
  return (
    <p className="stamp">
      {children}
      {answer.asOf && <span>As of {time(timestampDate(answer.asOf))}</span>}
      {cacheStatus && (
        <span className="badge" title={meanings[cacheStatus]}>
          {cacheStatus}
        </span>
      )}
    </p>
  );
}
