package forecast

import (
	"math"
	"time"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/platform/civil"
	"github.com/chefcloud/chefcloud/app/platform/quantity"
)

// Forecast is what is foreseen of a series.
type Forecast struct {
	// Accuracy is empty if there was too little to test.
	Accuracy Accuracy
	// Insufficient says that fewer than two days counted. There are no points then.
	Insufficient bool
	Method       Method
	Observations int // days that count
	Points       []Point
	// Tested says that the method was chosen by a back-test, and that points have intervals.
	Tested bool
}

// Point is what is foreseen for a date, in base units, never negative.
type Point struct {
	Date     civil.Date
	Quantity decimal.Decimal
	// P025 to P975 bound the use with these probabilities, in percent 2.5, 10, 90 and 97.5; zero if the series was not tested.
	P025, P10, P90, P975 decimal.Decimal
}

// Forecast foresees so many days from the run on. Uplifts raise certain dates. A series that is too short for a back-test is
// foreseen by the mean of the last four of each weekday, if it has two of every weekday on which the branch is open, else by
// the mean of the last seven days. On weekdays on which the branch is closed, nothing is foreseen: 0.
func (f *Forecaster) Forecast(s Series, days int, uplifts ...Uplift) Forecast {
	f.observe(s)
	result := Forecast{Observations: len(f.observed)}
	if len(f.observed) < leastPoints {
		result.Insufficient = true
		return result
	}
	var foreseen week
	var around interval
	if result.Tested = f.test(s); result.Tested {
		around = f.intervals()
		result.Accuracy, result.Method = f.best.accuracy, f.best.method
		foreseen = f.foresee(result.Method, f.best.smoothing)
	} else {
		result.Method = f.untested(s)
		foreseen = f.foresee(result.Method, smoothing{})
	}
	result.Points = points(s, foreseen, around, result.Tested, days, uplifts)
	return result
}

// By foresees with a given method, without a back-test.
func (f *Forecaster) By(method Method, s Series, days int, uplifts ...Uplift) Forecast {
	f.observe(s)
	result := Forecast{Method: method, Observations: len(f.observed)}
	if result.Insufficient = len(f.observed) < leastPoints; !result.Insufficient {
		result.Points = points(s, f.foresee(method, smoothings[0]), interval{}, false, days, uplifts)
	}
	return result
}

func points(s Series, foreseen week, around interval, tested bool, days int, uplifts []Uplift) []Point {
	var closed [daysPerWeek]bool
	for day := range closed {
		closed[day] = s.closedOn(time.Weekday(day))
	}
	list := make([]Point, days)
	for i := range list {
		p := &list[i]
		p.Date = s.Run().AddDays(i)
		day := int(p.Date.Weekday())
		if closed[day] {
			continue
		}
		factor := 1.0
		for _, u := range uplifts {
			if u.On(p.Date) {
				factor *= u.factor()
			}
		}
		p.Quantity = rounded(foreseen[day] * factor)
		if tested {
			p.P025, p.P10 = rounded((foreseen[day]+around.p025)*factor), rounded((foreseen[day]+around.p10)*factor)
			p.P90, p.P975 = rounded((foreseen[day]+around.p90)*factor), rounded((foreseen[day]+around.p975)*factor)
		}
	}
	return list
}

// observe lists the days that count.
func (f *Forecaster) observe(s Series) {
	f.observed = f.observed[:0]
	weekday := int(s.First.Weekday())
	for i := range s.Days {
		if s.Days[i].State == Open {
			f.observed = append(f.observed, observation{day: i, use: s.Days[i].Use, weekday: weekday})
		}
		if weekday++; weekday == daysPerWeek {
			weekday = 0
		}
	}
}

// foresee uses all of the series.
func (f *Forecaster) foresee(method Method, p smoothing) week {
	switch method {
	case MethodSeasonalNaive:
		return byWeekday(f.observed, 1)
	case MethodWeekdayMA:
		return byWeekday(f.observed, weekdayPoints)
	case MethodExpSmoothing:
		following, next := f.start(math.MaxInt)
		for ; next < len(f.observed); next++ {
			following.follow(&f.observed[next], p)
		}
		return following.week()
	case MethodMA7, MethodMA14, MethodMA30:
	}
	for _, a := range averages {
		if a.method == method {
			return movingAverage(f.observed, a.days)
		}
	}
	return movingAverage(f.observed, averages[0].days)
}

// untested chooses a method without a back-test.
func (f *Forecaster) untested(s Series) Method {
	var counts [daysPerWeek]int
	for i := range f.observed {
		counts[f.observed[i].weekday]++
	}
	for day, count := range counts {
		if count < leastPoints && !s.closedOn(time.Weekday(day)) {
			return MethodMA7
		}
	}
	return MethodWeekdayMA
}

// rounded is never negative: more may have been put back than taken.
func rounded(value float64) decimal.Decimal {
	return decimal.NewFromFloat(math.Max(0, value)).Round(quantity.Places)
}
