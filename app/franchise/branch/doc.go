// Package branch finds the restaurants that a caller may touch and dates what happens in them.
package branch
