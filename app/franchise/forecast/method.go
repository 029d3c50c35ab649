package forecast

import "math"

// Method names how a series is foreseen, as `forecast_points.method` holds it. The simpler come first.
type Method string

// The methods.
const (
	// MethodMA7, MethodMA14 and MethodMA30 are the mean of the last so many days that count.
	MethodMA7  Method = "MA7"
	MethodMA14 Method = "MA14"
	MethodMA30 Method = "MA30"
	// MethodSeasonalNaive is the last day of the same weekday that counts.
	MethodSeasonalNaive Method = "SEASONAL_NAIVE"
	// MethodWeekdayMA is the mean of the last four of the same weekday.
	MethodWeekdayMA Method = "WEEKDAY_MA"
	// MethodExpSmoothing is exponential smoothing of a level and an additive season of weekdays.
	MethodExpSmoothing Method = "EXP_SMOOTHING"
)

// averages are the lengths of the moving averages.
var averages = [...]struct {
	method Method
	days   int
}{{MethodMA7, 7}, {MethodMA14, 14}, {MethodMA30, 30}}

// weekdayPoints is how many days of a weekday MethodWeekdayMA takes.
const weekdayPoints = 4

// smoothings are the parameters that exponential smoothing is tried with.
var smoothings = func() (grid []smoothing) {
	for _, level := range []float64{0.05, 0.1, 0.2, 0.4} {
		for _, season := range []float64{0.05, 0.15, 0.3} {
			grid = append(grid, smoothing{level: level, season: season})
		}
	}
	return grid
}()

// smoothing is how fast level and season follow.
type smoothing struct{ level, season float64 }

// warmUp is how many days the level and season of exponential smoothing begin with.
const warmUp = 28

// week is what is foreseen for each weekday; all methods foresee the same for each date of a weekday.
type week [daysPerWeek]float64

// observation is a day that counts.
type observation struct {
	day     int // place in the series
	use     float64
	weekday int
}

// movingAverage is the mean of the last n observations, of all where there are fewer.
func movingAverage(observed []observation, n int) week {
	observed = observed[max(len(observed)-n, 0):]
	var sum float64
	for i := range observed {
		sum += observed[i].use
	}
	return level(sum / float64(max(len(observed), 1)))
}

func level(value float64) week {
	var w week
	for i := range w {
		w[i] = value
	}
	return w
}

// byWeekday is the mean of the last n observations of each weekday. A weekday without any gets the mean of the last fourteen
// observations.
func byWeekday(observed []observation, n int) week {
	w := movingAverage(observed, 14)
	var sums week
	var counts [daysPerWeek]int
	open := daysPerWeek * n
	for i := len(observed) - 1; i >= 0 && open > 0; i-- {
		o := &observed[i]
		if counts[o.weekday] < n {
			counts[o.weekday]++
			sums[o.weekday] += o.use
			open--
		}
	}
	for day, count := range counts {
		if count > 0 {
			w[day] = sums[day] / float64(count)
		}
	}
	return w
}

// state is exponential smoothing under way.
type state struct {
	level  float64
	season week
}

// begin sets level and season from the first observations.
func begin(observed []observation) state {
	var s state
	s.level = movingAverage(observed, len(observed))[0]
	var counts [daysPerWeek]int
	for i := range observed {
		s.season[observed[i].weekday] += observed[i].use - s.level
		counts[observed[i].weekday]++
	}
	for day, count := range counts {
		if count > 1 {
			s.season[day] /= float64(count)
		} else {
			s.season[day] = 0 // one day is no season
		}
	}
	return s
}

// follow takes one observation in.
func (s *state) follow(o *observation, p smoothing) {
	before := s.season[o.weekday]
	s.level += p.level * (o.use - before - s.level)
	s.season[o.weekday] = before + p.season*(o.use-s.level-before)
}

func (s *state) week() week {
	var w week
	for day := range w {
		w[day] = math.Max(0, s.level+s.season[day])
	}
	return w
}
