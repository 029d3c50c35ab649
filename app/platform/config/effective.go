package config

import (
	"fmt"
	"reflect"
	"strings"
)

// Sources of a setting.
const (
	SourceDefault     = "default"
	SourceEnvironment = "environment"
)

// Setting is one variable as it is in force.
type Setting struct {
	Name string
	// Source is SourceDefault or SourceEnvironment.
	Source string
	// Value is masked if it is secret.
	Value string
}

// Effective lists every variable, section by section.
func (c *Config) Effective() []Setting {
	var settings []Setting
	for _, section := range c.sections() {
		value := reflect.ValueOf(section).Elem()
		for i := range value.NumField() {
			setting := Setting{Name: variable(value.Type().Field(i)), Source: SourceDefault, Value: text(value.Field(i))}
			if c.given[setting.Name] {
				setting.Source = SourceEnvironment
			}
			settings = append(settings, setting)
		}
	}
	return settings
}

// text writes a value as its variable would hold it, secrets apart.
func text(value reflect.Value) string {
	if value.Kind() != reflect.Slice {
		return fmt.Sprint(value.Interface())
	}
	elements := make([]string, value.Len())
	for i := range elements {
		elements[i] = fmt.Sprint(value.Index(i).Interface())
	}
	return strings.Join(elements, ",")
}
