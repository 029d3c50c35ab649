package civil

import (
	"database/sql/driver"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgtype"
)

var errNull = errors.New("scan date: NULL needs a pointer")

// ScanDate implements pgtype.DateScanner. NULL scans into a *Date only.
func (d *Date) ScanDate(v pgtype.Date) error {
	if !v.Valid {
		return errNull
	}
	if v.InfinityModifier != pgtype.Finite {
		return fmt.Errorf("scan date: %v is not a day", v.InfinityModifier)
	}
	*d = DateOf(v.Time)
	return nil
}

// DateValue implements pgtype.DateValuer. The zero Date is NULL.
func (d Date) DateValue() (pgtype.Date, error) {
	if d.IsZero() {
		return pgtype.Date{}, nil
	}
	return pgtype.Date{Time: d.midnightUTC(), Valid: true}, nil
}

// Scan implements sql.Scanner.
func (d *Date) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		return errNull
	case time.Time:
		*d = DateOf(v)
		return nil
	case string:
		return d.UnmarshalText([]byte(v))
	default:
		return fmt.Errorf("scan date: can't read a %T", src)
	}
}

// Value implements driver.Valuer. The zero Date is NULL.
func (d Date) Value() (driver.Value, error) {
	if d.IsZero() {
		return nil, nil //nolint:nilnil // a nil value is how database/sql spells NULL
	}
	return d.String(), nil
}

// Scan implements sql.Scanner for text columns.
func (m *Month) Scan(src any) error {
	s, ok := src.(string)
	if !ok {
		return fmt.Errorf("scan month: can't read a %T", src)
	}
	return m.UnmarshalText([]byte(s))
}

// Value implements driver.Valuer for text columns. The zero Month is NULL.
func (m Month) Value() (driver.Value, error) {
	if m.IsZero() {
		return nil, nil //nolint:nilnil // a nil value is how database/sql spells NULL
	}
	return m.String(), nil
}
