// Package reconciliation recomputes rollups and stock from their raw rows and says where they differ. They never should.
package reconciliation
