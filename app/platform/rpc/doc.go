// Package rpc serves the generated services over Connect, gRPC, gRPC-Web and REST, behind one ordered slice of
// interceptors: see [Interceptors].
package rpc
