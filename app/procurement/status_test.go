package procurement

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/fault"
)

var (
	noon  = time.Date(2024, time.November, 8, 9, 0, 0, 0, time.UTC)
	owner = caller.Caller{Kind: caller.KindUser, Role: caller.RoleOwner, UserID: "usr_owner"}
)

// allStatuses are the states of a purchase order; the mapper's table has each of them.
func allStatuses() []Status {
	var statuses []Status
	for status := range statusToProto {
		statuses = append(statuses, status)
	}
	slices.Sort(statuses)
	return statuses
}

// actions are all the ways in which somebody can ask for a change of state.
var actions = map[string]struct {
	do   func(*Order) error
	from []Status
	to   Status
}{
	"submit":  {func(o *Order) error { return o.Submit(noon) }, []Status{StatusDraft}, StatusSubmitted},
	"approve": {func(o *Order) error { return o.Approve(owner, nil, noon) }, []Status{StatusSubmitted}, StatusApproved},
	"place":   {func(o *Order) error { return o.Place(noon) }, []Status{StatusApproved}, StatusPlaced},
	"cancel": {
		func(o *Order) error { return o.Cancel("late", noon) },
		[]Status{StatusDraft, StatusSubmitted, StatusApproved, StatusPlaced}, StatusCancelled,
	},
	"close": {func(o *Order) error { return o.CloseShort(noon) }, []Status{StatusPartiallyReceived}, StatusClosedShort},
}

func TestEveryActionInEveryState(t *testing.T) {
	t.Parallel()
	for name, action := range actions {
		for _, from := range allStatuses() {
			t.Run(name+" "+string(from), func(t *testing.T) {
				t.Parallel()
				o := &Order{ID: "PO_1", Status: from}
				err := action.do(o)
				if slices.Contains(action.from, from) {
					require.NoError(t, err)
					require.Equal(t, action.to, o.Status)
					return
				}
				var refusal *fault.Error
				require.ErrorAs(t, err, &refusal)
				require.Equal(t, fault.KindFailedPrecondition, refusal.Kind)
				require.Equal(t, "PO_TRANSITION", refusal.Reason)
				require.Contains(t, refusal.Message, string(from))
				require.Contains(t, refusal.Message, string(action.to))
				require.Equal(t, &Order{ID: "PO_1", Status: from}, o, "a refused action changes nothing")
			})
		}
	}
}

func TestTransitionsArePossibleExactlyAsListed(t *testing.T) {
	t.Parallel()
	allowed := map[[2]Status]bool{
		{StatusDraft, StatusSubmitted}:               true,
		{StatusDraft, StatusCancelled}:               true,
		{StatusSubmitted, StatusApproved}:            true,
		{StatusSubmitted, StatusCancelled}:           true,
		{StatusApproved, StatusPlaced}:               true,
		{StatusApproved, StatusCancelled}:            true,
		{StatusPlaced, StatusPartiallyReceived}:      true,
		{StatusPlaced, StatusReceived}:               true,
		{StatusPlaced, StatusCancelled}:              true,
		{StatusPartiallyReceived, StatusReceived}:    true,
		{StatusPartiallyReceived, StatusClosedShort}: true,
	}
	for _, from := range allStatuses() {
		for _, to := range allStatuses() {
			require.Equal(t, allowed[[2]Status{from, to}], checkTransition(from, to) == nil, "%s to %s", from, to)
		}
	}
}

func TestApprove(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		role    caller.Role
		author  bool
		allowed bool
	}{
		"a manager approves another's":      {caller.RoleManager, false, true},
		"a manager can't approve their own": {caller.RoleManager, true, false},
		"an owner approves another's":       {caller.RoleOwner, false, true},
		"an owner approves their own":       {caller.RoleOwner, true, true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := caller.Caller{Kind: caller.KindUser, Role: tc.role, UserID: "usr_1"}
			authors := []string{"usr_2", ""}
			if tc.author {
				authors[1] = c.UserID
			}
			err := (&Order{Status: StatusSubmitted}).Approve(c, authors, noon)
			require.Equal(t, tc.allowed, err == nil)
			require.Equal(t, !tc.allowed, errors.Is(err, errSelfApproval))
		})
	}
}
