package kpi

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain fails if a stream, a hub or a connection leaves a goroutine behind.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
