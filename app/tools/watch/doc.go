// Package watch follows an organisation's live figures over any interruption, and draws them on a terminal.
package watch
