import { useRef } from "react";

/**
 * Gives the same key as long as the request is the same, so that a try after a lost answer can't apply twice, and another key
 * for another request. After a success the key is forgotten: the same request then is a new wish.
 */
export function useIdempotencyKey() {
  const last = useRef<{ request: string; key: string }>(undefined);
  return {
    keyOf(request: object): string {
      const text = JSON.stringify(request, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
      if (last.current?.request !== text) {
        last.current = { request: text, key: newKey() };
      }
      return last.current.key;
    },
    forget(): void {
      last.current = undefined;
    },
  };
}

/** 128 random bits. Not crypto.randomUUID, which browsers hide from pages that came over plain HTTP. */
function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
