package jobs

import (
	"encoding/json"
	"time"
)

// Status is where a job stands.
type Status string

// The states of a job. A failed attempt that will be tried again is QUEUED.
const (
	StatusCancelled Status = "CANCELLED"
	StatusFailed    Status = "FAILED"
	StatusQueued    Status = "QUEUED"
	StatusRunning   Status = "RUNNING"
	StatusSucceeded Status = "SUCCEEDED"
)

// RequestedBySchedule is who asks for scheduled jobs.
const RequestedBySchedule = "schedule"

// Job is one piece of work for an organisation.
type Job struct {
	Args        json.RawMessage
	Attempt     int32 // attempts begun
	CreatedAt   time.Time
	Done        int64
	Error       string    // of the last attempt that failed
	FinishedAt  time.Time // zero until it ended
	ID          string
	Key         string // of jobs with the same key only one is done; empty: no such bound
	Kind        string
	OrgID       string
	RequestedBy string
	StartedAt   time.Time // zero until its first attempt
	Status      Status
	Summary     json.RawMessage // what came of it
	Total       int64           // 0 until known
}
