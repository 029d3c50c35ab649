import { Code, ConnectError } from "@connectrpc/connect";

/** Says what went wrong in words for a person. The server's own texts are made for people and are kept. */
export function problem(error: unknown): string {
  const from = ConnectError.from(error);
  if (from.cause instanceof TypeError) {
    // how fetch reports that there was no answer
    return "The server can't be reached. Check the connection and try again.";
  }
  switch (from.code) {
    case Code.PermissionDenied:
      return "Your account may not see this. Ask a manager of your organisation for access.";
    case Code.Internal:
    case Code.Unknown: {
      const request = from.metadata.get("X-Request-Id");
      return `Something went wrong on the server.${request ? ` Quote request ${request} when you report it.` : ""}`;
    }
    default:
      return from.rawMessage;
  }
}
