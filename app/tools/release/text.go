package release

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Write writes the status for people.
func (s Status) Write(to io.Writer) error {
	table := tabwriter.NewWriter(to, 0, 0, 2, ' ', 0)
	line := func(format string, arguments ...any) { _, _ = fmt.Fprintf(table, format+"\n", arguments...) }
	line("%s", s.Server)
	line("\nINDEX\tTABLE\tPRIORITY\tSTATE\tSIZE\tTABLE SIZE\tOF TABLE\tSCANS\tTUPLES READ\tUSE\tLAST USE\tBLOAT\tNOTE")
	var total int64
	for _, i := range s.Indexes {
		total += i.Bytes
		last, note := "-", ""
		if i.LastUse != nil {
			last = i.LastUse.UTC().Format(time.DateTime)
		}
		if i.CoveredBy != "" {
			note = "covered by " + i.CoveredBy
		}
		line("%s\t%s\t%s\t%s\t%s\t%s\t%.2f %%\t%d\t%d\t%s\t%s\t%s\t%s", i.Name, i.Table, i.Priority, i.State.mark(), Size(i.Bytes), Size(i.TableBytes), i.OfTable, i.Scans, i.TuplesRead,
			i.Use, last, share(i.Bloat), note)
	}
	line("total\t\t\t\t%s", Size(total))
	line("idx_%%\t\t\t\t%s\t91-168 MB are expected of production data", Size(s.IdxBytes))
	line("\nTABLE\tSIZE\tROWS\tDEAD\tWRITES\tHOT\tHOT BEFORE\tHOT SINCE\tHEAP READ\tHEAP HIT\tCACHE HIT\tSEQUENTIAL SCANS")
	for _, t := range s.Tables {
		line("%s\t%s\t%d\t%d\t%d\t%s\t%s\t%s\t%d\t%d\t%s\t%d", t.Name, Size(t.Bytes), t.Rows, t.Dead, t.Writes, share(t.HOT), share(t.HOTBefore), share(t.HOTSince),
			t.HeapRead, t.HeapHit, share(t.CacheHit), t.SequentialScans)
	}
	for _, part := range []struct {
		title      string
		statements []StatementStatus
	}{{"SLOW STATEMENTS (over 100 ms on average)", s.Slow}, {"STATEMENTS BY TOTAL TIME", s.Statements}} {
		if len(part.statements) == 0 {
			continue
		}
		line("\nCALLS\tMEAN ms\tMAX ms\tTOTAL ms\tCACHE HIT\t%s", part.title)
		for _, st := range part.statements {
			line("%d\t%.2f\t%.2f\t%.0f\t%.0f %%\t%s", st.Calls, st.MeanMs, st.MaxMs, st.TotalMs, st.HitOfAll, strings.TrimSpace(st.Query))
		}
	}
	for _, note := range slices.Sorted(slices.Values(s.Note)) {
		line("note: %s", note)
	}
	return table.Flush()
}

// mark shows at a glance whether an index works.
func (s State) mark() string {
	switch s {
	case Missing, Invalid, Leftover:
		return "❌ " + string(s)
	case Different, Unfinished:
		return "⚠️ " + string(s)
	case Valid:
	}
	return "✅ " + string(s)
}

func share(percent *float64) string {
	if percent == nil {
		return "-"
	}
	return fmt.Sprintf("%.2f %%", *percent)
}
