package forecast

import (
	"math"
	"slices"
)

const (
	// horizon is how many days ahead a back-test looks from each origin; half of it for series of less than eight weeks.
	horizon = 14
	// leastOrigins and mostOrigins are how many origins a back-test has. They lie a horizon apart, the last a horizon before the run.
	leastOrigins = 3
	mostOrigins  = 8
)

// origins returns how far a back-test of so many days looks ahead, and from how many origins; 0 if there are too few days.
func origins(days int) (ahead, count int) {
	for _, ahead := range []int{horizon, horizon / 2} {
		if count := min(days/ahead-1, mostOrigins); count >= leastOrigins {
			return ahead, count
		}
	}
	return 0, 0
}

// Accuracy is how a method did in the back-test, in sums, so that series can be added up.
type Accuracy struct {
	AbsoluteError float64 // Σ|a − f|
	Actual        float64 // Σa
	// Covered80 and Covered95 count the days within P10 to P90 and P2.5 to P97.5, of intervals that the other origins gave.
	Covered80, Covered95 int
	Days                 int     // that were foreseen and counted
	Error                float64 // Σ(f − a)
	Origins              int     // from which a day was foreseen and counted
}

// trial is a method with the errors that it made.
type trial struct {
	accuracy  Accuracy
	method    Method
	residuals []residual
	smoothing smoothing
}

// residual is a − f of one day.
type residual struct {
	origin int
	value  float64
}

// Forecaster foresees series one after the other and keeps its memory in between. It is for one goroutine at a time.
type Forecaster struct {
	best, current trial
	observed      []observation
	others        []float64
	values        []float64
}

// test tries all methods on a series and leaves the best in f.best. False says that there is too little of it.
func (f *Forecaster) test(s Series) bool {
	ahead, count := origins(len(s.Days))
	if count == 0 {
		return false
	}
	from := len(s.Days) - ahead*count
	f.best.method = ""
	for _, a := range averages {
		f.try(a.method, smoothing{}, from, ahead, func(k int) week { return movingAverage(f.observed[:k], a.days) })
	}
	f.try(MethodSeasonalNaive, smoothing{}, from, ahead, func(k int) week { return byWeekday(f.observed[:k], 1) })
	f.try(MethodWeekdayMA, smoothing{}, from, ahead, func(k int) week { return byWeekday(f.observed[:k], weekdayPoints) })
	for _, p := range smoothings {
		following, next := f.start(from)
		f.try(MethodExpSmoothing, p, from, ahead, func(k int) week {
			for ; next < k; next++ {
				following.follow(&f.observed[next], p)
			}
			return following.week()
		})
	}
	return f.best.method != ""
}

// start begins exponential smoothing with what was observed before a day, and returns the place of what comes next.
func (f *Forecaster) start(before int) (state, int) {
	k := 0
	for k < len(f.observed) && k < warmUp && f.observed[k].day < before {
		k++
	}
	return begin(f.observed[:k]), k
}

// try runs a method from each origin and keeps it if it is better than the best so far. foresee gets the number of observations
// before the origin, which only grows.
func (f *Forecaster) try(method Method, p smoothing, from, ahead int, foresee func(k int) week) {
	t := &f.current
	t.method, t.smoothing, t.accuracy, t.residuals = method, p, Accuracy{}, t.residuals[:0]
	k := 0
	for k < len(f.observed) && f.observed[k].day < from {
		k++
	}
	for origin := 0; k < len(f.observed); origin++ {
		end := from + (origin+1)*ahead
		if k < leastPoints { // nothing to learn from before this origin
			for k < len(f.observed) && f.observed[k].day < end {
				k++
			}
			continue
		}
		foreseen, first := foresee(k), k
		for ; k < len(f.observed) && f.observed[k].day < end; k++ {
			o := &f.observed[k]
			off := o.use - foreseen[o.weekday]
			t.residuals = append(t.residuals, residual{origin: origin, value: off})
			t.accuracy.AbsoluteError += math.Abs(off)
			t.accuracy.Actual += o.use
			t.accuracy.Error -= off
			t.accuracy.Days++
		}
		if k > first {
			t.accuracy.Origins++
		}
	}
	if t.accuracy.Origins >= leastOrigins && (f.best.method == "" || t.accuracy.AbsoluteError < f.best.accuracy.AbsoluteError) {
		f.best, f.current = f.current, f.best
	}
}

// interval is what to add to a forecast for P2.5, P10, P90 and P97.5.
type interval struct{ p025, p10, p90, p975 float64 }

// intervals returns the interval that the residuals of the best method give, and counts how often one made without an origin
// held that origin's days.
func (f *Forecaster) intervals() interval {
	t := &f.best
	for origin := range mostOrigins {
		f.others = f.others[:0]
		held := 0
		for _, r := range t.residuals {
			if r.origin != origin {
				f.others = append(f.others, r.value)
			} else {
				held++
			}
		}
		if held == 0 || len(f.others) == 0 {
			continue
		}
		of := quantiles(f.others)
		for _, r := range t.residuals {
			if r.origin != origin {
				continue
			}
			if r.value >= of.p10 && r.value <= of.p90 {
				t.accuracy.Covered80++
			}
			if r.value >= of.p025 && r.value <= of.p975 {
				t.accuracy.Covered95++
			}
		}
	}
	f.values = f.values[:0]
	for _, r := range t.residuals {
		f.values = append(f.values, r.value)
	}
	return quantiles(f.values)
}

// quantiles sorts the values.
func quantiles(values []float64) interval {
	slices.Sort(values)
	return interval{p025: quantile(values, 0.025), p10: quantile(values, 0.1), p90: quantile(values, 0.9), p975: quantile(values, 0.975)}
}

// quantile interpolates between the two values around it.
func quantile(sorted []float64, q float64) float64 {
	place := q * float64(len(sorted)-1)
	below := int(place)
	if below+1 >= len(sorted) {
		return sorted[len(sorted)-1]
	}
	return sorted[below] + (place-float64(below))*(sorted[below+1]-sorted[below])
}

// WAPE returns Σ|a − f| ÷ Σa in basis points; nil if nothing was used.
func (a Accuracy) WAPE() *int64 { return bp(a.AbsoluteError, a.Actual) }

// Bias returns Σ(f − a) ÷ Σa in basis points; nil if nothing was used.
func (a Accuracy) Bias() *int64 { return bp(a.Error, a.Actual) }

// Coverage80 returns the share of days within P10 to P90 in basis points; nil if there were none.
func (a Accuracy) Coverage80() *int64 { return bp(float64(a.Covered80), float64(a.Days)) }

// Coverage95 returns the share of days within P2.5 to P97.5 in basis points; nil if there were none.
func (a Accuracy) Coverage95() *int64 { return bp(float64(a.Covered95), float64(a.Days)) }

func bp(part, whole float64) *int64 {
	const bpScale = 10_000
	if whole <= 0 {
		return nil
	}
	ratio := int64(math.Round(part / whole * bpScale))
	return &ratio
}
