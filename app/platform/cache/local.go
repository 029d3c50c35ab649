package cache

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
	"google.golang.org/protobuf/proto"
)

// entry is an answer in process memory, valid while its stamp stands and until it expires.
type entry struct {
	stamp   string
	expires time.Time
	message proto.Message

	mu      sync.RWMutex
	encoded map[string][]byte
}

// local is the bounded process memory in front of Valkey.
type local struct {
	answers   *lru.Cache[string, *entry]
	byMessage sync.Map // proto.Message -> *entry, to find encodings at the codec
	snapshots *lru.Cache[string, snapshot]
}

// snapshot is a value of an organisation that is kept in process memory only.
type snapshot struct {
	stamp string
	value any
}

func newLocal(entries int) (*local, error) {
	l := &local{}
	var err error
	l.answers, err = lru.NewWithEvict(entries, func(_ string, e *entry) { l.byMessage.Delete(e.message) })
	if err != nil {
		return nil, err
	}
	l.snapshots, err = lru.New[string, snapshot](entries)
	return l, err
}

func (l *local) get(key, stamp string, now time.Time) (*entry, bool) {
	e, ok := l.answers.Get(key)
	if !ok || e.stamp != stamp || !now.Before(e.expires) {
		return nil, false
	}
	return e, true
}

func (l *local) put(key string, e *entry) {
	// Replacing a key doesn't call the eviction function.
	if before, ok := l.answers.Peek(key); ok {
		l.byMessage.Delete(before.message)
	}
	l.byMessage.Store(e.message, e)
	l.answers.Add(key, e)
}

// Encoded returns the encoding of a message that is held in process memory, made by encode the first time that codec
// is asked for it. ok is false for any other message.
func (c *Cache) Encoded(message any, codec string, encode func() ([]byte, error)) (data []byte, ok bool, err error) {
	found, ok := c.local.byMessage.Load(message)
	if !ok {
		return nil, false, nil
	}
	e := found.(*entry)
	e.mu.RLock()
	data, ok = e.encoded[codec]
	e.mu.RUnlock()
	if ok {
		return data, true, nil
	}
	data, err = encode()
	if err != nil {
		return nil, false, err
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.encoded == nil {
		e.encoded = make(map[string][]byte, 2)
	}
	e.encoded[codec] = data
	return data, true, nil
}
