package forecast_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/forecast"
	"github.com/chefcloud/chefcloud/app/platform/civil"
)

var (
	payday    = forecast.OnDaysOfMonth(1000, 28, 29)
	saturdays = forecast.OnWeekdays(1500, time.Saturday)
	monthEnd  = forecast.OnMonthEnd(1000)
)

func open(use float64) forecast.Day { return forecast.Day{State: forecast.Open, Use: use} }

// on returns what is foreseen for a date.
func on(t require.TestingT, f forecast.Forecast, date civil.Date) string {
	for _, p := range f.Points {
		if p.Date == date {
			return p.Quantity.StringFixed(3)
		}
	}
	require.Fail(t, "no point for "+date.String())
	return ""
}

func TestWorkedExamples(t *testing.T) {
	t.Parallel()

	t.Run("FourFridaysAndAPayday", func(t *testing.T) {
		t.Parallel()
		fridays := []float64{42, 38, 46, 44}
		s := forecast.Series{First: civil.NewDate(2024, time.October, 11)} // a Friday, 28 days before the run
		for i := range 28 {
			use := 10.0
			if i%7 == 0 {
				use = fridays[i/7]
			}
			s.Days = append(s.Days, open(use))
		}
		f := new(forecast.Forecaster).Forecast(s, 28, payday)
		require.Equal(t, forecast.MethodWeekdayMA, f.Method)
		require.Equal(t, "42.500", on(t, f, civil.NewDate(2024, time.November, 8)))
		require.Equal(t, "46.750", on(t, f, civil.NewDate(2024, time.November, 29)))
		require.Equal(t, "10.000", on(t, f, civil.NewDate(2024, time.November, 9)))
	})

	t.Run("FourteenDaysWithUpliftsThatMultiply", func(t *testing.T) {
		t.Parallel()
		run := civil.NewDate(2024, time.November, 22)
		s := forecast.Series{First: run.AddDays(-15)}
		for i := range 15 {
			s.Days = append(s.Days, open([]float64{15, 25}[i%2]))
		}
		s.Days[3] = forecast.Day{State: forecast.Closed, Use: 99} // doesn't count; the others sum to 280
		s.Days[1].Use = 35
		f := new(forecast.Forecaster).By(forecast.MethodMA14, s, 14, saturdays, monthEnd)
		require.Equal(t, 14, f.Observations)
		require.Equal(t, "20.000", on(t, f, civil.NewDate(2024, time.November, 26)))
		require.Equal(t, "23.000", on(t, f, civil.NewDate(2024, time.November, 23)))
		require.Equal(t, "25.300", on(t, f, civil.NewDate(2024, time.November, 30)))
	})
}

func TestStates(t *testing.T) {
	t.Parallel()
	monday := civil.NewDate(2024, time.September, 2)
	series := func(days int, day func(i int) forecast.Day) forecast.Series {
		s := forecast.Series{First: monday}
		for i := range days {
			s.Days = append(s.Days, day(i))
		}
		return s
	}

	t.Run("FewerThanTwoDaysAreInsufficient", func(t *testing.T) {
		t.Parallel()
		for n := range 2 {
			f := new(forecast.Forecaster).Forecast(series(n, func(int) forecast.Day { return open(5) }), 7)
			require.True(t, f.Insufficient)
			require.Empty(t, f.Points)
		}
		closed := new(forecast.Forecaster).Forecast(series(100, func(i int) forecast.Day {
			if i == 3 {
				return open(5)
			}
			return forecast.Day{State: forecast.OutOfStock}
		}), 7)
		require.True(t, closed.Insufficient)
	})

	t.Run("AZeroDayCountsAndAStockOutDoesNot", func(t *testing.T) {
		t.Parallel()
		with := func(state forecast.State) string {
			f := new(forecast.Forecaster).Forecast(series(8, func(i int) forecast.Day {
				if i == 7 {
					return forecast.Day{State: state}
				}
				return open(7)
			}), 1)
			require.Equal(t, forecast.MethodMA7, f.Method)
			return f.Points[0].Quantity.StringFixed(3)
		}
		require.Equal(t, "6.000", with(forecast.Open))
		require.Equal(t, "7.000", with(forecast.OutOfStock))
		require.Equal(t, "7.000", with(forecast.Closed))
	})

	t.Run("AWeekdayOnWhichTheBranchIsClosedGetsNothing", func(t *testing.T) {
		t.Parallel()
		f := new(forecast.Forecaster).Forecast(series(70, func(i int) forecast.Day {
			if i%7 == 0 {
				return forecast.Day{}
			}
			return open(5)
		}), 14)
		for i, p := range f.Points {
			want := "5.000"
			if i%7 == 0 {
				want = "0.000"
			}
			require.Equal(t, want, p.Quantity.StringFixed(3))
			require.True(t, p.P90.LessThanOrEqual(p.P975))
		}
	})

	t.Run("OriginsOfClosedDaysProveNothing", func(t *testing.T) {
		t.Parallel()
		s := forecast.Series{First: civil.NewDate(2024, time.September, 1)}
		for i := range 56 {
			if i < 40 {
				s.Days = append(s.Days, forecast.Day{})
			} else {
				s.Days = append(s.Days, open(float64(10+i%7)))
			}
		}
		f := new(forecast.Forecaster).Forecast(s, 7)
		require.False(t, f.Tested, "only one origin had days to learn from and days to foresee")
		require.NotEmpty(t, f.Points)
	})

	t.Run("ANewItemIsForeseenWithoutABackTest", func(t *testing.T) {
		t.Parallel()
		f := new(forecast.Forecaster).Forecast(series(10, func(i int) forecast.Day { return open(float64(i)) }), 3)
		require.False(t, f.Tested)
		require.Zero(t, f.Accuracy.Days)
		require.Equal(t, "6.000", f.Points[0].Quantity.StringFixed(3))
	})
}

// TestAccuracy is the worked example of the measures: Σ|e| 16.5 over Σa 280 is 589 bp, bias −161 bp.
func TestAccuracy(t *testing.T) {
	t.Parallel()
	foreseen := []float64{30, 32, 31, 35, 42.5, 55, 50}
	actual := []float64{28, 33, 30, 38, 45, 52, 54}
	var a forecast.Accuracy
	for i := range actual {
		a.AbsoluteError += math.Abs(actual[i] - foreseen[i])
		a.Actual += actual[i]
		a.Error += foreseen[i] - actual[i]
		a.Days++
	}
	require.EqualValues(t, 589, *a.WAPE())
	require.EqualValues(t, -161, *a.Bias())
	require.Nil(t, forecast.Accuracy{}.WAPE())
	require.Nil(t, forecast.Accuracy{}.Coverage80())
}

// families generate series that restaurants have, with the same noise each time.
var families = map[string]func(r *rand.Rand, i int) float64{
	"steady": func(r *rand.Rand, _ int) float64 { return 40 + 6*r.NormFloat64() },
	"weekly": func(r *rand.Rand, i int) float64 {
		return 40 + []float64{-10, -8, -4, 0, 8, 16, 6}[i%7] + 6*r.NormFloat64()
	},
	"growing": func(r *rand.Rand, i int) float64 {
		return 20 + 0.08*float64(i) + 5*math.Sin(float64(i%7)) + 4*r.NormFloat64()
	},
	"level shift":  func(r *rand.Rand, i int) float64 { return 30 + 25*math.Floor(float64(i)/200) + 5*r.NormFloat64() },
	"intermittent": func(r *rand.Rand, _ int) float64 { return max(0, math.Floor(4*r.Float64()-1.5)) },
	"outliers": func(r *rand.Rand, i int) float64 {
		use := 40 + []float64{-10, -8, -4, 0, 8, 16, 6}[i%7] + 4*r.NormFloat64()
		if r.IntN(30) == 0 {
			use *= 3
		}
		return use
	},
	"yearly": func(r *rand.Rand, i int) float64 {
		return 50 + 20*math.Sin(2*math.Pi*float64(i)/365) + []float64{-6, -4, 0, 0, 4, 8, 2}[i%7] + 4*r.NormFloat64()
	},
}

// TestTheChosenMethodBeatsTheSeasonalNaive foresees fourteen days that it never saw, of fifty series a family.
func TestTheChosenMethodBeatsTheSeasonalNaive(t *testing.T) {
	t.Parallel()
	for name, family := range families {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var f forecast.Forecaster
			var chosen, naive, actual float64
			var covered, days int
			for seed := range 50 {
				r := rand.New(rand.NewPCG(uint64(seed), 7))
				s := forecast.Series{First: civil.NewDate(2023, time.January, 2)}
				uses := make([]float64, 400)
				for i := range uses {
					uses[i] = max(0, family(r, i))
				}
				for _, use := range uses[:386] {
					s.Days = append(s.Days, open(use))
				}
				foreseen := f.Forecast(s, 14)
				require.GreaterOrEqual(t, foreseen.Accuracy.Origins, 3)
				for i, p := range foreseen.Points {
					use := uses[386+i]
					quantity := p.Quantity.InexactFloat64()
					chosen += math.Abs(use - quantity)
					naive += math.Abs(use - uses[386-7+i%7])
					actual += use
					days++
					if use >= p.P10.InexactFloat64() && use <= p.P90.InexactFloat64() {
						covered++
					}
				}
			}
			t.Logf("WAPE %.4f, seasonal naive %.4f, within P10 to P90 %.3f", chosen/actual, naive/actual, float64(covered)/float64(days))
			require.Less(t, chosen, 0.95*naive)
			require.InDelta(t, 0.8, float64(covered)/float64(days), 0.12)
		})
	}
}

func TestPointsAreQuantities(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := forecast.Series{First: civil.NewDate(2024, time.January, 1).AddDays(rapid.IntRange(0, 400).Draw(t, "first"))}
		for range rapid.IntRange(0, 120).Draw(t, "days") {
			s.Days = append(s.Days, forecast.Day{
				State: forecast.State(rapid.IntRange(0, 2).Draw(t, "state")), Use: float64(rapid.IntRange(-5_000, 100_000).Draw(t, "thousandths")) / 1000,
			})
		}
		f := new(forecast.Forecaster).Forecast(s, 10, saturdays, monthEnd)
		require.Equal(t, f.Insufficient, len(f.Points) == 0)
		for i, p := range f.Points {
			require.Equal(t, s.Run().AddDays(i), p.Date)
			require.False(t, p.Quantity.IsNegative())
			require.True(t, p.Quantity.Equal(p.Quantity.Truncate(3)))
			require.True(t, p.P025.LessThanOrEqual(p.P10) && p.P10.LessThanOrEqual(p.P90) && p.P90.LessThanOrEqual(p.P975))
		}
	})
}

// BenchmarkForecast foresees series of two years; 50 000 of them take b's time per operation × 50 000 on one core.
func BenchmarkForecast(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 2))
	s := forecast.Series{First: civil.NewDate(2023, time.January, 2)}
	for i := range 730 {
		s.Days = append(s.Days, open(max(0, families["weekly"](r, i))))
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		var f forecast.Forecaster
		for pb.Next() {
			f.Forecast(s, 28, saturdays, monthEnd)
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "series/s")
}
