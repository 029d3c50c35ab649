package config

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/caarlos0/env/v11"
)

// parse fills a section, a pointer to a struct, and returns what is wrong with its variables.
func parse(section any, environment map[string]string) []Problem {
	var problems []Problem
	failed := map[string]bool{}
	err := env.ParseWithOptions(section, env.Options{Environment: environment})
	var all env.AggregateError
	if err != nil && !errors.As(err, &all) {
		panic(fmt.Sprintf("config: %T: %v", section, err))
	}
	for _, err := range all.Errors {
		problem := describe(section, environment, err)
		failed[problem.Variable] = true
		problems = append(problems, problem)
	}
	value := reflect.ValueOf(section).Elem()
	for i := range value.NumField() {
		field := value.Type().Field(i)
		if name := variable(field); !failed[name] && environment[name] != "" {
			if rule := broken(field.Tag, value.Field(i)); rule != "" {
				problems = append(problems, Problem{name, rule + quote(value.Field(i).Type(), environment[name])})
			}
		}
	}
	return problems
}

// variable returns the name of the variable that a field is read from.
func variable(field reflect.StructField) string {
	name, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return name
}

// describe words an error of the parser by variable and rule; the parser speaks of Go fields and types.
func describe(section any, environment map[string]string, err error) Problem {
	var missing env.VarIsNotSetError
	if errors.As(err, &missing) {
		return Problem{missing.Key, "is required"}
	}
	var unread env.ParseError
	if !errors.As(err, &unread) {
		panic(fmt.Sprintf("config: %T: %v", section, err))
	}
	field, _ := reflect.TypeOf(section).Elem().FieldByName(unread.Name)
	name := variable(field)
	var rule string
	switch {
	case errors.Is(err, errOrigin):
		rule = errOrigin.Error()
	case errors.Is(err, errDSN):
		rule = errDSN.Error()
	case field.Type.Kind() == reflect.Bool:
		rule = "must be true or false"
	case field.Type == reflect.TypeFor[[]Origin](): // the library hides the errors of elements
		rule = errOrigin.Error()
	case field.Type.Kind() == reflect.Slice:
		rule = "must be a comma-separated list of networks, as in 10.0.0.0/8"
	default:
		rule = "must be a whole number"
	}
	return Problem{name, rule + quote(field.Type, environment[name])}
}

// broken returns the rule in the tags that the value breaks, or "".
func broken(tag reflect.StructTag, value reflect.Value) string {
	if low, ok := tag.Lookup("min"); ok && value.Int() < number(low) {
		return "must be at least " + low
	}
	if high, ok := tag.Lookup("max"); ok && value.Int() > number(high) {
		return "must be at most " + high
	}
	if least, ok := tag.Lookup("minlen"); ok && int64(value.Len()) < number(least) {
		return "must have at least " + least + " characters"
	}
	if words, ok := tag.Lookup("oneof"); ok && !slices.Contains(strings.Fields(words), value.String()) {
		return "must be one of " + strings.Join(strings.Fields(words), ", ")
	}
	if pattern, ok := tag.Lookup("pattern"); ok && !regexp.MustCompile(pattern).MatchString(value.String()) {
		return "must match " + pattern
	}
	return ""
}

func number(tag string) int64 {
	n, err := strconv.ParseInt(tag, 10, 64)
	if err != nil {
		panic("config: tag is not a number: " + tag)
	}
	return n
}

// quote names the offending value, unless it is secret.
func quote(t reflect.Type, value string) string {
	if t == reflect.TypeFor[Secret]() || t == reflect.TypeFor[DSN]() {
		return ""
	}
	return fmt.Sprintf(" (is %q)", value)
}
