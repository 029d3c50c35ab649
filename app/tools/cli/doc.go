// Package cli holds the subcommands of the chefcloud binary, one file each.
package cli
