import { Code, ConnectError, createClient, type Interceptor, type Transport } from "@connectrpc/connect";

import { AuthService } from "./gen/chefcloud/auth/v1/auth_pb";

const refreshKey = "chefcloud.refresh";

/**
 * Session holds who is signed in. The access token lives in memory; the refresh token, which is good for one use, in the
 * tab's storage, so that a reload keeps the session.
 */
export class Session {
  #access: string | undefined;
  #refreshing: Promise<boolean> | undefined;
  #listeners = new Set<() => void>();

  /** True if there is something to call with. */
  readonly signedIn = (): boolean => this.#access !== undefined || sessionStorage.getItem(refreshKey) !== null;

  /** Calls back when somebody signs in or out. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(access: string, refresh: string): void {
    this.#access = access;
    sessionStorage.setItem(refreshKey, refresh);
    this.#tell();
  }

  end(): void {
    this.#access = undefined;
    sessionStorage.removeItem(refreshKey);
    this.#tell();
  }

  /** Adds the access token to calls; one that is unauthenticated is tried again after a refresh, once. */
  interceptor(bare: () => Transport): Interceptor {
    return (next) => async (request) => {
      if (request.service.typeName === AuthService.typeName && ["Login", "Refresh"].includes(request.method.name)) {
        return next(request);
      }
      if (this.#access === undefined) {
        await this.#refresh(bare);
      }
      this.#authorize(request.header);
      try {
        return await next(request);
      } catch (error) {
        if (ConnectError.from(error).code !== Code.Unauthenticated || request.stream || !(await this.#refresh(bare))) {
          throw error;
        }
        this.#authorize(request.header);
        return next(request);
      }
    };
  }

  #authorize(header: Headers): void {
    if (this.#access !== undefined) {
      header.set("Authorization", `Bearer ${this.#access}`);
    }
  }

  /** Refreshes in one flight for all: a refresh token that is used twice ends the session. */
  #refresh(bare: () => Transport): Promise<boolean> {
    this.#refreshing ??= this.#exchange(bare()).finally(() => {
      this.#refreshing = undefined;
    });
    return this.#refreshing;
  }

  async #exchange(transport: Transport): Promise<boolean> {
    const refreshToken = sessionStorage.getItem(refreshKey);
    if (refreshToken === null) {
      return false;
    }
    try {
      const answer = await createClient(AuthService, transport).refresh({ refreshToken });
      this.start(answer.accessToken, answer.refreshToken);
      return true;
    } catch (error) {
      if (ConnectError.from(error).code === Code.Unauthenticated) {
        this.end();
        return false;
      }
      throw error;
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) {
      listener();
    }
  }
}
