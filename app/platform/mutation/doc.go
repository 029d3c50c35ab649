// Package mutation runs each changing call in one transaction and answers its repetition with the first answer.
package mutation
