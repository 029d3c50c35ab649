package orders

import (
	"fmt"
	"time"

	"github.com/chefcloud/chefcloud/app/platform/fault"
	"github.com/chefcloud/chefcloud/app/platform/ids"
	"github.com/chefcloud/chefcloud/app/platform/money"
)

// Grant describes a discount, comp or refund.
type Grant struct {
	At     time.Time
	By     string
	LineNo int32 // 0: the whole order
	Reason string
}

func (g Grant) adjustment(kind AdjustmentKind, amount int64) Adjustment {
	return Adjustment{
		Amount: amount, CreatedAt: g.At, CreatedBy: g.By, ID: ids.New("adj"), Kind: kind, LineNo: g.LineNo, Reason: g.Reason,
	}
}

// GrantDiscount takes an amount off one line, or off all pro rata to what remains of them.
func (o *Order) GrantDiscount(amount int64, g Grant) error {
	return o.grant(KindDiscount, amount, g)
}

// GrantComp gives an amount of one line or of the order away; 0 means all that remains of it.
func (o *Order) GrantComp(amount int64, g Grant) error {
	if amount == 0 {
		amount = o.remaining(g.LineNo)
	}
	return o.grant(KindComp, amount, g)
}

// CompLines gives away what remains of the lines, or of all if there are none.
func (o *Order) CompLines(nos []int32, g Grant) error {
	if len(nos) == 0 {
		return o.GrantComp(0, g)
	}
	for i, no := range nos {
		if _, err := o.line(no); err != nil {
			return fault.Invalid(fmt.Sprintf("line_nos[%d]", i), fmt.Sprintf("must be a line of the order that is not voided, not %d", no))
		}
		g.LineNo = no
		if o.remaining(no) == 0 {
			return fault.Invalid(fmt.Sprintf("line_nos[%d]", i), fmt.Sprintf("must be a line with something left to pay, not %d", no))
		}
		if err := o.GrantComp(0, g); err != nil {
			return err
		}
	}
	return nil
}

// remaining is what is left to pay of a line, or of the order if no is 0.
func (o *Order) remaining(no int32) int64 {
	var sum int64
	for i := range o.Lines {
		if no == 0 || o.Lines[i].No == no {
			sum += o.Lines[i].remaining()
		}
	}
	return sum
}

func (o *Order) grant(kind AdjustmentKind, amount int64, g Grant) error {
	if err := o.active(); err != nil {
		return err
	}
	if g.LineNo != 0 {
		if _, err := o.line(g.LineNo); err != nil {
			return err
		}
	}
	if left := o.remaining(g.LineNo); amount <= 0 || amount > left {
		return fault.Invalid("amount", fmt.Sprintf("must be from 1 to %d, what remains to be paid", left))
	}
	weights := make([]int64, len(o.Lines))
	for i := range o.Lines {
		if g.LineNo == 0 || o.Lines[i].No == g.LineNo {
			weights[i] = o.Lines[i].remaining()
		}
	}
	for i, share := range money.Allocate(amount, weights) {
		if kind == KindDiscount {
			o.Lines[i].Discount += share
		} else {
			o.Lines[i].Comp += share
		}
	}
	o.Adjustments = append(o.Adjustments, g.adjustment(kind, amount))
	o.total()
	return nil
}
