package local

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// buildDashboard builds web/dist unless it is newer than everything that it is made of.
func buildDashboard(ctx context.Context, checkout string, say Progress) error {
	web := filepath.Join(checkout, "web")
	if built, err := os.Stat(filepath.Join(web, "dist", "index.html")); err == nil && !newer(web, built.ModTime()) {
		return nil
	}
	if _, err := exec.LookPath("npm"); err != nil {
		return fmt.Errorf("install Node.js 20 or newer with npm: the dashboard is built with it")
	}
	for _, step := range [][]string{{"npm", "ci", "--no-audit", "--no-fund"}, {"npm", "run", "build"}} {
		say("Building the dashboard: " + strings.Join(step, " "))
		command := exec.CommandContext(ctx, step[0], step[1:]...) //nolint:gosec // the table above
		command.Dir = web
		if out, err := command.CombinedOutput(); err != nil {
			return fmt.Errorf("%s: %w\n%s", strings.Join(step, " "), err, lastLines(string(out), 20))
		}
	}
	return nil
}

// newer reports whether a source of the dashboard has changed since.
func newer(web string, since time.Time) bool {
	changed := false
	_ = filepath.WalkDir(web, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			switch entry.Name() {
			case "node_modules", "dist":
				return filepath.SkipDir
			}
			return nil
		}
		if info, err := entry.Info(); err == nil && info.ModTime().After(since) {
			changed = true
			return filepath.SkipAll
		}
		return nil
	})
	return changed
}
