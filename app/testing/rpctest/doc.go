// Package rpctest serves services in the test's own process, behind the product's interceptors, for generated clients.
package rpctest
