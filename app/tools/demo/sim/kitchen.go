package sim

import "time"

// ticket sends the order to the kitchen. A large party may order something later, on a second ticket.
func (b *Branch) ticket(o *Order, v visit) {
	if !b.chance(b.world.options.TicketPermille) {
		return
	}
	o.Tickets = append(o.Tickets, Ticket{SentAt: v.sent, ReadyAt: v.sent.Add(v.prep)})
	for i := range o.Lines {
		o.Lines[i].TicketNo = 1
	}
	const least = 55 * time.Minute
	if len(o.Lines) < 3 || v.leaving.Sub(v.opened) < least || !b.chance(300) {
		return
	}
	again := v.opened.Add(b.minutes(25, 35))
	o.Tickets = append(o.Tickets, Ticket{SentAt: again, ReadyAt: again.Add(b.minutes(4, 14))})
	o.Lines[len(o.Lines)-1].TicketNo = 2
}
