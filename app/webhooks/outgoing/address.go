package outgoing

import (
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"code.dny.dev/ssrf"
)

// maxURLLength bounds an endpoint's address.
const maxURLLength = 2048

// hostname is a DNS name of at least two labels, of which the last has a letter first: whatever some resolvers take for a number
// (`2130706433`, `0x7f.1`, `0177.0.0.1`) is none.
var hostname = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)

// checkURL returns the rule that an endpoint's address breaks, or "". It is there to tell users early. What keeps requests from private
// addresses is the guard, which sees the address that is dialled.
func checkURL(text string, allowLoopback bool) string {
	if len(text) > maxURLLength {
		return "must have at most " + strconv.Itoa(maxURLLength) + " characters"
	}
	u, err := url.Parse(text)
	if err != nil {
		return "must be a URL"
	}
	loopback := allowLoopback && isLoopback(u.Hostname())
	switch {
	case u.Scheme != "https" && (u.Scheme != "http" || !loopback):
		return "must begin with https://"
	case u.Opaque != "" || u.Host == "" || u.Hostname() == "":
		return "must have a host"
	case u.User != nil:
		return "must not have a user or password"
	case strings.Contains(text, "#"):
		return "must not have a fragment"
	case strings.HasSuffix(u.Host, ":") || !validPort(u.Port()):
		return "must have a port from 1 to 65535, or none"
	case loopback:
		return ""
	}
	return checkHost(u.Hostname())
}

func validPort(text string) bool {
	if text == "" {
		return true
	}
	port, err := strconv.ParseUint(text, 10, 16)
	return err == nil && port > 0
}

// checkHost returns the rule that a host breaks, or "".
func checkHost(host string) string {
	if address, err := netip.ParseAddr(host); err == nil {
		if newGuard(false).SafeAddr(address) != nil {
			return "must have a public address, not " + host
		}
		return ""
	}
	lower := strings.ToLower(host)
	switch {
	case len(host) > 253 || !hostname.MatchString(host):
		return "must have a host that is a full domain name or a public IP address"
	case strings.HasSuffix(lower, ".localhost") || strings.HasSuffix(lower, ".local") || strings.HasSuffix(lower, ".internal"):
		return "must have a public host, not " + host
	}
	return ""
}

// isLoopback says whether a host can only be this machine.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || (err == nil && address.IsLoopback())
}

var (
	loopbackV4 = netip.MustParsePrefix("127.0.0.0/8")
	loopbackV6 = netip.MustParsePrefix("::1/128")
)

// newGuard returns what looks at every address before it is dialled. It lets through what is globally reachable by IANA's registries, and
// so neither private nor shared, link-local, metadata, multicast, mapped, translated or tunnelled addresses.
func newGuard(allowLoopback bool) *ssrf.Guardian {
	options := []ssrf.Option{ssrf.WithAnyPort()}
	if allowLoopback {
		options = append(options, ssrf.WithAllowedV4Prefixes(loopbackV4), ssrf.WithAllowedV6Prefixes(loopbackV6))
	}
	return ssrf.New(options...)
}
