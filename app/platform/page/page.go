package page

import (
	"encoding/base64"
	"encoding/json"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// DefaultSize is the number of rows of a page when the caller asks for none.
const DefaultSize = 100

// Size returns the wanted number of rows, DefaultSize for 0. The upper bound is a rule of the proto files.
func Size(wanted int32) int32 {
	if wanted <= 0 {
		return DefaultSize
	}
	return wanted
}

// Encode returns the token of the page after the row that cursor stands for.
func Encode[C any](cursor C) string {
	encoded, err := json.Marshal(cursor)
	if err != nil {
		panic("page: " + err.Error()) // a cursor is a struct of plain fields
	}
	return base64.RawURLEncoding.EncodeToString(encoded)
}

// Decode returns the cursor of a token, first for the empty token. Any other text is invalid_argument on page_token.
func Decode[C any](token string, first C) (C, error) {
	if token == "" {
		return first, nil
	}
	var cursor C
	encoded, err := base64.RawURLEncoding.DecodeString(token)
	if err == nil {
		err = json.Unmarshal(encoded, &cursor)
	}
	if err != nil {
		return cursor, fault.Invalid("page_token", "must be the next_page_token of the page before")
	}
	return cursor, nil
}

// Cut returns the rows of a page and the token of the next, from up to one row more than the page has room for.
func Cut[Row, C any](rows []Row, size int32, cursorOf func(Row) C) ([]Row, string) {
	if len(rows) <= int(size) {
		return rows, ""
	}
	rows = rows[:size]
	return rows, Encode(cursorOf(rows[size-1]))
}
