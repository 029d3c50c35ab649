package jobs

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/structpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	jobsv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/jobs/v1"
)

var statuses = map[Status]jobsv1.JobStatus{
	StatusCancelled: jobsv1.JobStatus_JOB_STATUS_CANCELLED,
	StatusFailed:    jobsv1.JobStatus_JOB_STATUS_FAILED,
	StatusQueued:    jobsv1.JobStatus_JOB_STATUS_QUEUED,
	StatusRunning:   jobsv1.JobStatus_JOB_STATUS_RUNNING,
	StatusSucceeded: jobsv1.JobStatus_JOB_STATUS_SUCCEEDED,
}

func statusFromProto(wanted jobsv1.JobStatus) Status {
	for status, wire := range statuses {
		if wire == wanted {
			return status
		}
	}
	return ""
}

// ToProto returns the message of a job, for the RPCs that start one.
func ToProto(j Job) (*jobsv1.Job, error) {
	p := &jobsv1.Job{
		Attempt:     j.Attempt,
		CreatedAt:   timestamppb.New(j.CreatedAt),
		Done:        j.Done,
		Error:       j.Error,
		FinishedAt:  optionalTime(j.FinishedAt),
		Id:          j.ID,
		Key:         j.Key,
		Kind:        j.Kind,
		RequestedBy: j.RequestedBy,
		StartedAt:   optionalTime(j.StartedAt),
		Status:      statuses[j.Status],
		Total:       j.Total,
	}
	if j.Status == StatusSucceeded && len(j.Summary) > 0 {
		p.Summary = &structpb.Struct{}
		if err := protojson.Unmarshal(j.Summary, p.Summary); err != nil {
			return nil, fmt.Errorf("decode summary of job: %w", err)
		}
	}
	return p, nil
}

func optionalTime(t time.Time) *timestamppb.Timestamp {
	if t.IsZero() {
		return nil
	}
	return timestamppb.New(t)
}
