package auth

import "github.com/chefcloud/chefcloud/app/platform/fault"

// What callers may hear. Wrong email, wrong password and disabled account are one answer.
var (
	errAPIKeyExpired   = fault.Unauthenticated("API_KEY_EXPIRED", "the API key has expired")
	errAPIKeyInvalid   = fault.Unauthenticated("API_KEY_INVALID", "no such API key")
	errAPIKeyRevoked   = fault.Unauthenticated("API_KEY_REVOKED", "the API key was revoked")
	errBadCredentials  = fault.Unauthenticated("BAD_CREDENTIALS", "wrong email or password")
	errEmailTaken      = fault.AlreadyExists("EMAIL_TAKEN", "").And("email", "must not be another account's")
	errLastOwner       = fault.FailedPrecondition("LAST_OWNER", "the organisation must keep an owner who can sign in")
	errOwnAccount      = fault.PermissionDenied("OWN_ACCOUNT", "nobody disables themselves or changes their own role")
	errOwnerRequired   = fault.PermissionDenied("OWNER_REQUIRED", "only an owner changes roles, and accounts of managers and owners")
	errPasswordChanged = fault.Aborted("PASSWORD_CHANGED", "the password was changed by another call")
	errRefreshInvalid  = fault.Unauthenticated("REFRESH_INVALID", "no such refresh token")
	errRefreshRaced    = fault.Aborted("REFRESH_RACED", "another call was using the refresh token; use the one that it was given")
	errRefreshReused   = fault.Unauthenticated("REFRESH_REUSED", "the refresh token was used before; the session has ended")
	errSessionEnded    = fault.Unauthenticated("SESSION_ENDED", "the session has ended; sign in again")
	errTicketInvalid   = fault.Unauthenticated("TICKET_INVALID", "no such ticket, or it was used or has expired")
	errTokenExpired    = fault.Unauthenticated("TOKEN_EXPIRED", "the access token has expired")
	errTokenInvalid    = fault.Unauthenticated("TOKEN_INVALID", "the Authorization header must be Bearer with an access token or API key")
	errUsersOnly       = fault.PermissionDenied("USERS_ONLY", "an API key can't do this")
	errWrongPassword   = fault.Invalid("current_password", "must be the present password").WithReason("WRONG_PASSWORD")
)
