package config

// Jobs is the work outside of calls.
type Jobs struct {
	// Workers is how many jobs this process does at a time; 0 leaves them to other processes.
	Workers int `env:"JOBS_WORKERS" envDefault:"2" min:"0" max:"64"`
}
