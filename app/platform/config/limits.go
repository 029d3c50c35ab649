package config

// Limits is how many calls are admitted in any 60 seconds, over all nodes.
type Limits struct {
	// Address is for calls without valid credentials, by client address.
	Address int `env:"ADDRESS_LIMIT_PER_MIN" envDefault:"1200" min:"1"`
	// Enterprise, Free and Pro are for each user and API key, by their organisation's plan.
	Enterprise int `env:"PLAN_LIMIT_ENT" envDefault:"240" min:"1"`
	Free       int `env:"PLAN_LIMIT_FREE" envDefault:"10" min:"1"`
	// Ingest is for each terminal's batches of orders, which its plan's limit leaves out.
	Ingest int `env:"INGEST_LIMIT_PER_MIN" envDefault:"120" min:"1"`
	Pro    int `env:"PLAN_LIMIT_PRO" envDefault:"60" min:"1"`
}
