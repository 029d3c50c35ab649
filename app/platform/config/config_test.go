package config_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/config"
)

var secret = strings.Repeat("0123456789abcdef", 4)

// required is the least that an environment must have.
func required(change map[string]string) map[string]string {
	environment := map[string]string{
		"APP_ENV": "development", "AUTH_JWT_SECRET": secret, "DATABASE_URL": "postgres://user:hunter2@db:5432/chefcloud", "WH_SECRET": secret,
	}
	maps.Copy(environment, change)
	return environment
}

func TestDefaults(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(required(nil))
	require.NoError(t, err)
	effective := map[string]config.Setting{}
	for _, s := range loaded.Effective() {
		effective[s.Name] = s
	}
	// Section 0 of the operator's checklist.
	for name, want := range map[string]string{
		"REDIS_HOST": "redis.internal", "REDIS_PORT": "6379", "REDIS_PASSWORD": "", "REDIS_DB": "0", "REDIS_TLS": "true",
		"E22_OVERVIEW_TTL": "15", "E22_RANKINGS_TTL": "30", "E22_BUDGETS_TTL": "60", "E22_FORECAST_TTL": "300", "CACHE_PREFIX": "prod",
		"WH_SIGNATURE_REQUIRED": "true", "WH_TIMESTAMP_TOLERANCE": "300",
		"PLAN_LIMIT_FREE": "10", "PLAN_LIMIT_PRO": "60", "PLAN_LIMIT_ENT": "240",
		"ADDRESS_LIMIT_PER_MIN": "1200", "INGEST_LIMIT_PER_MIN": "120",
		"SSE_RATE_LIMIT_PER_MIN": "60", "SSE_CONCURRENCY_PER_USER": "2", "SSE_HEARTBEAT_INTERVAL": "30",
		"CORS_ORIGINS": "https://app.chefcloud.io,https://admin.chefcloud.io",
		"DB_POOL_MIN":  "2", "DB_POOL_MAX": "10", "DB_STATEMENT_TIMEOUT": "30000",
		"LOG_LEVEL": "info", "ENABLE_METRICS": "true", "ENABLE_TRACING": "true",
	} {
		require.Equal(t, config.Setting{Name: name, Source: config.SourceDefault, Value: want}, effective[name])
	}
	require.Equal(t, config.SourceEnvironment, effective["WH_SECRET"].Source)
}

func TestLoadNamesEveryVariableThatBreaksARule(t *testing.T) {
	t.Parallel()
	broken := map[string]string{
		"ADDRESS_LIMIT_PER_MIN":  "0",
		"AUTH_JWT_SECRET":        "short",
		"CACHE_PREFIX":           "a:b",
		"CORS_ORIGINS":           "https://app.chefcloud.io/",
		"DATABASE_URL":           "mysql:nothing",
		"DB_POOL_MAX":            "0",
		"DB_STATEMENT_TIMEOUT":   "soon",
		"E22_OVERVIEW_TTL":       "-1",
		"ENABLE_METRICS":         "perhaps",
		"INGEST_LIMIT_PER_MIN":   "all",
		"LOG_LEVEL":              "loud",
		"REDIS_DB":               "99",
		"REDIS_PORT":             "70000",
		"SSE_RATE_LIMIT_PER_MIN": "many",
		"WH_SECRET":              strings.Repeat("x", 31),
	}
	_, err := config.Load(required(broken))
	var all *config.Error
	require.ErrorAs(t, err, &all)
	named := map[string]string{}
	for _, problem := range all.Problems {
		named[problem.Variable] = problem.Rule
	}
	for name := range broken {
		require.NotEmpty(t, named[name], "%s must be reported", name)
	}
	require.Len(t, named, len(broken))
	require.Contains(t, named["CORS_ORIGINS"], "trailing slash")
	require.NotContains(t, err.Error(), "short")
}

func TestLoadRefuses(t *testing.T) {
	t.Parallel()
	production := map[string]string{"APP_ENV": "production", "REDIS_PASSWORD": "p"}
	for name, c := range map[string]struct {
		change   map[string]string
		variable string
	}{
		"a_pool_with_more_at_rest_than_in_all":    {map[string]string{"DB_POOL_MIN": "11"}, "DB_POOL_MIN"},
		"no_database":                             {map[string]string{"DATABASE_URL": ""}, "DATABASE_URL"},
		"no_webhook_secret":                       {map[string]string{"WH_SECRET": ""}, "WH_SECRET"},
		"unsigned_webhooks_in_production":         {map[string]string{"WH_SIGNATURE_REQUIRED": "false"}, "WH_SIGNATURE_REQUIRED"},
		"no_password_for_valkey_in_production":    {map[string]string{"REDIS_PASSWORD": ""}, "REDIS_PASSWORD"},
		"cleartext_towards_valkey_in_production":  {map[string]string{"REDIS_TLS": "false"}, "REDIS_TLS"},
		"an_access_token_that_outlives_a_session": {map[string]string{"AUTH_ACCESS_TTL": "600", "AUTH_REFRESH_TTL": "60"}, "AUTH_ACCESS_TTL"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			environment := required(production)
			maps.Copy(environment, c.change)
			_, err := config.Load(environment)
			require.ErrorContains(t, err, c.variable)
		})
	}
}

func TestLoadReportsRulesOfOneVariableAndOfSeveralTogether(t *testing.T) {
	t.Parallel()
	_, err := config.Load(map[string]string{"DB_POOL_MAX": "many", "DB_POOL_MIN": "5", "REDIS_TLS": "false"})
	var all *config.Error
	require.ErrorAs(t, err, &all)
	named := map[string]string{}
	for _, problem := range all.Problems {
		require.NotContains(t, named, problem.Variable, "one problem for each variable")
		named[problem.Variable] = problem.Rule
	}
	require.Equal(t, map[string]string{
		"AUTH_JWT_SECRET": "is required",
		"DATABASE_URL":    "is required",
		"DB_POOL_MAX":     `must be a whole number (is "many")`, // and no word on DB_POOL_MIN, which can't be compared
		"REDIS_PASSWORD":  "is required when APP_ENV is production",
		"REDIS_TLS":       "must be true when APP_ENV is production",
		"WH_SECRET":       "is required",
	}, named)
}

func TestOriginsAreWhatABrowserSends(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		origins string
		ok      bool
	}{
		"one":                {"https://app.chefcloud.io", true},
		"several_with_ports": {"https://app.chefcloud.io,http://localhost:5173", true},
		"a_trailing_slash":   {"https://app.chefcloud.io,https://admin.chefcloud.io/", false},
		"a_path":             {"https://app.chefcloud.io/login", false},
		"no_scheme":          {"app.chefcloud.io", false},
		"another_scheme":     {"ftp://app.chefcloud.io", false},
		"a_user":             {"https://me@app.chefcloud.io", false},
		"any":                {"*", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(required(map[string]string{"CORS_ORIGINS": c.origins}))
			if c.ok {
				require.NoError(t, err)
				return
			}
			require.ErrorContains(t, err, "CORS_ORIGINS must list http:// or https:// origins")
		})
	}
}

func TestSecretsNeverShow(t *testing.T) {
	t.Parallel()
	loaded, err := config.Load(required(map[string]string{"REDIS_PASSWORD": "sesame"}))
	require.NoError(t, err)
	encoded, err := json.Marshal(loaded)
	require.NoError(t, err)
	for _, shown := range []string{fmt.Sprint(loaded.Effective()), fmt.Sprintf("%v", *loaded), fmt.Sprintf("%+v", *loaded), fmt.Sprintf("%#v", loaded.Auth), string(encoded)} {
		for _, hidden := range []string{secret, "hunter2", "sesame"} {
			require.NotContains(t, shown, hidden)
		}
	}
	require.Equal(t, secret, loaded.Webhook.Secret.Reveal())
}

func TestErrorsQuoteNoSecret(t *testing.T) {
	t.Parallel()
	_, err := config.Load(required(map[string]string{
		"AUTH_JWT_SECRET": "hunter2", "DATABASE_URL": "postgres://user:hunter2@db:port/chefcloud", "DB_POOL_MAX": "hundreds", "WH_SECRET": "hunter2",
	}))
	require.Error(t, err)
	require.NotContains(t, err.Error(), "hunter2")
	require.Contains(t, err.Error(), "hundreds", "other values are named")
}
