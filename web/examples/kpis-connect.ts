// Live figures over Connect, in a browser or Node.

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";

import { GoodbyeReason, type Kpis, KpiService } from "../src/gen/chefcloud/kpi/v1/kpi_pb";

export interface Watched {
  baseUrl: string;
  orgId: string;
  /** Adds each branch. */
  branches?: boolean;
  /** Returns an access token that is good, another one when the last has expired. */
  token: () => Promise<string>;
  signal: AbortSignal;
}

/** How long nothing may come before the connection counts as dead: three of the server's heartbeats. */
const SILENCE_MS = 90_000;

/**
 * Yields the figures, each replacing those before, until the signal aborts. An interrupted stream is opened again, without
 * sending what is known; what can't pass by itself, such as a revoked session, throws.
 */
export async function* liveFigures({ baseUrl, orgId, branches = false, token, signal }: Watched): AsyncGenerator<Kpis> {
  const client = createClient(KpiService, createConnectTransport({ baseUrl }));
  let lastEventId = "";
  for (let failures = 0; !signal.aborted; failures++) {
    const silent = new AbortController();
    let watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
    let pause = Math.min(15_000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);
    try {
      const headers = { Authorization: `Bearer ${await token()}` };
      const options = { headers, signal: AbortSignal.any([signal, silent.signal]) };
      for await (const { event } of client.streamKpis({ orgId, branches, lastEventId }, options)) {
        failures = 0;
        clearTimeout(watchdog);
        watchdog = setTimeout(() => silent.abort(), SILENCE_MS);
        if (event.case === "kpis") {
          lastEventId = event.value.id;
          yield event.value;
        } else if (event.case === "goodbye") {
          const { reason, retryAfter } = event.value;
          if (reason === GoodbyeReason.ACCESS_ENDED) {
            throw new ConnectError("access was ended", Code.Unauthenticated);
          }
          pause = retryAfter ? Number(retryAfter.seconds) * 1000 + retryAfter.nanos / 1e6 : 0;
        }
      }
    } catch (error) {
      const { code } = ConnectError.from(error);
      if (signal.aborted) {
        return;
      }
      if (!silent.signal.aborted && ![Code.Unavailable, Code.ResourceExhausted, Code.Unknown, Code.Internal, Code.Aborted].includes(code)) {
        throw error;
      }
    } finally {
      clearTimeout(watchdog);
    }
    await new Promise((resolve) => setTimeout(resolve, pause));
  }
}
