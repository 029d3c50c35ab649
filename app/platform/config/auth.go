package config

// Auth is how people and terminals sign in.
type Auth struct {
	// AccessTTL is how long an access token is good for.
	AccessTTL Seconds `env:"AUTH_ACCESS_TTL" envDefault:"900" min:"10" max:"86400"`
	// JWTSecret signs access tokens.
	JWTSecret Secret `env:"AUTH_JWT_SECRET,required" minlen:"32"`
	// LoginMaxPerAccount is how many failed logins an account takes within LoginWindow before it must wait.
	LoginMaxPerAccount int `env:"AUTH_LOGIN_MAX_PER_ACCOUNT" envDefault:"10" min:"1"`
	// LoginMaxPerAddress is how many failed logins a network address may cause within LoginWindow, over all accounts.
	LoginMaxPerAddress int `env:"AUTH_LOGIN_MAX_PER_ADDRESS" envDefault:"100" min:"1"`
	// LoginWindow is the time over which failed logins are counted.
	LoginWindow Seconds `env:"AUTH_LOGIN_WINDOW" envDefault:"900" min:"1" max:"86400"`
	// RefreshTTL is how long a session lasts without a refresh.
	RefreshTTL Seconds `env:"AUTH_REFRESH_TTL" envDefault:"2592000" min:"60" max:"31536000"`
}
