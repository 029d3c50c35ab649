import { type FormEvent, useEffect } from "react";

import { useLogin } from "../api/auth";
import { problem } from "../problem";
import type { Session } from "../session";

/** Asks for email and password. */
export function LoginPage({ session, expired }: { session: Session; expired: boolean }) {
  const login = useLogin(session);
  useEffect(() => {
    document.title = "Sign in · ChefCloud";
  }, []);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    login.mutate({ email: String(form.get("email")), password: String(form.get("password")) });
  };
  return (
    <main className="login">
      <form className="card" onSubmit={submit}>
        <h1 className="brand">ChefCloud</h1>
        <p className="muted">{expired ? "Your session has ended. Sign in again." : "Sign in to see your branches."}</p>
        <label className="field">
          <span>Email</span>
          <input name="email" type="email" autoComplete="username" required autoFocus />
        </label>
        <label className="field">
          <span>Password</span>
          <input name="password" type="password" autoComplete="current-password" required />
        </label>
        {login.error && (
          <p role="alert" className="bad">
            {problem(login.error)}
          </p>
        )}
        <button type="submit" className="primary" disabled={login.isPending}>
          {login.isPending ? "Signing in…" : "Sign in"}
        </button>
      </form>
    </main>
  );
}
