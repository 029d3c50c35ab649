package ids

import "go.jetify.com/typeid/v2"

// MaxLength is the most characters that an id may have.
const MaxLength = 64

// New mints an id such as `ord_01jc5x…`. It panics if prefix is not lower-case letters and underscores: prefixes are
// constants of the program.
func New(prefix string) string {
	return typeid.MustGenerate(prefix).String()
}

// Valid reports whether id matches `^[A-Za-z0-9_-]{1,64}$`, as every id does, ours and callers'.
func Valid(id string) bool {
	if id == "" || len(id) > MaxLength {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '_', c == '-':
		default:
			return false
		}
	}
	return true
}
