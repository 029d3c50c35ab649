package release

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"regexp"
	"strings"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

const (
	// entryOverhead is the header of an index entry with its line pointer, in bytes, and fill the share of a page that a new index uses.
	entryOverhead = 12
	fill          = 0.9
	// unknownWidth is of a column without statistics.
	unknownWidth = 16
)

var (
	indexColumns = regexp.MustCompile(`\((.*?)\)(?: INCLUDE \((.*?)\))?(?: WHERE (.*))?$`)
	columnName   = regexp.MustCompile(`^"?(\w+)"?`)
)

// expected estimates the size of an index from the statistics of its table: the planner's rows that its condition leaves, times the
// widths of its columns.
func (o *Operator) expected(ctx context.Context, index schema.Index) (int64, error) {
	match := indexColumns.FindStringSubmatch(index.Definition)
	if match == nil {
		return 0, fmt.Errorf("read the definition %s", index.Definition)
	}
	query := "EXPLAIN (FORMAT JSON) SELECT FROM " + pgx.Identifier{index.Table}.Sanitize()
	if match[3] != "" {
		query += " WHERE " + match[3]
	}
	var text []byte
	if err := o.conn.QueryRow(ctx, query).Scan(&text); err != nil {
		return 0, fmt.Errorf("estimate the rows of %s: %w", index.Name, err)
	}
	var plans []struct {
		Plan struct {
			Rows float64 `json:"Plan Rows"`
		}
	}
	if err := json.Unmarshal(text, &plans); err != nil || len(plans) != 1 {
		return 0, fmt.Errorf("estimate the rows of %s: %w", index.Name, err)
	}
	rows, err := o.conn.Query(ctx, "SELECT attname::text, avg_width FROM pg_stats WHERE schemaname = 'public' AND tablename = $1", index.Table)
	if err != nil {
		return 0, err
	}
	widths := make(map[string]int64)
	var column string
	var width int64
	if _, err := pgx.ForEachRow(rows, []any{&column, &width}, func() error {
		widths[column] = width
		return nil
	}); err != nil {
		return 0, err
	}
	entry := int64(entryOverhead)
	for name := range strings.SplitSeq(match[1]+", "+match[2], ", ") {
		if found := columnName.FindStringSubmatch(name); found != nil {
			if width, ok := widths[found[1]]; ok {
				entry += width
			} else {
				entry += unknownWidth
			}
		}
	}
	return max(int64(plans[0].Plan.Rows*float64(entry)/fill), 16<<10), nil
}

// freeDisk is what is free where the server keeps its data, if that can be seen: on this machine, by who may ask.
func (o *Operator) freeDisk(ctx context.Context) (bytes int64, ok bool) {
	if host, _, err := net.SplitHostPort(o.conn.PgConn().Conn().RemoteAddr().String()); err == nil && !net.ParseIP(host).IsLoopback() {
		return 0, false
	}
	var folder string
	if err := o.conn.QueryRow(ctx, "SHOW data_directory").Scan(&folder); err != nil {
		return 0, false
	}
	return freeBytes(folder)
}

// Size writes bytes for people.
func Size(bytes int64) string {
	const unit = 1024
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	value, i := float64(bytes), 0
	for value >= unit && i < len(units)-1 {
		value /= unit
		i++
	}
	if i == 0 {
		return fmt.Sprintf("%d B", bytes)
	}
	return fmt.Sprintf("%.1f %s", value, units[i])
}
