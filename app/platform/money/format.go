package money

import (
	"github.com/shopspring/decimal"
	"golang.org/x/text/currency"
)

// Exponent returns how many decimals a currency has, by its ISO 4217 code: 0 for UGX, 2 for USD, and 2 for codes that are unknown.
func Exponent(code string) int32 {
	unit, err := currency.ParseISO(code)
	if err != nil {
		return 2
	}
	scale, _ := currency.Standard.Rounding(unit)
	return int32(scale)
}

// Format writes an amount of minor units with the currency's decimals, for people: 123456 is 1234.56 in USD and 123456 in UGX.
func Format(amount int64, code string) string {
	exponent := Exponent(code)
	return decimal.New(amount, -exponent).StringFixed(exponent)
}

// FormatDecimal does the same for fractions of minor units, and writes as many decimals as it takes: none that is a trailing zero,
// which numbers from the database have.
func FormatDecimal(amount decimal.Decimal, code string) string {
	places := Exponent(code)
	shifted := amount.Shift(-places)
	for !shifted.Equal(shifted.Truncate(places)) {
		places++
	}
	return shifted.StringFixed(places)
}

// KnownCurrency reports whether a text is an ISO 4217 code.
func KnownCurrency(code string) bool {
	unit, err := currency.ParseISO(code)
	return err == nil && unit.String() == code
}
