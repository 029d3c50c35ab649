// Package web carries the built dashboard inside the binary.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built dashboard; false if it was not built before the binary.
func Files() (files fs.FS, built bool) {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic("web: " + err.Error()) // dist is embedded above
	}
	_, err = fs.Stat(files, "index.html")
	return files, err == nil
}
