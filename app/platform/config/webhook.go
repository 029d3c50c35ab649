package config

// Webhook is how deliveries from the billing provider are checked.
type Webhook struct {
	Secret Secret `env:"WH_SECRET,required" minlen:"32"`
	// SignatureRequired refuses deliveries without a valid signature.
	SignatureRequired bool `env:"WH_SIGNATURE_REQUIRED" envDefault:"true"`
	// TimestampTolerance is how far a delivery's clock may be from ours.
	TimestampTolerance Seconds `env:"WH_TIMESTAMP_TOLERANCE" envDefault:"300" min:"1" max:"86400"`
}
