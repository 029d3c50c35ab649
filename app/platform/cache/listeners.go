package cache

import "sync"

// listeners counts who listens to each channel. They share a connection, on which a subscription ends for all of them.
type listeners struct {
	mu sync.Mutex
	by map[string]int
}

// listener is one of them.
type listener struct {
	all     *listeners
	channel string
	left    bool
}

// join waits while the subscription to a channel is being ended.
func (l *listeners) join(channel string) *listener {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.by == nil {
		l.by = make(map[string]int)
	}
	l.by[channel]++
	return &listener{all: l, channel: channel}
}

// leave takes a listener out of the count, once. If it was the last of its channel, end is called, unless it is nil: nobody joins meanwhile.
func (l *listener) leave(end func()) {
	if l.left {
		return
	}
	l.left = true
	l.all.mu.Lock()
	defer l.all.mu.Unlock()
	if l.all.by[l.channel]--; l.all.by[l.channel] > 0 {
		return
	}
	delete(l.all.by, l.channel)
	if end != nil {
		end()
	}
}
