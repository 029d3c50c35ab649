// Package webhooks takes what the payment provider sends, once, and lets it have its effect, once.
//
// A delivery is checked in this order: size, headers, time, signature, whether it was taken before, JSON. It is stored together with its
// event and the task of its effect in one transaction, and answered after that is committed. What was signed is taken once, whatever
// surrounds it, and so is an event, in however many deliveries it comes.
//
// PostgreSQL alone decides what was taken. Valkey is told afterwards, so that most replays are refused without asking the database; a
// process that dies in between has neither lost nor refused anything.
package webhooks
