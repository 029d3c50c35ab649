package config

// Limits is how many calls a minute an organisation may make, by plan.
type Limits struct {
	Enterprise int `env:"PLAN_LIMIT_ENT" envDefault:"240" min:"1"`
	Free       int `env:"PLAN_LIMIT_FREE" envDefault:"10" min:"1"`
	Pro        int `env:"PLAN_LIMIT_PRO" envDefault:"60" min:"1"`
}
