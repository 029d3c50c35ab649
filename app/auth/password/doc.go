// Package password hashes and checks passwords with argon2id, a few at a time, so that a flood of sign-ins can't exhaust
// memory or starve the rest of the process.
package password
