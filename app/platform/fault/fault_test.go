package fault_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/fault"
)

func TestError(t *testing.T) {
	t.Parallel()

	t.Run("MatchesByKindAndReasonThroughWrapping", func(t *testing.T) {
		t.Parallel()
		declared := fault.FailedPrecondition("ORDER_CLOSED", "the order is closed")
		err := fmt.Errorf("close order: %w", declared.With("order_id", "ord_1"))

		require.ErrorIs(t, err, declared)
		require.NotErrorIs(t, err, fault.FailedPrecondition("ORDER_VOIDED", "the order is closed"))
		require.NotErrorIs(t, err, fault.Aborted("ORDER_CLOSED", "the order is closed"))

		var got *fault.Error
		require.ErrorAs(t, err, &got)
		require.Equal(t, map[string]string{"order_id": "ord_1"}, got.Metadata)
	})

	t.Run("WithMethodsLeaveTheDeclaredErrorAlone", func(t *testing.T) {
		t.Parallel()
		declared := fault.Invalid("quantity", "must be greater than 0").With("a", "1")
		other := declared.With("b", "2").And("price", "must not be negative").WithReason("BAD_LINE").WithCause(errors.New("x"))

		require.Equal(t, map[string]string{"a": "1"}, declared.Metadata)
		require.Equal(t, fault.ReasonInvalidArgument, declared.Reason)
		require.Len(t, declared.Violations, 1)
		require.NoError(t, declared.Unwrap())
		require.Equal(t, map[string]string{"a": "1", "b": "2"}, other.Metadata)
		require.Len(t, other.Violations, 2)
	})

	t.Run("CauseIsInTheTextForTheLogButNotInTheMessage", func(t *testing.T) {
		t.Parallel()
		cause := errors.New("dial tcp: refused")
		err := fault.Unavailable("DATABASE_UNAVAILABLE", "database is unavailable").WithCause(cause)

		require.ErrorIs(t, err, cause)
		require.Equal(t, "database is unavailable", err.Message)
		require.EqualError(t, err, "database is unavailable: dial tcp: refused")
	})
}

func TestInvalid(t *testing.T) {
	t.Parallel()

	t.Run("NamesEveryField", func(t *testing.T) {
		t.Parallel()
		err := fault.Invalid("start_date", "must be a date").And("end_date", "must not be before start_date")
		require.EqualError(t, err, "start_date: must be a date; end_date: must not be before start_date")
		require.Equal(t, "start_date", err.Field())
	})

	t.Run("LeavesOutAnEmptyPath", func(t *testing.T) {
		t.Parallel()
		require.EqualError(t, fault.Invalid("", "must not be empty"), "must not be empty")
	})
}

func TestNotFound(t *testing.T) {
	t.Parallel()
	err := fault.NotFound("purchase order", "po_1")
	require.Equal(t, "PURCHASE_ORDER_NOT_FOUND", err.Reason)
	require.EqualError(t, err, `purchase order "po_1" not found`)
	require.Empty(t, err.Field())
}

func TestResourceExhausted(t *testing.T) {
	t.Parallel()
	require.Equal(t, 3*time.Second, fault.ResourceExhausted("RATE_LIMITED", "too many calls", 3*time.Second).RetryAfter)
}
