// Package schema holds the declared state of the database, one file for each noun.
package schema

import "embed"

// Files are the declarations, to be read in the order of their names.
//
//go:embed *.sql
var Files embed.FS

// Indexes is what PostgreSQL and Atlas say of the declared indexes, generated from the files.
//
//go:embed indexes.json
var Indexes []byte
