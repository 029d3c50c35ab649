// Package httpserver listens for HTTP/1.1 and cleartext HTTP/2, serves the routes beside the RPCs, and ends without
// cutting anybody off.
package httpserver
