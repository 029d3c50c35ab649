package money_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/money"
)

func TestFormat(t *testing.T) {
	t.Parallel()
	require.Equal(t, "123456", money.Format(123_456, "UGX"))
	require.Equal(t, "-1234.50", money.Format(-123_450, "USD"))
	require.Equal(t, "12.345", money.Format(12_345, "KWD"))
	require.Equal(t, "0.05", money.Format(5, "USD"))
	require.Equal(t, "1.23456", money.FormatDecimal(decimal.RequireFromString("123.456"), "USD"))
	require.Equal(t, "9000.00", money.FormatDecimal(decimal.RequireFromString("900000"), "USD"))
	require.Equal(t, "9000", money.FormatDecimal(decimal.RequireFromString("9000.000000"), "UGX"))
	require.Equal(t, "10.50", money.FormatDecimal(decimal.RequireFromString("1050.000000"), "USD"))
	require.Equal(t, "10.505", money.FormatDecimal(decimal.RequireFromString("1050.500000"), "USD"))
	for code, known := range map[string]bool{"UGX": true, "USD": true, "usd": false, "ZZZ": false, "": false, "US": false} {
		require.Equal(t, known, money.KnownCurrency(code), code)
	}
}
