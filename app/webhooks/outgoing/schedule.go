package outgoing

import "time"

// schedule is how long to wait after each failed attempt, on average: about three days in all.
var schedule = [...]time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour,
	8 * time.Hour, 14 * time.Hour, 18 * time.Hour, 24 * time.Hour,
}

// maxRetryAfter is the longest wait that an endpoint can ask for.
const maxRetryAfter = 24 * time.Hour

// retryIn returns how long to wait after the given number of failed attempts; false if no other follows. random, in [0, 1), spreads what
// failed together over half to one and a half of the wait. A wait that the endpoint asked for is kept to within a day, but shortens none.
func retryIn(failed int, asked time.Duration, random float64) (time.Duration, bool) {
	if failed < 1 || failed > len(schedule) {
		return 0, false
	}
	mean := schedule[failed-1]
	wait := mean/2 + time.Duration(random*float64(mean))
	return max(wait, min(asked, maxRetryAfter)), true
}
