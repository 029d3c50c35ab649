// Package auth signs people and terminals in and manages who they are.
//
// A person's sign-in is a session. It gives out short-lived access tokens, which say who they are for, and one refresh
// token at a time, which is good for one use. What an access token is worth is asked of the database again after 800 ms: a
// session ends within a second, on every node, when its user signs out, is disabled, or gets another role, branch or
// password, and so does the former plan of an organisation. A terminal or integration has an API key instead, which is looked up in the same way.
//
//	Login ──▶ session ──▶ access token ──▶ Authenticator ──▶ caller.Caller
//	             │  ▲
//	             ▼  │ Refresh (the second use of one token ends the session)
//	         refresh token
//
// Each session stands on the session_version of its user. Whatever must end a user's sessions raises that version, so that
// a sign-in that was under way at the same moment is stillborn. The session that changes its own user's password is moved to
// the new version and lives on.
package auth
