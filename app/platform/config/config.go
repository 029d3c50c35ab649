package config

import (
	"fmt"
	"maps"
	"strings"
)

// Config is the settings of the process. It holds no pointers and is safe to copy.
type Config struct {
	App           App
	Auth          Auth
	Cache         Cache
	CORS          CORS
	Database      Database
	HTTP          HTTP
	Jobs          Jobs
	Limits        Limits
	Observability Observability
	Outgoing      Outgoing
	Redis         Redis
	SSE           SSE
	Webhook       Webhook

	// given names the variables that the environment set.
	given map[string]bool
}

// Problem is a variable that breaks a rule.
type Problem struct {
	// Variable is the name, as in `DB_POOL_MAX`.
	Variable string
	// Rule says what the value must be, and what it is unless it is secret.
	Rule string
}

// Error lists everything that is wrong with the environment.
type Error struct {
	Problems []Problem
}

// Error returns one line per problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = fmt.Sprintf("%s %s", p.Variable, p.Rule)
	}
	return "invalid configuration:\n  " + strings.Join(lines, "\n  ")
}

// Load reads the settings from an environment, `env.ToMap(os.Environ())` in production. An empty variable counts as absent.
// The error is an *Error that lists all problems.
func Load(environment map[string]string) (*Config, error) {
	environment = maps.Clone(environment)
	maps.DeleteFunc(environment, func(_, value string) bool { return value == "" })
	cfg := &Config{given: make(map[string]bool, len(environment))}
	for name := range environment {
		cfg.given[name] = true
	}
	var problems []Problem
	for _, section := range cfg.sections() {
		problems = append(problems, parse(section, environment)...)
	}
	problems = append(problems, cfg.compare(problems)...)
	if len(problems) > 0 {
		return nil, &Error{Problems: problems}
	}
	return cfg, nil
}

// sections lists the settings in the order in which they are reported.
func (c *Config) sections() []any {
	return []any{
		&c.App, &c.HTTP, &c.Database, &c.Redis, &c.Cache, &c.Auth, &c.Jobs, &c.Limits, &c.SSE, &c.Webhook, &c.Outgoing, &c.CORS, &c.Observability,
	}
}

// compare checks the rules that span several variables, apart from those with a variable that already has a problem: beside
// a value that couldn't be read they would only confuse.
func (c *Config) compare(found []Problem) []Problem {
	failed := make(map[string]bool, len(found))
	for _, p := range found {
		failed[p.Variable] = true
	}
	production := c.App.Env == Production
	var problems []Problem
	for _, rule := range []struct {
		broken          bool
		variable, other string
		text            string
	}{
		{
			c.Database.PoolMin > c.Database.PoolMax, "DB_POOL_MIN", "DB_POOL_MAX",
			fmt.Sprintf("must not exceed DB_POOL_MAX (%d > %d)", c.Database.PoolMin, c.Database.PoolMax),
		},
		{
			c.Auth.AccessTTL >= c.Auth.RefreshTTL, "AUTH_ACCESS_TTL", "AUTH_REFRESH_TTL",
			fmt.Sprintf("must be less than AUTH_REFRESH_TTL (%d >= %d)", c.Auth.AccessTTL, c.Auth.RefreshTTL),
		},
		{production && c.Redis.Password == "", "REDIS_PASSWORD", "APP_ENV", "is required when APP_ENV is production"},
		{production && !c.Redis.TLS, "REDIS_TLS", "APP_ENV", "must be true when APP_ENV is production"},
		{c.Webhook.previousTooShort(), "WH_SECRET_PREVIOUS", "WH_SECRET", "must be secrets of at least 32 characters, comma-separated"},
		{malformed(c.Webhook.Secrets()[:1]), "WH_SECRET", "WH_SECRET", "must be base64 after " + StandardPrefix},
		{malformed(c.Webhook.Secrets()[1:]), "WH_SECRET_PREVIOUS", "WH_SECRET_PREVIOUS", "must be base64 after " + StandardPrefix},
		{production && c.Outgoing.AllowLoopback, "WEBHOOKS_ALLOW_LOOPBACK", "APP_ENV", "must be false when APP_ENV is production"},
		{production && !c.Webhook.SignatureRequired, "WH_SIGNATURE_REQUIRED", "APP_ENV", "must be true when APP_ENV is production"},
	} {
		if rule.broken && !failed[rule.variable] && !failed[rule.other] {
			problems = append(problems, Problem{rule.variable, rule.text})
		}
	}
	return problems
}
