package explain

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// Expectation is what the plan of a query must be. The defaults of the rules hold for what it doesn't mention.
type Expectation struct {
	// Use are the indexes that it may use.
	Use []string
	// Only says that no rows may be fetched from tables, but those of Heap.
	Only bool
	Heap []string
	// Seq are large tables that it may read as a whole.
	Seq []string
	// Buffers (pages), Rows, Discard (rows thrown away) and Loops are budgets in place of the defaults, wider or tighter; 0: the default.
	Buffers              int64
	Rows, Discard, Loops float64
	// Grows says that it is about everything that a tenant has, so that it grows with it.
	Grows, Spill, JIT, AllPartitions bool
	// Everyone says that it is about all tenants, so that it grows with the rows of each.
	Everyone bool
	// Empty says that it finds nothing, and Planned that it can't be executed on the data that there is.
	Empty, Planned bool
	// Because says why the defaults don't hold.
	Because string
	// Shape is what the plan was when it was looked at last, for the largest tenant.
	Shape []string
}

// Book holds the expectations by query, in one file for each query file:
//
//	OrderGet | use orders_pkey, order_lines_pkey; rows 200
//	  Left join
//	    Index on orders by orders_pkey
//
// The first line is what must be, and written by people, with a reason after because where the defaults of the rules don't hold. The lines below are what is, and written by [Book.Write].
type Book map[string]map[string]Expectation

const planEnding = ".plans"

// ReadBook reads all files of a folder; a folder that isn't there is an empty book.
func ReadBook(folder string) (Book, error) {
	book := make(Book)
	paths, err := filepath.Glob(filepath.Join(folder, "*"+planEnding))
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := book.read(path); err != nil {
			return nil, err
		}
	}
	return book, nil
}

func (b Book) read(path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck // read
	expectations := make(map[string]Expectation)
	name := ""
	lines := bufio.NewScanner(file)
	for number := 1; lines.Scan(); number++ {
		line := lines.Text()
		switch {
		case strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "  "):
			e := expectations[name]
			e.Shape = append(e.Shape, line[2:])
			expectations[name] = e
		default:
			var terms string
			name, terms, _ = strings.Cut(line, "|")
			name = strings.TrimSpace(name)
			e, err := parseTerms(terms)
			if err != nil {
				return fmt.Errorf("%s:%d: %w", path, number, err)
			}
			if _, twice := expectations[name]; twice {
				return fmt.Errorf("%s:%d: %s is there twice", path, number, name)
			}
			expectations[name] = e
		}
	}
	b[strings.TrimSuffix(filepath.Base(path), planEnding)] = expectations
	return lines.Err()
}

func parseTerms(text string) (Expectation, error) {
	var e Expectation
	text, because, _ := strings.Cut(text, "because ")
	e.Because = strings.TrimSpace(because)
	for term := range strings.SplitSeq(text, ";") {
		word, rest, _ := strings.Cut(strings.TrimSpace(term), " ")
		var names []string
		for name := range strings.SplitSeq(rest, ",") {
			if name = strings.TrimSpace(name); name != "" {
				names = append(names, name)
			}
		}
		var err error
		switch word {
		case "":
		case "use":
			e.Use = names
		case "seq":
			e.Seq = names
		case "only":
			e.Only, e.Heap = true, names
		case "buffers":
			e.Buffers, err = strconv.ParseInt(rest, 10, 64)
		case "rows":
			e.Rows, err = strconv.ParseFloat(rest, 64)
		case "discard":
			e.Discard, err = strconv.ParseFloat(rest, 64)
		case "loops":
			e.Loops, err = strconv.ParseFloat(rest, 64)
		case "grows":
			e.Grows = true
		case "spills":
			e.Spill = true
		case "jit":
			e.JIT = true
		case "all-partitions":
			e.AllPartitions = true
		case "everyone":
			e.Everyone = true
		case "empty":
			e.Empty = true
		case "planned":
			e.Planned = true
		default:
			err = fmt.Errorf("%q must be one of use, only, seq, buffers, rows, discard, loops, grows, spills, jit, all-partitions, everyone, empty, planned", word)
		}
		if err != nil {
			return e, fmt.Errorf("term %q: %w", strings.TrimSpace(term), err)
		}
	}
	if (e.Empty || e.Planned) && e.Because == "" {
		return e, errors.New("empty and planned need a reason after because")
	}
	return e, nil
}

// Terms is the expectation in the words of its file.
func (e Expectation) Terms() string {
	var terms []string
	named := func(word string, names []string) {
		if len(names) > 0 {
			terms = append(terms, word+" "+strings.Join(names, ", "))
		}
	}
	numbered := func(word string, n float64) {
		if n > 0 {
			terms = append(terms, word+" "+strconv.FormatFloat(n, 'f', -1, 64))
		}
	}
	flagged := func(word string, on bool) {
		if on {
			terms = append(terms, word)
		}
	}
	named("use", e.Use)
	if e.Only {
		terms = append(terms, strings.TrimSpace("only "+strings.Join(e.Heap, ", ")))
	}
	named("seq", e.Seq)
	numbered("buffers", float64(e.Buffers))
	numbered("rows", e.Rows)
	numbered("discard", e.Discard)
	numbered("loops", e.Loops)
	flagged("grows", e.Grows)
	flagged("spills", e.Spill)
	flagged("jit", e.JIT)
	flagged("all-partitions", e.AllPartitions)
	flagged("everyone", e.Everyone)
	flagged("empty", e.Empty)
	flagged("planned", e.Planned)
	if e.Because != "" {
		terms = append(terms, "because "+e.Because)
	}
	return strings.Join(terms, "; ")
}

// Write writes the files of a folder anew.
func (b Book) Write(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	old, err := filepath.Glob(filepath.Join(folder, "*"+planEnding))
	if err != nil {
		return err
	}
	for _, path := range old {
		if _, kept := b[strings.TrimSuffix(filepath.Base(path), planEnding)]; !kept {
			if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
				return err
			}
		}
	}
	for file, expectations := range b {
		var text strings.Builder
		names := make([]string, 0, len(expectations))
		for name := range expectations {
			names = append(names, name)
		}
		slices.Sort(names)
		for i, name := range names {
			e := expectations[name]
			if i > 0 {
				text.WriteByte('\n')
			}
			text.WriteString(strings.TrimSpace(name+" | "+e.Terms()) + "\n")
			for _, line := range e.Shape {
				text.WriteString("  " + line + "\n")
			}
		}
		if err := os.WriteFile(filepath.Join(folder, file+planEnding), []byte(text.String()), 0o644); err != nil { //nolint:gosec // nothing secret
			return err
		}
	}
	return nil
}

// Indexes are the definitions of indexes by name, kept in a file beside the book:
//
//	orders_pkey | CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (org_id, id)
//
// What a query needs of an index may show only in data that nobody has yet, so every change of an index is one to be looked at.
type Indexes map[string]string

const indexesFile = "indexes.txt"

// ReadIndexesFile reads the file of a folder; one that isn't there is empty.
func ReadIndexesFile(folder string) (Indexes, error) {
	indexes := make(Indexes)
	content, err := os.ReadFile(filepath.Join(folder, indexesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return indexes, nil
	}
	if err != nil {
		return nil, err
	}
	for line := range strings.Lines(string(content)) {
		name, definition, ok := strings.Cut(strings.TrimSpace(line), " | ")
		if !ok {
			return nil, fmt.Errorf("%s: %q must be a name and a definition with | between them", indexesFile, strings.TrimSpace(line))
		}
		indexes[name] = definition
	}
	return indexes, nil
}

// Write writes the definitions of the indexes that a book's queries use.
func (i Indexes) Write(folder string, book Book) error {
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(book.users())) {
		if definition, ok := i[name]; ok {
			text.WriteString(name + " | " + definition + "\n")
		}
	}
	return os.WriteFile(filepath.Join(folder, indexesFile), []byte(text.String()), 0o644) //nolint:gosec // nothing secret
}

// users are the queries that use each index, by name.
func (b Book) users() map[string][]string {
	users := make(map[string][]string)
	for _, expectations := range b {
		for query, e := range expectations {
			for _, index := range e.Use {
				users[index] = append(users[index], query)
			}
		}
	}
	for _, queries := range users {
		slices.Sort(queries)
	}
	return users
}

// Of returns what is expected of a query.
func (b Book) Of(q Query) (Expectation, bool) {
	e, ok := b[q.File][q.Name]
	return e, ok
}
