package cache

// Report names a cached report; it is the second field of its keys.
type Report string

// The cached reports. Directory is not an answer: it stamps the organisation's settings and branches, which are kept in
// process memory only. Standing is what live figures need and what may be seconds old: nothing invalidates it, it expires.
const (
	Budgets   Report = "budgets"
	Directory Report = "directory"
	Forecast  Report = "forecast"
	KPIs      Report = "kpis"
	Overview  Report = "overview"
	Rankings  Report = "rankings"
	Standing  Report = "standing"
)

// reports lists all, in the order of the fields in which stamps are fetched.
var reports = [...]Report{Budgets, Directory, Forecast, KPIs, Overview, Rankings, Standing}

// Status tells how a read was answered; it is the value of the X-Cache-Status header.
type Status string

// The ways in which a read can be answered.
const (
	// Hit was answered from memory or Valkey.
	Hit Status = "HIT"
	// Miss was loaded from PostgreSQL and offered to the cache.
	Miss Status = "MISS"
	// Bypass was loaded from PostgreSQL because the report's TTL is 0 or Valkey is away.
	Bypass Status = "BYPASS"
)

// StatusHeader is the response header that carries the [Status].
const StatusHeader = "X-Cache-Status"
