package copyto

import "encoding/binary"

const (
	numericBase     = 10_000 // PostgreSQL's digits of numeric
	numericNegative = 0x4000
	numericPlaces   = 4 // decimals that one digit holds
)

// Numeric adds the numeric unscaled ÷ 10^scale: 1500 at scale 3 is 1.500. The scale is at most 8.
func (b *Buffer) Numeric(unscaled int64, scale int) {
	sign := uint16(0)
	magnitude := uint64(unscaled)
	if unscaled < 0 {
		sign, magnitude = numericNegative, -magnitude
	}
	fraction := (scale + numericPlaces - 1) / numericPlaces // digits after the point
	pad, divisor := uint64(1), uint64(1)
	for range fraction*numericPlaces - scale {
		pad *= 10
	}
	for range scale {
		divisor *= 10
	}

	var digits [10]uint16 // least significant first
	count := 0
	low := magnitude % divisor * pad
	for range fraction {
		digits[count], low = uint16(low%numericBase), low/numericBase
		count++
	}
	for whole := magnitude / divisor; whole > 0; whole /= numericBase {
		digits[count] = uint16(whole % numericBase)
		count++
	}
	first := 0 // trailing zeros are not stored
	for first < count && digits[first] == 0 {
		first++
	}
	for count > first && digits[count-1] == 0 { // leading ones neither
		count--
	}
	weight := count - 1 - fraction
	if first == count {
		weight = 0
	}

	b.length(8 + 2*(count-first))
	b.data = binary.BigEndian.AppendUint16(b.data, uint16(count-first))
	b.data = binary.BigEndian.AppendUint16(b.data, uint16(weight))
	b.data = binary.BigEndian.AppendUint16(b.data, sign)
	b.data = binary.BigEndian.AppendUint16(b.data, uint16(scale))
	for i := count - 1; i >= first; i-- {
		b.data = binary.BigEndian.AppendUint16(b.data, digits[i])
	}
}
