// Live figures as Server-Sent Events. EventSource sends no Authorization header, so each stream is opened with a ticket.

/** The data of a kpi-update event; money is in minor units, ratios are basis points and absent where there is nothing to divide by. */
export interface Figures {
  revenue: number;
  orders: number;
  averageCheck?: number;
  discounts: number;
  serviceLevelBp?: number;
  openOrders: number;
  stockAtRisk: number;
  budgetAttainmentBp?: number;
}

export interface Update extends Figures {
  timestamp: string;
  currency: string;
  branches?: (Figures & { branchId: string; branchName: string; businessDate: string })[];
}

export interface Watched {
  baseUrl: string;
  orgId: string;
  /** Returns an access token that is good, another one when the last has expired. */
  token: () => Promise<string>;
  onUpdate: (update: Update) => void;
  /** Is told what doesn't pass by itself, such as a session that was ended; nothing comes after it. */
  onEnd: (reason: string) => void;
}

/** How long nothing may come before the connection counts as dead: three heartbeats. */
const SILENCE_MS = 90_000;

/** Follows the figures until the function that it returns is called. */
export function watchFigures({ baseUrl, orgId, token, onUpdate, onEnd }: Watched): () => void {
  let source: EventSource | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;
  let failures = 0;
  let lastEventId = "";

  const close = () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(watchdog);
    source?.close();
  };

  // A connection can be dead without anybody saying so; the server's heartbeat comes every SSE_HEARTBEAT_INTERVAL seconds.
  let watchdog: ReturnType<typeof setTimeout> | undefined;
  const watch = () => {
    clearTimeout(watchdog);
    watchdog = setTimeout(reopen, SILENCE_MS, 0);
  };
  const heard = (event: MessageEvent<string>) => {
    lastEventId = event.lastEventId || lastEventId;
    watch();
  };

  // A ticket is good for one stream, so EventSource can't come back by itself: it is closed, and another one takes a new ticket.
  const reopen = (after = Math.min(15_000, 500 * 2 ** failures++) * (0.5 + Math.random() / 2)) => {
    clearTimeout(watchdog);
    source?.close();
    source = undefined;
    if (!closed) {
      clearTimeout(timer);
      timer = setTimeout(open, after);
    }
  };

  const open = async () => {
    let ticket: string;
    try {
      const answer = await fetch(`${baseUrl}/stream/tickets`, {
        method: "POST",
        headers: { Authorization: `Bearer ${await token()}`, "Content-Type": "application/json" },
        body: JSON.stringify({ orgId }),
      });
      const body = (await answer.json()) as { ticket: string; message: string };
      if (answer.status === 401 || answer.status === 403 || answer.status === 404) {
        close();
        onEnd(body.message);
        return;
      }
      if (!answer.ok) {
        reopen();
        return;
      }
      ticket = body.ticket;
    } catch {
      reopen();
      return;
    }
    if (closed) {
      return;
    }
    // What this client has isn't sent again; a new EventSource can't say so by a header.
    source = new EventSource(`${baseUrl}/stream/kpis?${new URLSearchParams({ orgId, ticket, lastEventId })}`);
    watch();
    source.addEventListener("kpi-update", (event) => {
      failures = 0;
      heard(event);
      onUpdate(JSON.parse(event.data) as Update);
    });
    source.addEventListener("heartbeat", (event) => {
      failures = 0;
      heard(event);
    });
    source.addEventListener("goodbye", ({ data }) => {
      const { reason, retryAfterMs } = JSON.parse(data) as { reason: string; retryAfterMs: number };
      if (reason === "access_ended") {
        close();
        onEnd("access was ended");
        return;
      }
      reopen(retryAfterMs);
    });
    source.addEventListener("error", () => reopen());
  };

  void open();
  return close;
}
