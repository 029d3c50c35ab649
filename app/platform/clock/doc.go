// Package clock is where the product takes the time from, so that tests can set it.
package clock
