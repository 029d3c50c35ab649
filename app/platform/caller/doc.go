// Package caller tells who makes the present call and what they may touch. The authentication interceptor puts the caller
// into the context; services read it from there.
package caller
