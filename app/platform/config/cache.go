package config

// Cache is how long reports are kept in Valkey. A TTL of 0 turns the cache of that report off.
type Cache struct {
	BudgetsTTL  Seconds `env:"E22_BUDGETS_TTL" envDefault:"60" min:"0" max:"86400"`
	ForecastTTL Seconds `env:"E22_FORECAST_TTL" envDefault:"300" min:"0" max:"86400"`
	OverviewTTL Seconds `env:"E22_OVERVIEW_TTL" envDefault:"15" min:"0" max:"86400"`
	// Prefix begins every key, so that environments can share a server.
	Prefix      string  `env:"CACHE_PREFIX" envDefault:"prod" pattern:"^[A-Za-z0-9_-]{1,32}$"`
	RankingsTTL Seconds `env:"E22_RANKINGS_TTL" envDefault:"30" min:"0" max:"86400"`
}
