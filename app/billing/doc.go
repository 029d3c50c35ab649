// Package billing knows what an organisation has subscribed to and was billed, from what the payment provider says.
//
// Providers deliver late, twice and in any order. So what is kept are two registers: the greatest event of the subscription, by
// version, then time, then id, and the latest event of a payment. Both are the same in whichever order the events came, and the plan
// and status that hold at an instant follow from the two ([Subscription.Standing]). organisations.plan is that plan, kept in the same
// transaction, because limits are looked up there; a job keeps up with what time alone changes.
package billing
