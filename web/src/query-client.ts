import { Code, ConnectError } from "@connectrpc/connect";
import { QueryClient } from "@tanstack/react-query";

/** Errors that may go away by themselves. */
const transient: ReadonlySet<Code> = new Set([Code.Aborted, Code.DeadlineExceeded, Code.Unavailable]);

export function newQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: { retry: (failures, error) => failures < 3 && transient.has(ConnectError.from(error).code) },
    },
  });
}
