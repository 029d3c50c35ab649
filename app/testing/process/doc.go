// Package process runs real server processes for tests of what one process can't show: several nodes, and sudden deaths.
package process
