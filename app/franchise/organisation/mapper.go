package organisation

import (
	"time"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
	franchisev1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/franchise/v1"
)

var royaltyBases = map[RoyaltyBase]franchisev1.RoyaltyBase{
	RoyaltyBaseGross: franchisev1.RoyaltyBase_ROYALTY_BASE_GROSS,
	RoyaltyBaseNet:   franchisev1.RoyaltyBase_ROYALTY_BASE_NET,
}

// BranchToProto shows a branch as it is at an instant.
func BranchToProto(b branch.Branch, at time.Time) *franchisev1.Branch {
	return &franchisev1.Branch{
		Id:                   b.ID,
		Name:                 b.Name,
		TimeZone:             b.TimeZone,
		ServiceTargetSeconds: int32(b.ServiceTarget / time.Second),
		OpenedOn:             b.OpenedOn.String(),
		BusinessDate:         b.BusinessDate(at).String(),
	}
}

// BranchFromProto reads what a client may set.
func BranchFromProto(p *franchisev1.Branch) (BranchSettings, error) {
	settings := BranchSettings{
		ID:            p.GetId(),
		Name:          p.GetName(),
		ServiceTarget: time.Duration(p.GetServiceTargetSeconds()) * time.Second,
		TimeZone:      p.GetTimeZone(),
	}
	if p.GetOpenedOn() != "" {
		openedOn, err := civil.ParseDate(p.GetOpenedOn())
		if err != nil {
			return BranchSettings{}, fault.Invalid("branch.opened_on", "must be a date of the form YYYY-MM-DD")
		}
		settings.OpenedOn = openedOn
	}
	return settings, nil
}

// SettingsToProto shows the settings.
func SettingsToProto(s Settings) *franchisev1.Settings {
	return &franchisev1.Settings{
		Name:             s.Name,
		Currency:         s.Currency,
		DayCutoffMinutes: int32(s.CutoffMinutes),
		RankingWeights:   WeightsToProto(s.Weights),
		WasteCapBp:       int32(s.WasteCapBP),
		RoyaltyBase:      royaltyBases[s.RoyaltyBase],
		RoyaltyRateBp:    int32(s.RoyaltyRateBP),
		RoyaltyFloor:     s.RoyaltyFloor,
		AdFundRateBp:     int32(s.AdFundRateBP),
		PromotionMode:    s.PromotionMode,
	}
}

// WeightsToProto shows ranking weights.
func WeightsToProto(w Weights) *franchisev1.RankingWeights {
	return &franchisev1.RankingWeights{Margin: w.Margin, Revenue: w.Revenue, Service: w.Service, Waste: w.Waste}
}

// ChangeFromProto reads the settings that a request sets.
func ChangeFromProto(p *franchisev1.UpdateSettingsRequest) Change {
	change := Change{
		AdFundRateBP:  p.AdFundRateBp,
		CutoffMinutes: p.DayCutoffMinutes,
		Name:          p.Name,
		PromotionMode: p.PromotionMode,
		RoyaltyFloor:  p.RoyaltyFloor,
		RoyaltyRateBP: p.RoyaltyRateBp,
		WasteCapBP:    p.WasteCapBp,
	}
	if w := p.GetRankingWeights(); w != nil {
		change.Weights = &Weights{Margin: w.GetMargin(), Revenue: w.GetRevenue(), Service: w.GetService(), Waste: w.GetWaste()}
	}
	if p.RoyaltyBase != nil {
		for base, wire := range royaltyBases {
			if wire == p.GetRoyaltyBase() {
				change.RoyaltyBase = &base
			}
		}
	}
	return change
}
