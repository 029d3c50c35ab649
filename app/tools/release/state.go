package release

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// present is an index as the database has it.
type present struct {
	Name, Table, Definition, Comment string
	Valid                            bool
	Bytes, Scans                     int64
}

// read returns the indexes of the database by name.
func read(ctx context.Context, conn *pgx.Conn) (map[string]present, error) {
	rows, err := conn.Query(ctx, `SELECT i.relname, t.relname, pg_get_indexdef(i.oid), coalesce(obj_description(i.oid, 'pg_class'), ''), x.indisvalid AND x.indisready, pg_relation_size(i.oid),
			coalesce(pg_stat_get_numscans(i.oid), 0)
		FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
		WHERE i.relnamespace = 'public'::regnamespace`)
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[present])
	if err != nil {
		return nil, fmt.Errorf("list indexes: %w", err)
	}
	indexes := make(map[string]present, len(list))
	for _, p := range list {
		indexes[p.Name] = p
	}
	return indexes, nil
}

// State is how a declared index stands.
type State string

// The states.
const (
	Missing   State = "MISSING"
	Invalid   State = "INVALID"
	Different State = "DIFFERENT"
	// Unfinished is valid and lacks its comment, and perhaps its table the statistics.
	Unfinished State = "UNFINISHED"
	// Leftover is of a REINDEX CONCURRENTLY that failed.
	Leftover State = "LEFTOVER"
	Valid    State = "VALID"
)

func stateOf(declared schema.Index, have map[string]present) State {
	switch p, ok := have[declared.Name]; {
	case !ok:
		return Missing
	case !p.Valid:
		return Invalid
	case p.Definition != declared.Definition:
		return Different
	case p.Comment != declared.Comment && len(declared.Create) > 1:
		return Unfinished
	default:
		return Valid
	}
}

// Problem is a declared index that isn't as it should be.
type Problem struct {
	Index string `json:"index"`
	State State  `json:"state"`
	// Have and Want are definitions, or comments of an unfinished one.
	Have string `json:"have,omitempty"`
	Want string `json:"want"`
}

// String says it in one line.
func (p Problem) String() string {
	switch p.State {
	case Different, Unfinished:
		return fmt.Sprintf("%s %s: it is %s and must be %s", p.State, p.Index, p.Have, p.Want)
	case Missing, Invalid, Leftover, Valid:
	}
	return fmt.Sprintf("%s %s: %s", p.State, p.Index, p.Want)
}

// Verify compares the database with what is declared. Invalid indexes that nobody declared are problems too.
func Verify(ctx context.Context, conn *pgx.Conn, declared []schema.Index) ([]Problem, error) {
	have, err := read(ctx, conn)
	if err != nil {
		return nil, err
	}
	var problems []Problem
	known := make(map[string]bool)
	for _, index := range declared {
		known[index.Name] = true
		if state := stateOf(index, have); state != Valid {
			problem := Problem{Index: index.Name, State: state, Have: have[index.Name].Definition, Want: index.Definition}
			if state == Unfinished {
				problem.Have, problem.Want = fmt.Sprintf("commented %q", have[index.Name].Comment), fmt.Sprintf("%q; indexes apply finishes it", index.Comment)
			}
			problems = append(problems, problem)
		}
	}
	for name, p := range have {
		if !known[name] && !p.Valid {
			problems = append(problems, Problem{Index: name, State: Invalid, Have: p.Definition, Want: "nothing declares it: DROP INDEX CONCURRENTLY " + name})
		}
	}
	return problems, nil
}
