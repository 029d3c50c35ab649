// Package app assembles the product: its domains, the platform below them, and the server in front.
package app
