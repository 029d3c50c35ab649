// Package alerts looks at an organisation's figures every five minutes and announces what it asked to be told of: targets of the month
// that are exceeded, and thresholds of today's figures that are crossed.
package alerts
