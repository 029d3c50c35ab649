package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/clock"
	"github.com/chefcloud/chefcloud/app/platform/jobs"
	"github.com/chefcloud/chefcloud/app/platform/postgres"
	"github.com/chefcloud/chefcloud/app/webhooks"
)

type webhooksCommand struct {
	List   webhooksListCommand   `cmd:"" help:"List events, the newest first."`
	Show   webhooksShowCommand   `cmd:"" help:"Show an event with its body."`
	Replay webhooksReplayCommand `cmd:"" help:"Let dead or ignored events have their effect after all."`
}

type webhooksListCommand struct {
	databaseURL
	JSON  bool   `help:"One JSON document a line."`
	Limit int32  `default:"50" help:"At most so many."`
	Org   string `help:"Only those of an organisation."`
	State string `enum:",RECEIVED,PROCESSED,IGNORED,DEAD" default:"" help:"Only those in a state: RECEIVED, PROCESSED, IGNORED or DEAD."`
	Type  string `help:"Only those of a type, such as invoice.paid."`
}

// Run lists events.
func (c webhooksListCommand) Run(ctx context.Context) error {
	return withInbox(ctx, c.URL, func(db *postgres.DB, inbox *webhooks.Inbox) error {
		events, err := inbox.List(ctx, db, c.Org, webhooks.Filter{State: webhooks.State(c.State), Type: c.Type}, webhooks.First, c.Limit)
		if err != nil {
			return err
		}
		if c.JSON {
			encoder := json.NewEncoder(os.Stdout)
			for i := range events {
				if err := encoder.Encode(eventLine(&events[i])); err != nil {
					return err
				}
			}
			return nil
		}
		table := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		_, _ = fmt.Fprintln(table, "RECEIVED\tSTATE\tTYPE\tORGANISATION\tID\tATTEMPTS\tNOTE")
		for _, e := range events {
			_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%d\t%s\n", e.ReceivedAt.Format(time.RFC3339), e.State, e.Type, e.OrgID, e.ID, e.Attempts, e.Note)
		}
		return table.Flush()
	})
}

type webhooksShowCommand struct {
	databaseURL
	ID string `arg:"" help:"Id of the event."`
}

// Run shows an event.
func (c webhooksShowCommand) Run(ctx context.Context) error {
	return withInbox(ctx, c.URL, func(db *postgres.DB, inbox *webhooks.Inbox) error {
		e, err := inbox.Get(ctx, db, "", c.ID)
		if err != nil {
			return err
		}
		encoder := json.NewEncoder(os.Stdout)
		encoder.SetIndent("", "  ")
		line := eventLine(&e)
		line.Body = string(e.Body)
		return encoder.Encode(line)
	})
}

type webhooksReplayCommand struct {
	databaseURL
	IDs []string `arg:"" help:"Ids of the events."`
}

// Run queues the effects of events again: all of them, or none if one can't be.
func (c webhooksReplayCommand) Run(ctx context.Context) error {
	return withInbox(ctx, c.URL, func(db *postgres.DB, inbox *webhooks.Inbox) error {
		err := db.InTx(ctx, func(ctx context.Context, tx postgres.Querier) error {
			for _, id := range c.IDs {
				if _, err := inbox.Replay(ctx, tx, "", id); err != nil {
					return err
				}
			}
			return nil
		})
		if err == nil {
			fmt.Printf("queued %s; a running server lets them have their effect\n", strings.Join(c.IDs, " "))
		}
		return err
	})
}

func withInbox(ctx context.Context, url string, do func(db *postgres.DB, inbox *webhooks.Inbox) error) error {
	db, err := openDatabase(ctx, url)
	if err != nil {
		return err
	}
	defer db.Close()
	runner, err := jobs.NewRunner(db, clock.System)
	if err != nil {
		return err
	}
	return do(db, webhooks.NewInbox(runner))
}

// eventDocument is an event as it is printed.
type eventDocument struct {
	ID          string    `json:"id"`
	Type        string    `json:"type"`
	State       string    `json:"state"`
	OrgID       string    `json:"orgId,omitempty"`
	Note        string    `json:"note,omitempty"`
	Attempts    int32     `json:"attempts"`
	OccurredAt  time.Time `json:"occurredAt"`
	ReceivedAt  time.Time `json:"receivedAt"`
	ProcessedAt time.Time `json:"processedAt,omitzero"`
	Body        string    `json:"body,omitempty"`
}

func eventLine(e *webhooks.Event) eventDocument {
	return eventDocument{
		Attempts: e.Attempts, ID: e.ID, Note: e.Note, OccurredAt: e.OccurredAt, OrgID: e.OrgID, ProcessedAt: e.ProcessedAt, ReceivedAt: e.ReceivedAt,
		State: string(e.State), Type: e.Type,
	}
}
