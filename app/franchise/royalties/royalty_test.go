package royalties_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/franchise/daysales"
	"github.com/chefcloud/chefcloud/app/franchise/organisation"
	"github.com/chefcloud/chefcloud/app/franchise/royalties"
)

func TestOwed(t *testing.T) {
	t.Parallel()
	day := daysales.Figures{Comps: 8_000, Discounts: 2_400, Gross: 75_000, Refunds: 5_000}
	settings := organisation.Settings{AdFundRateBP: 200, RoyaltyBase: organisation.RoyaltyBaseNet, RoyaltyRateBP: 500}
	with := func(change func(*organisation.Settings)) organisation.Settings {
		changed := settings
		change(&changed)
		return changed
	}
	cases := map[string]struct {
		figures  daysales.Figures
		settings organisation.Settings
		want     royalties.Royalty
	}{
		"the worked day": {day, settings, royalties.Royalty{AdFund: 1_192, Base: 59_600, Royalty: 2_980}},
		"of gross sales": {
			day, with(func(s *organisation.Settings) { s.RoyaltyBase = organisation.RoyaltyBaseGross }),
			royalties.Royalty{AdFund: 1_500, Base: 75_000, Royalty: 3_750},
		},
		"at least the floor": {
			day, with(func(s *organisation.Settings) { s.RoyaltyFloor = 2_981 }),
			royalties.Royalty{AdFund: 1_192, Base: 59_600, FloorApplied: true, Royalty: 2_981},
		},
		"the floor itself is not a floor applied": {
			day, with(func(s *organisation.Settings) { s.RoyaltyFloor = 2_980 }),
			royalties.Royalty{AdFund: 1_192, Base: 59_600, Royalty: 2_980},
		},
		"nothing of a loss": {daysales.Figures{Refunds: 5_000}, settings, royalties.Royalty{Base: -5_000}},
		"the floor of a loss": {
			daysales.Figures{Refunds: 5_000}, with(func(s *organisation.Settings) { s.RoyaltyFloor = 100 }),
			royalties.Royalty{Base: -5_000, FloorApplied: true, Royalty: 100},
		},
		"half a unit rounds up": {daysales.Figures{Gross: 10}, settings, royalties.Royalty{Base: 10, Royalty: 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, tc.want, royalties.Owed(tc.figures, tc.settings))
		})
	}
}
