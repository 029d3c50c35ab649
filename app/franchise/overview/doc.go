// Package overview answers what the branches sold, earned and wasted in a range, beside the range before.
package overview
