package inventory

import (
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

var (
	errBaseUnitFixed = fault.FailedPrecondition("BASE_UNIT_FIXED", "the base unit can't change: quantities were booked in it")
	errBranchScope   = fault.PermissionDenied("BRANCH_SCOPE", "items belong to the whole organisation, and this key to one branch")
)

func wastageTaken(id string) error {
	return fault.AlreadyExists("WASTAGE_ID_TAKEN", "wastage "+id+" exists with other content")
}

// earliest is before anything that is still on a shelf; what is older is a mistyped year.
var earliest = time.Date(2000, time.January, 1, 0, 0, 0, 0, time.UTC)

// checkInstant refuses an instant in the future or too long ago.
func checkInstant(field string, at, now time.Time) error {
	if at.After(now) {
		return fault.Invalid(field, "must not be in the future")
	}
	if at.Before(earliest) {
		return fault.Invalid(field, "must not be before "+earliest.Format(time.DateOnly))
	}
	return nil
}
