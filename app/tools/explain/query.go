package explain

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Query is one statement.
type Query struct {
	// Name is what sqlc calls it.
	Name string
	// File is the query file that it comes from, without its ending.
	File string
	// SQL has parameters $1, $2, …
	SQL string
	// Arguments are the names of the parameters, in their sequence.
	Arguments []string
}

var (
	header = regexp.MustCompile(`^-- name: (\w+) :\w+\s`)
	source = regexp.MustCompile(`(?m)^// source: (\w+)\.sql$`)
	writes = regexp.MustCompile(`(?i)\b(INSERT\s+INTO|DELETE\s+FROM|MERGE\s+INTO|UPDATE\s+[\w.]+(\s+(AS\s+)?\w+)?\s+SET|FOR\s+(NO\s+KEY\s+)?UPDATE|FOR\s+(KEY\s+)?SHARE)\b`)
)

// Writes reports whether the statement changes rows or locks them.
func (q Query) Writes() bool { return writes.MatchString(q.SQL) }

// optional is a filter that an empty value turns off.
var optional = regexp.MustCompile(`\$(\d+)::(?:text|character varying) = ''`)

// Optional are the parameters, from 1, that choose nothing when they are empty: `$3::text = ” OR status = $3`.
func (q Query) Optional() []int {
	var found []int
	for _, match := range optional.FindAllStringSubmatch(q.SQL, -1) {
		if n, err := strconv.Atoi(match[1]); err == nil {
			found = append(found, n)
		}
	}
	return found
}

// declaration is the line that names a query in a file for sqlc.
var declaration = regexp.MustCompile(`(?m)^\s*(?:--|#|/\*)\s*name:\s*(\w+)\s+:(\w+)`)

// Declared are the names of the queries in a folder of .sql files, but for those by which sqlc copies rows: they have no plan.
func Declared(folder string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.sql"))
	if err != nil {
		return nil, err
	}
	var names []string
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		for _, match := range declaration.FindAllStringSubmatch(string(content), -1) {
			if match[2] != "copyfrom" {
				names = append(names, match[1])
			}
		}
	}
	return names, nil
}

// Load reads the queries from the folder of Go code that sqlc generated for pgx or database/sql, sorted by file and name.
func Load(folder string) ([]Query, error) {
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		return nil, err
	}
	var queries []Query
	for _, path := range paths {
		found, err := load(path)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		queries = append(queries, found...)
	}
	if len(queries) == 0 {
		return nil, fmt.Errorf("there is no code that sqlc generated in %s", folder)
	}
	slices.SortFunc(queries, func(a, b Query) int {
		return strings.Compare(a.File+" "+a.Name, b.File+" "+b.Name)
	})
	return queries, nil
}

func load(path string) ([]Query, error) {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
	if err != nil {
		return nil, err
	}
	name := strings.TrimSuffix(filepath.Base(path), ".sql.go")
	for _, group := range file.Comments {
		if match := source.FindStringSubmatch("// " + strings.ReplaceAll(group.Text(), "\n", "\n// ")); match != nil {
			name = match[1]
		}
	}
	constants := make(map[string]string)
	arguments := make(map[string][]string)
	var batched []string
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			for i, value := range n.Values {
				if text, ok := literal(value); ok {
					constants[n.Names[i].Name] = text
				}
			}
		case *ast.AssignStmt: // vals := []interface{}{a.ID} before batch.Queue(constant, vals...)
			if list, ok := n.Rhs[0].(*ast.CompositeLit); ok && len(n.Rhs) == 1 {
				batched = nil
				for _, value := range list.Elts {
					batched = append(batched, lastName(value))
				}
			}
		case *ast.CallExpr:
			if constant, names, ok := call(n); ok {
				arguments[constant] = names
			}
			if method, ok := n.Fun.(*ast.SelectorExpr); ok && method.Sel.Name == "Queue" && len(n.Args) == 2 {
				arguments[lastName(n.Args[0])] = batched
			}
		}
		return true
	})
	var queries []Query
	for constant, sql := range constants {
		match := header.FindStringSubmatch(sql)
		if match == nil {
			continue
		}
		queries = append(queries, Query{Name: match[1], File: name, SQL: sql, Arguments: arguments[constant]})
	}
	return queries, nil
}

// literal is the text of string literals, which sqlc puts together with + where the statement has a backquote.
func literal(e ast.Expr) (string, bool) {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(e.Value)
		return text, err == nil && e.Kind == token.STRING
	case *ast.BinaryExpr:
		left, ok := literal(e.X)
		right, also := literal(e.Y)
		return left + right, ok && also && e.Op == token.ADD
	case *ast.ParenExpr:
		return literal(e.X)
	}
	return "", false
}

// call reads `db.Query(ctx, constant, arg.A, b)`, and the same with Exec, QueryRow and their Context forms.
func call(n *ast.CallExpr) (constant string, arguments []string, ok bool) {
	method, ok := n.Fun.(*ast.SelectorExpr)
	if !ok || !strings.HasPrefix(method.Sel.Name, "Query") && !strings.HasPrefix(method.Sel.Name, "Exec") || len(n.Args) < 2 {
		return "", nil, false
	}
	name, ok := n.Args[1].(*ast.Ident)
	if !ok {
		return "", nil, false
	}
	for _, argument := range n.Args[2:] {
		arguments = append(arguments, lastName(argument))
	}
	return name.Name, arguments, true
}

// lastName is `ID` of arg.ID, pq.Array(arg.ID) and ID.
func lastName(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.CallExpr:
		if len(e.Args) == 1 {
			return lastName(e.Args[0])
		}
	}
	return ""
}
