package cli

import (
	"fmt"
	"os"
	"text/tabwriter"
)

type configCommand struct{}

// Run prints every setting; secrets are masked.
func (configCommand) Run() error {
	loaded, err := settings()
	if err != nil {
		return err
	}
	out := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "VARIABLE\tVALUE\tSOURCE") //nolint:errcheck // reported by Flush
	for _, s := range loaded.Effective() {
		fmt.Fprintf(out, "%s\t%s\t%s\n", s.Name, s.Value, s.Source) //nolint:errcheck // reported by Flush
	}
	return out.Flush()
}
