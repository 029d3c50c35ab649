// Package token makes and reads the three kinds of bearer token: access tokens, which are signed and carry what they say
// (JWT); refresh tokens and API keys, which are random secrets beside the ids that find them in the database.
package token
