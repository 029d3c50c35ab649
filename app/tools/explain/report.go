package explain

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"html/template"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Report is what a run found, for files.
type Report struct {
	Server string    `json:"server"`
	Made   time.Time `json:"made"`
	Size   string    `json:"size"`
	// Settings of the planner that aren't PostgreSQL's defaults.
	Settings map[string]string `json:"settings,omitempty"`
	Findings []Finding         `json:"findings"`
	Effects  []Effect          `json:"effects"`
	Plans    []Entry           `json:"plans"`
}

// Entry is a plan in a report.
type Entry struct {
	Query   string  `json:"query"`
	File    string  `json:"file"`
	Case    string  `json:"case"`
	Ran     bool    `json:"ran"`
	Ms      float64 `json:"ms"`
	Buffers int64   `json:"buffers"`
	Text    string  `json:"text"`
	// SQL is the statement.
	SQL string `json:"sql"`
}

// NewReport collects a verdict.
func NewReport(v Verdict, effects []Effect, server, size string, made time.Time) Report {
	r := Report{Server: server, Made: made, Size: size, Findings: v.Findings, Effects: effects}
	for _, m := range v.Measured {
		r.Settings = m.Plan.Settings
		r.Plans = append(r.Plans, Entry{
			Query: m.Query.Name, File: m.Query.File, Case: m.Case(), Ran: m.Analyzed, Ms: m.Plan.Execution, Buffers: m.Plan.Buffers(), Text: m.Plan.Text(),
			SQL: m.Query.SQL,
		})
	}
	return r
}

// Write writes plans.json, index.html, indexes.txt and, for each name, NAME.explain.txt with the plans of its queries. A query of no name goes
// under that of its file.
func (r Report) Write(folder string, names map[string][]string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	texts := make(map[string]*strings.Builder)
	add := func(name string, e Entry) {
		if texts[name] == nil {
			texts[name] = &strings.Builder{}
		}
		_, _ = fmt.Fprintf(texts[name], "=== %s (%s)\n%s\n", e.Query, e.Case, e.Text)
	}
	for _, e := range r.Plans {
		named := false
		for name, queries := range names {
			if slices.Contains(queries, e.Query) {
				named = true
				add(name, e)
			}
		}
		if !named {
			add(e.File, e)
		}
	}
	document, err := json.MarshalIndent(r, "", " ")
	if err != nil {
		return err
	}
	var page strings.Builder
	if err := pageTemplate.Execute(&page, r); err != nil {
		return err
	}
	files := map[string]string{"index.html": page.String(), "indexes.txt": r.IndexTable(), "plans.json": string(document)}
	for name, text := range texts {
		files[name+".explain.txt"] = text.String()
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil { //nolint:gosec // nothing secret
			return err
		}
	}
	return nil
}

// IndexTable is what each index does for its queries, in a table.
func (r Report) IndexTable() string {
	var out strings.Builder
	_, _ = fmt.Fprintf(&out, "%-40s %-32s %-17s %10s %10s %8s %8s %8s\n", "INDEX", "QUERY", "TENANT", "WITH ms", "WITHOUT", "FASTER", "PAGES", "WITHOUT")
	for _, e := range r.Effects {
		_, _ = fmt.Fprintf(&out, "%-40s %-32s %-17s %10.3f %10.3f %7.1fx %8d %8d\n", e.Index, e.Query, e.Tenant, e.With, e.Without, e.Faster(), e.PagesWith, e.PagesWithout)
	}
	return out.String()
}

//go:embed report.html
var pageText string

var pageTemplate = template.Must(template.New("report").Parse(pageText))
