// Package outgoing tells an organisation's own systems what happens: it posts events, signed as Standard Webhooks, until they are
// taken.
//
// An event is written in the transaction of what happened, with one delivery for each endpoint that wants it, and a task for each
// delivery: what is rolled back is never sent, and what is committed is sent at least once, however often processes die. All attempts
// of an event carry the same webhook-id, by which receivers drop doubles. Deliveries come in no certain order; their timestamps tell.
//
// Whether anybody wants a type of event stands in organisations.webhook_events, which comes along with every branch that is read, so
// that closing an order costs nothing more where nobody listens.
//
// Requests go only to addresses of the public internet. That is decided on the address that is dialled, after names are resolved;
// redirects aren't followed and proxies aren't used.
package outgoing
