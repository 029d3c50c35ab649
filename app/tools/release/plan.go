package release

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"

	"github.com/jackc/pgx/v5"

	"github.com/chefcloud/chefcloud/app/platform/postgres/schema"
)

// Step is what is to be done with one index.
type Step struct {
	Index schema.Index
	State State
	// Bytes is the size that is expected, or that of an index that is there.
	Bytes int64
	// Scans are how often an index that is there was used.
	Scans int64
	// Blockers are in the way now.
	Blockers []Blocker
}

// ErrPriority is a priority that no index has.
var ErrPriority = errors.New("no declared index has this priority")

// reindexed matches the names that REINDEX CONCURRENTLY gives what it leaves behind.
var reindexed = regexp.MustCompile(`_cc(new|old)\d*$`)

// of are the indexes of a priority; empty: of all.
func of(declared []schema.Index, priority string) ([]schema.Index, error) {
	chosen := slices.DeleteFunc(slices.Clone(declared), func(i schema.Index) bool {
		return i.Priority == "" || priority != "" && i.Priority != priority
	})
	if len(chosen) == 0 {
		return nil, fmt.Errorf("%s: %w", priority, ErrPriority)
	}
	slices.SortStableFunc(chosen, func(a, b schema.Index) int {
		if a.Priority < b.Priority {
			return -1
		}
		return 1
	})
	return chosen, nil
}

// choose returns the indexes of a priority, and those that the database has.
func (o *Operator) choose(ctx context.Context, declared []schema.Index, priority string) (chosen []schema.Index, have map[string]present, err error) {
	if chosen, err = of(declared, priority); err != nil {
		return nil, nil, err
	}
	have, err = read(ctx, o.conn)
	return chosen, have, err
}

// Plan returns what Apply would do with the indexes of a priority. For an empty one it is all priorities, and every index that is invalid.
func (o *Operator) Plan(ctx context.Context, declared []schema.Index, priority string) ([]Step, error) {
	chosen, have, err := o.choose(ctx, declared, priority)
	if err != nil {
		return nil, err
	}
	var steps []Step
	if priority == "" {
		steps = repairs(declared, have)
	}
	for _, index := range chosen {
		steps = append(steps, Step{Index: index, State: stateOf(index, have)})
	}
	for i := range steps {
		step := &steps[i]
		step.Bytes, step.Scans = have[step.Index.Name].Bytes, have[step.Index.Name].Scans
		switch step.State {
		case Valid, Different:
			continue
		case Missing, Invalid:
			if step.Bytes, err = o.expected(ctx, step.Index); err != nil {
				return nil, err
			}
		case Unfinished, Leftover:
		}
		if step.Blockers, err = blockers(ctx, o.conn, step.Index.Table, o.Long); err != nil {
			return nil, err
		}
	}
	// What is being built isn't left over.
	return slices.DeleteFunc(steps, func(step Step) bool {
		return step.State == Leftover && slices.ContainsFunc(step.Blockers, func(b Blocker) bool { return b.Why == builds })
	}), nil
}

// repairs are declared indexes without a priority that are invalid, and what REINDEX CONCURRENTLY left behind.
func repairs(declared []schema.Index, have map[string]present) []Step {
	var steps []Step
	known := make(map[string]bool)
	for _, index := range declared {
		known[index.Name] = true
		if index.Priority == "" && len(index.Create) > 0 && stateOf(index, have) == Invalid {
			steps = append(steps, Step{Index: index, State: Invalid})
		}
	}
	for _, p := range have {
		if !known[p.Name] && !p.Valid && reindexed.MatchString(p.Name) {
			drop := "DROP INDEX CONCURRENTLY " + pgx.Identifier{"public", p.Name}.Sanitize()
			steps = append(steps, Step{Index: schema.Index{Name: p.Name, Table: p.Table, Definition: p.Definition, Drop: drop}, State: Leftover})
		}
	}
	slices.SortFunc(steps, func(a, b Step) int {
		if a.Index.Name < b.Index.Name {
			return -1
		}
		return 1
	})
	return steps
}

// Apply builds the indexes of a priority that aren't there, one after the other, and repairs what is invalid or unfinished.
func (o *Operator) Apply(ctx context.Context, declared []schema.Index, priority string) error {
	steps, err := o.Plan(ctx, declared, priority)
	if err != nil {
		return err
	}
	for _, step := range steps {
		switch step.State {
		case Valid:
			o.Say(step.Index.Name + " is there")
		case Different:
			return fmt.Errorf("%s has another definition than is declared: look at it with verify, drop it, and apply again", step.Index.Name)
		case Missing, Invalid, Unfinished:
			err = o.build(ctx, step)
		case Leftover:
			err = o.drop(ctx, step)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", step.Index.Name, err)
		}
	}
	return nil
}

// PlanDrop returns what Drop would do: the indexes of a priority that are there, the last first. Those that keep rows unique aren't dropped.
func (o *Operator) PlanDrop(ctx context.Context, declared []schema.Index, priority string) ([]Step, error) {
	if priority == "" {
		return nil, fmt.Errorf("name a priority: %w", ErrPriority)
	}
	chosen, have, err := o.choose(ctx, declared, priority)
	if err != nil {
		return nil, err
	}
	var steps []Step
	for _, index := range slices.Backward(chosen) {
		if index.Unique {
			return nil, fmt.Errorf("%s keeps rows unique: it isn't dropped", index.Name)
		}
		p, ok := have[index.Name]
		if !ok {
			continue
		}
		step := Step{Index: index, State: stateOf(index, have), Bytes: p.Bytes, Scans: p.Scans}
		if step.Blockers, err = blockers(ctx, o.conn, index.Table, o.Long); err != nil {
			return nil, err
		}
		steps = append(steps, step)
	}
	return steps, nil
}

// Drop drops the indexes of a priority.
func (o *Operator) Drop(ctx context.Context, declared []schema.Index, priority string) error {
	steps, err := o.PlanDrop(ctx, declared, priority)
	if err != nil {
		return err
	}
	for _, step := range steps {
		if err := o.drop(ctx, step); err != nil {
			return fmt.Errorf("drop %s: %w", step.Index.Name, err)
		}
	}
	return nil
}
