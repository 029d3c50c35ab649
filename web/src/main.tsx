import { createConnectTransport } from "@connectrpc/connect-web";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { App } from "./app";
import { Session } from "./session";
import "./theme.css";
import "./styles.css";

const session = new Session();
const bare = createConnectTransport({ baseUrl: window.location.origin });
const transport = createConnectTransport({
  baseUrl: window.location.origin,
  interceptors: [session.interceptor(() => bare)],
});

createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <App session={session} transport={transport} />
  </StrictMode>,
);
