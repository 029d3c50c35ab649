package civil_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/platform/civil"
)

const fourOClock = 4 * 60

func location(t require.TestingT, name string) *time.Location {
	loc, err := time.LoadLocation(name)
	require.NoError(t, err)
	return loc
}

func instant(t require.TestingT, s string) time.Time {
	at, err := time.Parse(time.RFC3339, s)
	require.NoError(t, err)
	return at.UTC()
}

func date(t require.TestingT, s string) civil.Date {
	d, err := civil.ParseDate(s)
	require.NoError(t, err)
	return d
}

func TestBusinessDate(t *testing.T) {
	t.Parallel()
	cases := map[string]struct{ instant, zone, want string }{
		"Kampala, late evening":                      {"2024-11-08T23:30:00Z", "Africa/Kampala", "2024-11-08"},
		"Kampala, the last second before the cutoff": {"2024-11-09T00:59:59Z", "Africa/Kampala", "2024-11-08"},
		"Kampala, at the cutoff":                     {"2024-11-09T01:00:00Z", "Africa/Kampala", "2024-11-09"},
		"New York, the day before clocks go back":    {"2024-11-03T08:59:59Z", "America/New_York", "2024-11-02"},
		"New York, at the cutoff after going back":   {"2024-11-03T09:00:00Z", "America/New_York", "2024-11-03"},
		"New York, the day before clocks go forward": {"2024-03-10T07:59:59Z", "America/New_York", "2024-03-09"},
		"New York, at the cutoff after going ahead":  {"2024-03-10T08:00:00Z", "America/New_York", "2024-03-10"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, civil.BusinessDate(instant(t, tc.instant), location(t, tc.zone), fourOClock).String())
		})
	}

	t.Run("WithoutACutoffIsTheLocalDate", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, "2024-11-09", civil.BusinessDate(instant(t, "2024-11-08T21:00:00Z"), location(t, "Africa/Kampala"), 0).String())
	})
}

func TestSpan(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		date, zone, from, to string
		cutoff               int
		length               time.Duration
	}{
		"Kampala": {
			date: "2024-11-08", zone: "Africa/Kampala", cutoff: fourOClock,
			from: "2024-11-08T01:00:00Z", to: "2024-11-09T01:00:00Z", length: 24 * time.Hour,
		},
		"New York, clocks go back": {
			date: "2024-11-02", zone: "America/New_York", cutoff: fourOClock,
			from: "2024-11-02T08:00:00Z", to: "2024-11-03T09:00:00Z", length: 25 * time.Hour,
		},
		"New York, clocks go forward": {
			date: "2024-03-09", zone: "America/New_York", cutoff: fourOClock,
			from: "2024-03-09T09:00:00Z", to: "2024-03-10T08:00:00Z", length: 23 * time.Hour,
		},
		"New York, clocks jump over the cutoff": {
			date: "2024-03-10", zone: "America/New_York", cutoff: 2*60 + 30,
			from: "2024-03-10T07:00:00Z", to: "2024-03-11T06:30:00Z", length: 23*time.Hour + 30*time.Minute,
		},
		"New York, clocks show the cutoff twice": {
			date: "2024-11-03", zone: "America/New_York", cutoff: 60 + 30,
			from: "2024-11-03T06:30:00Z", to: "2024-11-04T06:30:00Z", length: 24 * time.Hour,
		},
		"Apia, the date that never was": {
			date: "2011-12-30", zone: "Pacific/Apia", cutoff: 0,
			from: "2011-12-30T10:00:00Z", to: "2011-12-30T10:00:00Z", length: 0,
		},
		"UTC": {
			date: "2024-02-29", zone: "UTC", cutoff: 0,
			from: "2024-02-29T00:00:00Z", to: "2024-03-01T00:00:00Z", length: 24 * time.Hour,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			from, to := civil.Span(date(t, tc.date), location(t, tc.zone), tc.cutoff)
			require.Equal(t, tc.from, from.Format(time.RFC3339))
			require.Equal(t, tc.to, to.Format(time.RFC3339))
			require.Equal(t, tc.length, to.Sub(from))
		})
	}

	t.Run("HoldsTheInstantsWhoseBusinessDateItIs", func(t *testing.T) {
		t.Parallel()
		zones := []string{
			"Africa/Kampala", "America/New_York", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe", "Europe/London", "UTC",
		}
		rapid.Check(t, func(t *rapid.T) {
			loc := location(t, rapid.SampledFrom(zones).Draw(t, "zone"))
			// From four o'clock on no zone above changes its offset, so that instants and dates map one to one.
			cutoff := rapid.IntRange(fourOClock, 12*60).Draw(t, "cutoff")
			at := time.Unix(rapid.Int64Range(1_500_000_000, 1_900_000_000).Draw(t, "unix"), 0)

			d := civil.BusinessDate(at, loc, cutoff)
			from, to := civil.Span(d, loc, cutoff)
			require.False(t, at.Before(from), "%s starts at %s, after %s", d, from, at)
			require.True(t, at.Before(to), "%s ends at %s, not after %s", d, to, at)
			require.Equal(t, d, civil.BusinessDate(from, loc, cutoff))
			require.Equal(t, d.AddDays(1), civil.BusinessDate(to, loc, cutoff))
			require.Equal(t, d, civil.BusinessDate(to.Add(-1), loc, cutoff))
		})
	})
}
