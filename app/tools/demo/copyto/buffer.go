package copyto

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

var (
	// header is the signature, no flags and no extension.
	header = []byte("PGCOPY\n\377\r\n\000\000\000\000\000\000\000\000\000")
	// trailer stands where the field count of a row would.
	trailer = []byte{0xff, 0xff}
)

// postgresEpoch and postgresDay are the zeros of PostgreSQL's timestamps and dates.
var (
	postgresEpoch = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)
	postgresDay   = civil.DateOf(postgresEpoch)
)

// Buffer collects rows of one table. Each row starts with [Buffer.Row], followed by one call for each column.
type Buffer struct {
	columns uint16
	data    []byte
	rows    int
	sql     string
	table   string
}

// NewBuffer returns an empty buffer for those columns of the table.
func NewBuffer(table string, columns ...string) *Buffer {
	quoted := make([]string, len(columns))
	for i, column := range columns {
		quoted[i] = pgx.Identifier{column}.Sanitize()
	}
	sql := fmt.Sprintf("COPY %s (%s) FROM STDIN BINARY", pgx.Identifier{table}.Sanitize(), strings.Join(quoted, ", "))
	return &Buffer{columns: uint16(len(columns)), sql: sql, table: table}
}

// Rows returns how many rows wait to be sent.
func (b *Buffer) Rows() int { return b.rows }

// Send copies the rows into the table and empties the buffer, which keeps its memory. Nothing is sent if there are none.
func (b *Buffer) Send(ctx context.Context, conn *pgconn.PgConn) error {
	if b.rows == 0 {
		return nil
	}
	b.data = append(b.data, trailer...)
	_, err := conn.CopyFrom(ctx, bytes.NewReader(b.data), b.sql)
	b.data, b.rows = b.data[:0], 0
	if err != nil {
		return fmt.Errorf("%s: %w", b.sql, err)
	}
	return nil
}

// Table returns the table's name.
func (b *Buffer) Table() string { return b.table }

// Row starts a row.
func (b *Buffer) Row() {
	if b.rows == 0 {
		b.data = append(b.data[:0], header...)
	}
	b.rows++
	b.data = binary.BigEndian.AppendUint16(b.data, b.columns)
}

// Bool adds a boolean.
func (b *Buffer) Bool(v bool) {
	b.length(1)
	if v {
		b.data = append(b.data, 1)
		return
	}
	b.data = append(b.data, 0)
}

// Date adds a date; the zero Date is NULL.
func (b *Buffer) Date(d civil.Date) {
	if d.IsZero() {
		b.Null()
		return
	}
	b.Int4(int32(d.DaysSince(postgresDay)))
}

// Float8 adds a double precision.
func (b *Buffer) Float8(v float64) {
	b.length(8)
	b.data = binary.BigEndian.AppendUint64(b.data, math.Float64bits(v))
}

// Int4 adds an integer.
func (b *Buffer) Int4(v int32) {
	b.length(4)
	b.data = binary.BigEndian.AppendUint32(b.data, uint32(v))
}

// Int4s adds an integer[] of one dimension.
func (b *Buffer) Int4s(values []int32) {
	const oidInt4 = 23
	dimensions := uint32(1)
	if len(values) == 0 {
		dimensions = 0
	}
	start := len(b.data)
	b.length(0) // set below
	b.data = binary.BigEndian.AppendUint32(b.data, dimensions)
	b.data = binary.BigEndian.AppendUint32(b.data, 0) // no NULLs
	b.data = binary.BigEndian.AppendUint32(b.data, oidInt4)
	if dimensions > 0 {
		b.data = binary.BigEndian.AppendUint32(b.data, uint32(len(values)))
		b.data = binary.BigEndian.AppendUint32(b.data, 1) // lower bound
	}
	for _, v := range values {
		b.Int4(v)
	}
	binary.BigEndian.PutUint32(b.data[start:], uint32(len(b.data)-start-4))
}

// Int8 adds a bigint.
func (b *Buffer) Int8(v int64) {
	b.length(8)
	b.data = binary.BigEndian.AppendUint64(b.data, uint64(v))
}

// JSONB adds a JSON text; the empty text is NULL.
func (b *Buffer) JSONB(text string) {
	const version = 1
	if text == "" {
		b.Null()
		return
	}
	b.length(len(text) + 1)
	b.data = append(b.data, version)
	b.data = append(b.data, text...)
}

// Null adds a NULL.
func (b *Buffer) Null() { b.data = append(b.data, 0xff, 0xff, 0xff, 0xff) }

// Text adds a text or character.
func (b *Buffer) Text(v string) {
	b.length(len(v))
	b.data = append(b.data, v...)
}

// TextOrNull adds a text; the empty text is NULL.
func (b *Buffer) TextOrNull(v string) {
	if v == "" {
		b.Null()
		return
	}
	b.Text(v)
}

// Time adds a timestamptz of microsecond precision; the zero Time is NULL.
func (b *Buffer) Time(t time.Time) {
	if t.IsZero() {
		b.Null()
		return
	}
	b.Int8(t.UnixMicro() - postgresEpoch.UnixMicro())
}

func (b *Buffer) length(n int) {
	b.data = binary.BigEndian.AppendUint32(b.data, uint32(n))
}
