import { useCallback, useMemo, useSyncExternalStore } from "react";

/**
 * The page and its choices live in the address's fragment, such as `#/overview?range=7d`, so that a reload, the back button
 * and a link that is passed on show the same.
 */
export interface Route {
  page: string;
  params: URLSearchParams;
}

const subscribe = (listener: () => void) => {
  window.addEventListener("hashchange", listener);
  return () => window.removeEventListener("hashchange", listener);
};

/** Reads the route and gives a function that changes some of its parameters; undefined removes one. */
export function useRoute(): [Route, (changes: Record<string, string | undefined>) => void] {
  const hash = useSyncExternalStore(subscribe, () => window.location.hash);
  const route = useMemo(() => parse(hash), [hash]);
  const setParams = useCallback((changes: Record<string, string | undefined>) => {
    const { page, params } = parse(window.location.hash);
    for (const [name, value] of Object.entries(changes)) {
      if (value === undefined) {
        params.delete(name);
      } else {
        params.set(name, value);
      }
    }
    window.location.hash = `/${page}?${params}`;
  }, []);
  return [route, setParams];
}

function parse(hash: string): Route {
  const [page = "", query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  return { page: page || "overview", params: new URLSearchParams(query) };
}

/** A month from the address, or undefined if it is none that the server knows. */
export function monthParam(params: URLSearchParams, name: string): string | undefined {
  const value = params.get(name) ?? "";
  return /^2[01]\d\d-(0[1-9]|1[0-2])$/.test(value) ? value : undefined;
}
