package places

import "context"

// RenewAll renews all places of a node now.
func (p *Places) RenewAll(ctx context.Context) { p.renewAll(ctx) }
