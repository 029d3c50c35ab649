// Package copyto encodes rows in PostgreSQL's binary COPY format ahead of sending them, so that rows are made on one core
// while the server stores the last ones on another, and no value passes through an interface on the way.
package copyto
