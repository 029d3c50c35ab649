// Package page turns the last row of a page into an opaque token and back.
package page
