package httpserver

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Proxies are the networks whose X-Forwarded-For is believed.
type Proxies []netip.Prefix

type addressKey struct{}

// WithClientAddress returns a context that carries the address that a request came from.
func WithClientAddress(ctx context.Context, address string) context.Context {
	return context.WithValue(ctx, addressKey{}, address)
}

// ClientAddress returns the address that the request of ctx came from, "" outside of one.
func ClientAddress(ctx context.Context) string {
	address, _ := ctx.Value(addressKey{}).(string)
	return address
}

func (p Proxies) trust(address string) bool {
	if len(p) == 0 {
		return false
	}
	parsed, err := netip.ParseAddr(address)
	if err != nil {
		return false
	}
	for _, prefix := range p {
		if prefix.Contains(parsed.Unmap()) {
			return true
		}
	}
	return false
}

// clientAddress walks X-Forwarded-For from its end, past the proxies that are trusted: what stands before the first
// stranger could have been written by anybody.
func (p Proxies) clientAddress(r *http.Request) string {
	address := host(r.RemoteAddr)
	if !p.trust(address) {
		return address
	}
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0; i-- {
		hop, err := netip.ParseAddr(strings.TrimSpace(hops[i]))
		if err != nil {
			return address
		}
		address = hop.Unmap().WithZone("").String() // a zone is free text
		if !p.trust(address) {
			return address
		}
	}
	return address
}

func host(remote string) string {
	parsed, err := netip.ParseAddrPort(remote)
	if err != nil {
		return remote
	}
	return parsed.Addr().Unmap().String()
}
