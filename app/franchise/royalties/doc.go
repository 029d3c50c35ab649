// Package royalties states what each branch owes the franchisor for a range.
package royalties
