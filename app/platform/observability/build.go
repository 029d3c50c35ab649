package observability

import "runtime/debug"

// Set by the linker: -X github.com/chefcloud/chefcloud/app/platform/observability.version=1.2.0
var (
	version  = "dev"
	revision = ""
)

// Build says which build this is.
type Build struct {
	// Revision is the commit that it was built from, "unknown" if nobody said.
	Revision string
	// Version is the release, "dev" outside of one.
	Version string
}

// ThisBuild returns what the linker was told, or what the Go tool recorded.
func ThisBuild() Build {
	b := Build{Revision: revision, Version: version}
	if b.Revision != "" {
		return b
	}
	b.Revision = "unknown"
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, setting := range info.Settings {
		if setting.Key == "vcs.revision" {
			b.Revision = setting.Value
		}
	}
	return b
}
