package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/jackc/pgx/v5"
)

// Updates are those of a table since its statistics began, and the HOT ones among them, which touched no index.
type Updates struct {
	All int64     `json:"updates"`
	HOT int64     `json:"hot"`
	At  time.Time `json:"at"`
}

// since are the updates that came after others. Statistics that were reset begin anew.
func (u Updates) since(before Updates) Updates {
	if u.All < before.All || u.HOT < before.HOT {
		return u
	}
	return Updates{All: u.All - before.All, HOT: u.HOT - before.HOT}
}

// history is a file's content: updates when a table's index was built last, by database and table.
type history map[string]map[string]Updates

// NoteUpdates keeps the updates of the tables of steps in a file, for ReadStatus.
func NoteUpdates(ctx context.Context, conn *pgx.Conn, path string, steps []Step) error {
	known, id, err := open(ctx, conn, path)
	if err != nil {
		return err
	}
	if known[id] == nil {
		known[id] = make(map[string]Updates)
	}
	for _, step := range steps {
		if step.State != Missing && step.State != Invalid {
			continue
		}
		u := Updates{At: time.Now().UTC().Truncate(time.Second)}
		err := conn.QueryRow(ctx, "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_user_tables WHERE schemaname = 'public' AND relname = $1", step.Index.Table).Scan(&u.All, &u.HOT)
		if err != nil {
			return fmt.Errorf("read the updates of %s: %w", step.Index.Table, err)
		}
		known[id][step.Index.Table] = u
	}
	content, err := json.MarshalIndent(known, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // nothing secret
		return err
	}
	return os.WriteFile(path, content, 0o644) //nolint:gosec // nothing secret
}

// UpdatesBefore are the updates of this database's tables when their indexes were built last, as a file has them.
func UpdatesBefore(ctx context.Context, conn *pgx.Conn, path string) (map[string]Updates, error) {
	known, id, err := open(ctx, conn, path)
	return known[id], err
}

// open reads the file, and what this database is called in it.
func open(ctx context.Context, conn *pgx.Conn, path string) (known history, id string, err error) {
	if err := conn.QueryRow(ctx, "SELECT current_database()").Scan(&id); err != nil {
		return nil, "", err
	}
	var system string
	if err := conn.QueryRow(ctx, "SELECT system_identifier::text FROM pg_control_system()").Scan(&system); err != nil { // no right to it
		system = fmt.Sprintf("%s:%d", conn.Config().Host, conn.Config().Port)
	}
	id = system + "/" + id
	known = make(history)
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return known, id, nil
	}
	if err != nil {
		return nil, "", err
	}
	if err := json.Unmarshal(content, &known); err != nil {
		return nil, "", fmt.Errorf("read %s: %w", path, err)
	}
	return known, id, nil
}
