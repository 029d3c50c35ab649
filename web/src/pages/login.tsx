import { ConnectError } from "@connectrpc/connect";
import { type FormEvent } from "react";

import { useLogin } from "../api/auth";
import type { Session } from "../session";

/** Asks for email and password. */
export function LoginPage({ session }: { session: Session }) {
  const login = useLogin(session);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  return (
    <main className="login">
      <form className="card" onSubmit={submit}>
        <h1>ChefCloud</h1>
        <p className="muted">Sign in to see your branches.</p>
        <label>
          Email
          <input name="email" type="email" autoComplete="username" required />
        </label>
        <label>
          Password
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {login.error && (
          <p role="alert" className="notice bad">
            {ConnectError.from(login.error).rawMessage}
          </p>
        )}
        <button type="submit" disabled={login.isPending}>
          Sign in
        </button>
      </form>
    </main>
  );
}
