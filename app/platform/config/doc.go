// Package config reads the settings of the process from its environment: one typed section per concern, each field naming its
// variable, default and bounds in its tags. Loading reports every problem at once, by variable and rule. Secrets print masked.
package config
