//go:build linux || darwin

package release

import "syscall"

func freeBytes(folder string) (int64, bool) {
	var disk syscall.Statfs_t
	if err := syscall.Statfs(folder, &disk); err != nil {
		return 0, false
	}
	return int64(disk.Bavail) * int64(disk.Bsize), true //nolint:unconvert // their types differ by system
}
