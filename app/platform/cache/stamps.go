package cache

import (
	"context"
	"crypto/rand"
	"fmt"
	"runtime"
	"sync"

	"github.com/valkey-io/valkey-go"
)

// stampLength is the length of what crypto/rand.Text returns.
const stampLength = 26

// stamps are an organisation's present stamps, in the order of [reports].
type stamps [len(reports)]string

func (s *stamps) of(report Report) string {
	for i, r := range reports {
		if r == report {
			return s[i]
		}
	}
	return ""
}

// ensureStamps returns the stamps and mints those that are missing, so that a report is never without one.
//
// KEYS: stamps hash. ARGV: field, new stamp, field, new stamp, …
var ensureStamps = valkey.NewLuaScript(`
local answer = {}
for i = 1, #ARGV, 2 do
  redis.call('HSETNX', KEYS[1], ARGV[i], ARGV[i + 1])
  answer[#answer + 1] = redis.call('HGET', KEYS[1], ARGV[i])
end
return answer`)

func fetchStamps(ctx context.Context, client valkey.Client, key string) (*stamps, error) {
	fields := make([]string, len(reports))
	for i, report := range reports {
		fields[i] = string(report)
	}
	values, err := client.Do(ctx, client.B().Hmget().Key(key).Field(fields...).Build()).ToArray()
	if err != nil {
		return nil, fmt.Errorf("fetch stamps: %w", err)
	}
	found, complete := readStamps(values)
	if complete {
		return found, nil
	}
	args := make([]string, 0, 2*len(fields))
	for _, field := range fields {
		args = append(args, field, rand.Text())
	}
	values, err = ensureStamps.Exec(ctx, client, []string{key}, args).ToArray()
	if err != nil {
		return nil, fmt.Errorf("mint stamps: %w", err)
	}
	if found, complete = readStamps(values); !complete {
		return nil, fmt.Errorf("mint stamps: %d of %d came back", len(values), len(reports))
	}
	return found, nil
}

func readStamps(values []valkey.ValkeyMessage) (*stamps, bool) {
	var found stamps
	if len(values) != len(found) {
		return nil, false
	}
	for i := range values {
		stamp, err := values[i].ToString()
		if err != nil || len(stamp) != stampLength {
			return nil, false
		}
		found[i] = stamp
	}
	return &found, true
}

// validator shares round trips among the readers of an organisation. A reader never joins a fetch that was already
// under way when it arrived: that one could have read the stamps before a write that the reader must see.
type validator struct {
	fetch func(ctx context.Context, orgID string) (*stamps, error)

	mu    sync.Mutex
	lines map[string]*line
}

// line is the queue of one organisation, there while a fetch is under way or about to begin.
type line struct {
	// next is the round that readers may still join, nil if nobody waits.
	next *round
}

// round is one fetch and those who share it.
type round struct {
	done   chan struct{}
	stamps *stamps
	err    error
}

func newValidator(fetch func(ctx context.Context, orgID string) (*stamps, error)) *validator {
	return &validator{fetch: fetch, lines: make(map[string]*line)}
}

// current returns the organisation's stamps as they were at some instant after the call began.
func (v *validator) current(ctx context.Context, orgID string) (*stamps, error) {
	v.mu.Lock()
	l, busy := v.lines[orgID]
	if !busy {
		l = &line{}
		v.lines[orgID] = l
	}
	if l.next == nil {
		l.next = &round{done: make(chan struct{})}
	}
	r := l.next
	v.mu.Unlock()
	if !busy {
		v.run(orgID, l)
	}

	select {
	case <-r.done:
		return r.stamps, r.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// run does the next round and hands the line on to those who arrived meanwhile. The caller's own context isn't used: a
// round is shared, and one reader that gives up must not fail the others.
func (v *validator) run(orgID string, l *line) {
	// Readers that are ready to run join this round instead of waiting for it and the next.
	runtime.Gosched()
	v.mu.Lock()
	r := l.next
	l.next = nil
	v.mu.Unlock()

	r.stamps, r.err = v.fetch(context.Background(), orgID)
	close(r.done)

	v.mu.Lock()
	waiting := l.next != nil
	if !waiting {
		delete(v.lines, orgID)
	}
	v.mu.Unlock()
	if waiting {
		go v.run(orgID, l)
	}
}
