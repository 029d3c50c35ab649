package sim

import (
	"math/rand/v2"
	"time"

	"go.jetify.com/typeid/v2"
)

// uploadGap is the time between the uploads of two branches of a world.
const uploadGap = time.Second

// mint returns an id for something that happens at an instant. Where a branch uploads its day at once, ids are minted then,
// each a millisecond after the last.
func (b *Branch) mint(prefix string, at time.Time) string {
	if b.world.options.NightlyUpload {
		at = b.closing.Add(time.Duration(b.number)*uploadGap + time.Duration(b.minted)*time.Millisecond)
		b.minted++
	}
	return newID(prefix, at, b.random)
}

// newID mints an id as app/platform/ids does, but as of a given instant and from given random numbers.
func newID(prefix string, at time.Time, random *rand.Rand) string {
	var uuid [16]byte
	milliseconds := uint64(at.UnixMilli())
	for i := range 6 {
		uuid[i] = byte(milliseconds >> (40 - 8*i))
	}
	high, low := random.Uint64(), random.Uint64()
	for i := range 8 {
		uuid[8+i] = byte(low >> (8 * i))
	}
	uuid[6], uuid[7] = 0x70|byte(high)&0x0f, byte(high>>8) // version 7
	uuid[8] = 0x80 | uuid[8]&0x3f                          // variant
	id, err := typeid.FromBytes(prefix, uuid[:])
	if err != nil {
		panic(err) // the prefix is a constant and the length is right
	}
	return id.String()
}
