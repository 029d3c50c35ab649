package outgoing

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	good := []string{
		"https://example.com", "https://example.com/hooks?team=1", "https://hooks.example.co.ug:8443/a", "https://1.1.1.1/x", "https://[2606:4700::1111]/x",
		"HTTPS://Example.Com/", "https://xn--bcher-kva.example/",
	}
	for _, text := range good {
		require.Empty(t, checkURL(text, false), text)
	}

	bad := map[string]string{
		"http://example.com":                            "must begin with https://",
		"ftp://example.com":                             "must begin with https://",
		"example.com/hook":                              "must begin with https://",
		"":                                              "must begin with https://",
		"https:":                                        "must have a host",
		"https:example.com":                             "must have a host",
		"https://":                                      "must have a host",
		"https:///path":                                 "must have a host",
		"https://:443/":                                 "must have a host",
		"https://user:pw@example.com":                   "must not have a user or password",
		"https://user@example.com":                      "must not have a user or password",
		"https://example.com/#part":                     "must not have a fragment",
		"https://example.com/#":                         "must not have a fragment",
		"https://example.com:0/":                        "must have a port from 1 to 65535",
		"https://example.com:65536/":                    "must have a port from 1 to 65535",
		"https://example.com:/":                         "must have a port from 1 to 65535",
		"https://example.com:x/":                        "must be a URL",
		"https://exa mple.com/":                         "must be a URL",
		"https://example.com/\x00":                      "must be a URL",
		"https://localhost/":                            "full domain name",
		"https://metadata/":                             "full domain name",
		"https://example.com./":                         "full domain name",
		"https://-a.example.com/":                       "full domain name",
		"https://a_b.example.com/":                      "full domain name",
		"https://bücher.example/":                       "full domain name",
		"https://2130706433/":                           "full domain name",
		"https://0x7f000001/":                           "full domain name",
		"https://0x7f.1/":                               "full domain name",
		"https://0177.0.0.1/":                           "full domain name",
		"https://127.1/":                                "full domain name",
		"https://" + strings.Repeat("a.", 130) + "com/": "full domain name",
		"https://sub.localhost/":                        "must have a public host",
		"https://printer.local/":                        "must have a public host",
		"https://metadata.google.internal/":             "must have a public host",
		"https://127.0.0.1/":                            "must have a public address",
		"https://10.0.0.1/":                             "must have a public address",
		"https://169.254.169.254/latest/meta-data":      "must have a public address",
		"https://[::1]/":                                "must have a public address",
		"https://[::ffff:127.0.0.1]/":                   "must have a public address",
		"https://[fd00:ec2::254]/":                      "must have a public address",
		"https://[fe80::1%25eth0]/":                     "must have a public address",
		"https://example.com/" + strings.Repeat("a", maxURLLength): "must have at most 2048 characters",
	}
	for text, rule := range bad {
		require.Contains(t, checkURL(text, false), rule, text)
	}

	t.Run("DevelopmentPermitsLoopbackAndNothingElse", func(t *testing.T) {
		t.Parallel()
		for _, text := range []string{"http://127.0.0.1:8080/x", "http://localhost:1/", "http://[::1]/", "https://localhost/"} {
			require.Empty(t, checkURL(text, true), text)
			require.NotEmpty(t, checkURL(text, false), text)
		}
		for _, text := range []string{"http://example.com/", "http://10.0.0.1/", "https://10.0.0.1/", "https://169.254.169.254/", "http://localhost:0/", "http://u@localhost/"} {
			require.NotEmpty(t, checkURL(text, true), text)
		}
	})
}

func FuzzCheckURL(f *testing.F) {
	for _, seed := range []string{"https://example.com", "https://[::ffff:10.0.0.1]/", "https://u:p@a.b:0/#", "https://0x7f.1", "http://localhost"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if checkURL(text, false) != "" {
			return
		}
		u, err := url.Parse(text)
		require.NoError(t, err)
		require.Equal(t, "https", u.Scheme)
		require.NotEmpty(t, u.Hostname())
		require.Nil(t, u.User)
		require.Empty(t, u.Fragment)
		if address, err := netip.ParseAddr(u.Hostname()); err == nil {
			require.NoError(t, newGuard(false).SafeAddr(address))
		}
	})
}

func TestGuard(t *testing.T) {
	t.Parallel()
	refused := map[string]string{
		"this network": "0.0.0.0", "private A": "10.1.2.3", "shared": "100.64.0.1", "loopback": "127.0.0.1", "loopback, not .1": "127.8.8.8",
		"link-local": "169.254.0.1", "metadata": "169.254.169.254", "private B": "172.16.0.1", "private B, last": "172.31.255.255",
		"protocol assignments": "192.0.0.1", "documentation": "192.0.2.1", "private C": "192.168.1.1", "benchmarks": "198.18.0.1",
		"multicast": "224.0.0.1", "reserved": "240.0.0.1", "broadcast": "255.255.255.255",
		"unspecified v6": "::", "loopback v6": "::1", "mapped loopback": "::ffff:127.0.0.1", "mapped private": "::ffff:10.0.0.1", "mapped public": "::ffff:1.1.1.1",
		"compatible": "::7f00:1", "NAT64 loopback": "64:ff9b::7f00:1", "NAT64 private": "64:ff9b::a00:1", "local NAT64": "64:ff9b:1::1", "6to4 private": "2002:a00:1::1",
		"Teredo": "2001::1", "unique local": "fc00::1", "metadata v6": "fd00:ec2::254", "link-local v6": "fe80::1", "link-local with zone": "fe80::1%eth0",
		"public with zone": "2606:4700::1111%eth0", "multicast v6": "ff02::1", "documentation v6": "2001:db8::1", "discard": "100::1",
	}
	for name, address := range refused {
		require.Error(t, newGuard(false).SafeAddr(netip.MustParseAddr(address)), name)
		if a := netip.MustParseAddr(address); !a.IsLoopback() || a.Is4In6() {
			require.Error(t, newGuard(true).SafeAddr(a), "%s, in development", name)
		}
	}
	for _, address := range []string{"1.1.1.1", "8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111"} {
		require.NoError(t, newGuard(false).SafeAddr(netip.MustParseAddr(address)), address)
	}
	for _, address := range []string{"127.0.0.1", "127.1.2.3", "::1"} {
		require.NoError(t, newGuard(true).SafeAddr(netip.MustParseAddr(address)), address)
	}
}
