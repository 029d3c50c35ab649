// Package throttle slows the guessing of passwords down: it counts attempts to sign in by account and by network address, over
// all nodes. An attempt is counted before the password is looked at, so that guesses made at the same moment don't slip
// through together, and given back unless it was a wrong guess.
package throttle
