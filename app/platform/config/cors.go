package config

import (
	"errors"
	"net/url"
)

// CORS is which web pages may call the API from a browser.
type CORS struct {
	Origins []Origin `env:"CORS_ORIGINS" envDefault:"https://app.chefcloud.io,https://admin.chefcloud.io"`
}

// Origin is a scheme and a host, `https://app.chefcloud.io`, as a browser sends it.
type Origin string

var errOrigin = errors.New("must list http:// or https:// origins, comma-separated, without paths or trailing slashes")

// UnmarshalText accepts exactly what a browser would send as Origin: anything else would be configured and never match.
func (o *Origin) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || u.Scheme+"://"+u.Host != string(text) {
		return errOrigin
	}
	*o = Origin(text)
	return nil
}
