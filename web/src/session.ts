import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";

import { AuthService } from "./gen/chefcloud/auth/v1/auth_pb";

const refreshKey = "chefcloud.refresh";

/** Methods that are called without a token, and so never lead to a refresh. */
const open: ReadonlySet<string> = new Set([AuthService.method.login.name, AuthService.method.refresh.name]);

/** Expired is signed out by the server rather than by the person, who is told. */
export type SessionState = "signed-in" | "signed-out" | "expired";

/**
 * Session holds who is signed in. The access token lives in memory; the refresh token, which is good for one use, in the
 * tab's storage, so that a reload keeps the session and closing the tab ends it.
 */
export class Session {
  #access: string | undefined;
  #listeners = new Set<() => void>();
  #refreshing: Promise<string | undefined> | undefined;
  #state: SessionState = sessionStorage.getItem(refreshKey) === null ? "signed-out" : "signed-in";

  readonly state = (): SessionState => this.#state;

  /** Calls back when the state changes. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(access: string, refresh: string): void {
    this.#access = access;
    sessionStorage.setItem(refreshKey, refresh);
    this.#become("signed-in");
  }

  end(state: "signed-out" | "expired"): void {
    this.#access = undefined;
    sessionStorage.removeItem(refreshKey);
    this.#become(state);
  }

  /**
   * Adds the access token to calls. A call that is unauthenticated is tried again once after a refresh; if that doesn't help,
   * the session has ended. The bare transport, without this interceptor, carries the refresh.
   */
  interceptor(bare: () => Transport): Interceptor {
    return (next) => async (request) => {
      if (request.service.typeName === AuthService.typeName && open.has(request.method.name)) {
        return next(request);
      }
      const send = (token: string | undefined) => {
        if (token !== undefined) {
          request.header.set("Authorization", `Bearer ${token}`);
        }
        return next(request);
      };
      const used = this.#access ?? (await this.#refresh(bare));
      try {
        return await send(used);
      } catch (error) {
        if (!unauthenticated(error) || request.stream) {
          throw error;
        }
        // Another call may have refreshed while this one was under way.
        const renewed = this.#access !== used ? this.#access : await this.#refresh(bare);
        if (renewed === undefined) {
          throw error;
        }
        return send(renewed).catch((again: unknown) => {
          if (unauthenticated(again)) {
            this.end("expired");
          }
          throw again;
        });
      }
    };
  }

  /** Refreshes in one flight for all calls: a refresh token that is used twice ends the session. */
  #refresh(bare: () => Transport): Promise<string | undefined> {
    this.#refreshing ??= this.#exchange(bare()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #exchange(transport: Transport): Promise<string | undefined> {
    const refreshToken = sessionStorage.getItem(refreshKey);
    if (refreshToken === null) {
      return undefined;
    }
    try {
      const answer = await createClient(AuthService, transport).refresh({ refreshToken });
      this.start(answer.accessToken, answer.refreshToken);
      return answer.accessToken;
    } catch (error) {
      if (unauthenticated(error)) {
        this.end("expired");
        return undefined;
      }
      throw error; // an unreachable server ends no session
    }
  }

  #become(state: SessionState): void {
    this.#state = state;
    for (const listener of this.#listeners) {
      listener();
    }
  }
}

const unauthenticated = (error: unknown): boolean => ConnectError.from(error).code === Code.Unauthenticated;
