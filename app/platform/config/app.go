package config

// Environment is how strict the process is about its settings.
type Environment string

// The environments. Production demands an encrypted, password-protected Valkey.
const (
	Development Environment = "development"
	Production  Environment = "production"
	Staging     Environment = "staging"
)

// App is the process as a whole.
type App struct {
	Env Environment `env:"APP_ENV" envDefault:"production" oneof:"production staging development"`
}
