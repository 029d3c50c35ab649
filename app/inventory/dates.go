package inventory

import (
	"fmt"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

// maxDays is the longest range of business dates.
const maxDays = 400

// Dates is a range of business dates, both included. The zero value is no range.
type Dates struct{ From, To civil.Date }

// datesFromProto reads a range of at most maxDays.
func datesFromProto(start, end string) (Dates, error) {
	var d Dates
	var err error
	if d.From, err = civil.ParseDate(start); err != nil {
		return d, fault.Invalid("start_date", "must be a date of the form YYYY-MM-DD")
	}
	if d.To, err = civil.ParseDate(end); err != nil {
		return d, fault.Invalid("end_date", "must be a date of the form YYYY-MM-DD")
	}
	if days := d.To.DaysSince(d.From) + 1; days < 1 || days > maxDays {
		return d, fault.Invalid("end_date", fmt.Sprintf("must be from start_date to %d days later", maxDays-1))
	}
	return d, nil
}
