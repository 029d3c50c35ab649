package billing

import (
	"net/url"
	"strings"
	"time"
	"unicode"
)

const (
	maxText = 200
	maxURL  = 2000
	// The years that a time may be in. What is beyond the last can't be shown, and is no date that anyone means.
	firstYear, lastYear = 1970, 2999
)

// TimeInRange reports whether a time that a provider names is one that can be meant.
func TimeInRange(t time.Time) bool {
	year := t.UTC().Year()
	return year >= firstYear && year <= lastYear
}

// checkTime refuses a time that can't be meant; the zero time is one that isn't known.
func checkTime(field string, t time.Time) error {
	if !t.IsZero() && !TimeInRange(t) {
		return bad(field, "must be in the years 1970 to 2999")
	}
	return nil
}

// checkText refuses text that the database or a list can't hold.
func checkText(field, text string) error {
	if len(text) > maxText || strings.ContainsFunc(text, unicode.IsControl) {
		return bad(field, "must be at most 200 bytes, without control characters")
	}
	return nil
}

// checkURL refuses an address that a browser wouldn't open as a page, since owners are shown it as a link.
func checkURL(field, text string) error {
	if text == "" {
		return nil
	}
	address, err := url.Parse(text)
	if err != nil || len(text) > maxURL || address.Host == "" || address.Scheme != "https" && address.Scheme != "http" {
		return bad(field, "must be a URL of http or https, of at most 2000 bytes")
	}
	return nil
}
