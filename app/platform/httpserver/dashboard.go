package httpserver

import (
	"errors"
	"io/fs"
	"net/http"
	"path"
	"strings"
)

// Dashboard serves the built web application. Paths that are no file get its index page when a browser asks for a page,
// so that links into it work; anything else is not_found.
func Dashboard(files fs.FS, built bool) http.Handler {
	server := http.FileServerFS(files)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			notFound(w, r)
			return
		}
		name := strings.TrimPrefix(path.Clean("/"+r.URL.Path), "/")
		if name != "" && built && isFile(files, name) {
			if strings.HasPrefix(name, "assets/") { // named by their content
				w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
			}
			server.ServeHTTP(w, r)
			return
		}
		if name != "" && !strings.Contains(r.Header.Get("Accept"), "text/html") {
			notFound(w, r)
			return
		}
		if !built {
			WriteError(w, http.StatusNotFound, "not_found", "the dashboard is not built into this binary: run task web:build and build again")
			return
		}
		w.Header().Set("Cache-Control", "no-cache")
		http.ServeFileFS(w, r, files, "index.html")
	})
}

func isFile(files fs.FS, name string) bool {
	info, err := fs.Stat(files, name)
	return err == nil && !info.IsDir() && !errors.Is(err, fs.ErrNotExist)
}

func notFound(w http.ResponseWriter, r *http.Request) {
	WriteError(w, http.StatusNotFound, "not_found", "there is nothing at "+r.Method+" "+r.URL.Path)
}
