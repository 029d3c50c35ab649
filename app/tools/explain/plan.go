package explain

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
)

// Plan is what EXPLAIN says of one execution.
type Plan struct {
	Root      Node              `json:"Plan"`
	Settings  map[string]string `json:"Settings,omitempty"`
	Planning  float64           `json:"Planning Time,omitempty"`  // ms
	Execution float64           `json:"Execution Time,omitempty"` // ms
	JIT       *struct {
		Functions int `json:"Functions"`
	} `json:"JIT,omitempty"`

	generic bool
}

// Node is one node of a plan. Rows are of one loop, buffers of all loops and of the nodes below, as EXPLAIN counts them.
type Node struct {
	Type         string   `json:"Node Type"`
	Relation     string   `json:"Relation Name,omitempty"`
	Alias        string   `json:"Alias,omitempty"`
	Index        string   `json:"Index Name,omitempty"`
	IndexCond    string   `json:"Index Cond,omitempty"`
	Filter       string   `json:"Filter,omitempty"`
	JoinFilter   string   `json:"Join Filter,omitempty"`
	JoinType     string   `json:"Join Type,omitempty"`
	Operation    string   `json:"Operation,omitempty"`
	Relationship string   `json:"Parent Relationship,omitempty"`
	CTE          string   `json:"CTE Name,omitempty"`
	SortKey      []string `json:"Sort Key,omitempty"`
	SpaceType    string   `json:"Sort Space Type,omitempty"`
	PlanRows     float64  `json:"Plan Rows"`
	Rows         float64  `json:"Actual Rows"`
	Loops        float64  `json:"Actual Loops"`
	Removed      float64  `json:"Rows Removed by Filter,omitempty"`
	Rechecked    float64  `json:"Rows Removed by Index Recheck,omitempty"`
	Unmatched    float64  `json:"Rows Removed by Join Filter,omitempty"`
	HeapFetches  float64  `json:"Heap Fetches,omitempty"`
	Hit          int64    `json:"Shared Hit Blocks,omitempty"`
	Read         int64    `json:"Shared Read Blocks,omitempty"`
	TempWritten  int64    `json:"Temp Written Blocks,omitempty"`
	Arbiters     []string `json:"Conflict Arbiter Indexes,omitempty"`
	HashBatches  int      `json:"Hash Batches,omitempty"`
	DiskUsage    int64    `json:"Disk Usage,omitempty"` // of a hash aggregate, in KiB
	Plans        []Node   `json:"Plans,omitempty"`
}

// ParsePlan reads the answer of EXPLAIN (FORMAT JSON).
func ParsePlan(text []byte) (*Plan, error) {
	var plans []*Plan
	if err := json.Unmarshal(text, &plans); err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	if len(plans) != 1 {
		return nil, fmt.Errorf("read plan: %d plans instead of one", len(plans))
	}
	return plans[0], nil
}

// Nodes yields all nodes with the one above, which is nil for the root.
func (p *Plan) Nodes() iter.Seq2[*Node, *Node] {
	return func(yield func(*Node, *Node) bool) { p.Root.walk(nil, yield) }
}

func (n *Node) walk(above *Node, yield func(*Node, *Node) bool) bool {
	if !yield(n, above) {
		return false
	}
	for i := range n.Plans {
		if !n.Plans[i].walk(n, yield) {
			return false
		}
	}
	return true
}

// finds reports whether the plan reads anything, and whether any of its scans handed on a row.
func (p *Plan) finds() (reads, found bool) {
	for n := range p.Nodes() {
		reads = reads || n.scans()
		found = found || n.scans() && n.all() > 0
	}
	return reads, found
}

// pages are those that a scan touched, with those of the indexes below a bitmap scan.
func (n *Node) pages() int64 {
	touched := n.own()
	if n.Type == "Bitmap Heap Scan" {
		touched += n.Plans[0].Hit + n.Plans[0].Read
	}
	return touched
}

// own are the pages that the node touched itself. What belongs to a CTE counts where it is read first, which may leave less than nothing.
func (n *Node) own() int64 {
	touched := n.Hit + n.Read
	for i := range n.Plans {
		touched -= n.Plans[i].Hit + n.Plans[i].Read
	}
	return max(touched, 0)
}

// Buffers are the pages that the execution touched.
func (p *Plan) Buffers() int64 { return p.Root.Hit + p.Root.Read }

// all are the rows that the node handed on in all of its loops.
func (n *Node) all() float64 { return n.Rows * n.Loops }

// wholes yields the scans of the tree that read all that there is: none above stops them after some rows.
func (n *Node) wholes(limited bool, yield func(*Node)) {
	switch n.Type {
	case "Limit":
		limited = true
	case "Sort", "Aggregate", "Hash", "WindowAgg", "ModifyTable": // they take all before they hand on any, or whatever is above
		limited = false
	}
	if n.scans() && !limited {
		yield(n)
	}
	for i := range n.Plans {
		n.Plans[i].wholes(limited && n.Plans[i].Relationship != "InitPlan", yield)
	}
}

// below are the rows that a node with one below got from it.
func (n *Node) below() float64 {
	var rows float64
	for i := range n.Plans {
		if n.Plans[i].Relationship == "Outer" {
			rows += n.Plans[i].all()
		}
	}
	return rows
}

// inputs are the rows that were read for the node, without repetitions of what is kept in memory.
func (n *Node) inputs() float64 {
	if len(n.Plans) == 0 {
		return n.all()
	}
	var rows float64
	for i := range n.Plans {
		rows += n.Plans[i].inputs()
	}
	return rows
}

// spilled reports whether the node itself wrote to disk what didn't fit into memory.
func (n *Node) spilled() bool {
	written := n.TempWritten
	for i := range n.Plans {
		written -= n.Plans[i].TempWritten
	}
	return n.SpaceType == "Disk" || n.HashBatches > 1 || n.DiskUsage > 0 || written > 0
}

// joins reports whether the node puts the rows of two nodes together.
func (n *Node) joins() bool {
	return n.Type == "Nested Loop" || n.Type == "Hash Join" || n.Type == "Merge Join"
}

// Scanned are the rows that all scans handed on, and how often they began: what there was to be read.
func (p *Plan) Scanned() (rows, begun float64) {
	for n := range p.Nodes() {
		if n.scans() {
			rows += n.all()
			begun += n.Loops
		}
	}
	return rows, begun
}

// Written are the rows that were written.
func (p *Plan) Written() float64 {
	var rows float64
	for n := range p.Nodes() {
		if n.Type == "ModifyTable" {
			for _, below := range n.Plans {
				rows += below.all()
			}
		}
	}
	return rows
}

// scans reports whether the node reads a table. What a bitmap finds is counted where its rows are fetched.
func (n *Node) scans() bool { return n.Relation != "" && n.Type != "ModifyTable" }

// Generic reports whether the plan was made without values.
func (p *Plan) Generic() bool { return p.generic }

// Shape is the plan as its accesses, one a line, indented below joins and aggregates. Costs, times, values, and what differs by chance or
// between PostgreSQL's versions are left out: how a join is done, whether an index is read through a bitmap, how duplicates are found, and
// helpers that sort and keep rows.
func (p *Plan) Shape() []string {
	var lines []string
	p.Root.shape(0, &lines)
	return lines
}

func (n *Node) shape(depth int, lines *[]string) {
	if line := n.line(); line != "" {
		*lines = append(*lines, strings.Repeat("  ", depth)+line)
		depth++
	}
	if n.Type == "Bitmap Heap Scan" {
		return // its indexes are in its line
	}
	for i := range n.Plans {
		n.Plans[i].shape(depth, lines)
	}
}

func (n *Node) line() string {
	switch n.Type {
	case "Seq Scan", "Sample Scan", "Tid Scan":
		return n.Type + " on " + n.Relation
	case "Index Scan":
		return "Index on " + n.Relation + " by " + n.Index
	case "Index Only Scan":
		return "Index on " + n.Relation + " by " + n.Index
	case "Bitmap Heap Scan":
		return "Index on " + n.Relation + " by " + strings.Join(n.bitmaps(), ", ")
	case "Nested Loop", "Hash Join", "Merge Join": // as in joins
		if n.JoinType == "Inner" || n.JoinType == "" {
			return "Join"
		}
		kind := strings.TrimPrefix(n.JoinType, "Right ") // which side is hashed differs by chance
		return strings.Replace(kind, "Right", "Left", 1) + " join"
	case "ModifyTable":
		line := n.Operation + " " + n.Relation
		if len(n.Arbiters) > 0 {
			line += ", conflicts by " + strings.Join(n.Arbiters, ", ")
		}
		return line
	case "Unique":
		return "Aggregate"
	case "Merge Append":
		return "Append"
	case "Aggregate", "Limit", "WindowAgg", "SetOp", "Append", "LockRows", "Recursive Union":
		return n.Type
	case "CTE Scan", "WorkTable Scan":
		return n.Type + " " + n.CTE
	}
	return ""
}

// unconditional reports whether the node reads an index as a whole.
func (n *Node) unconditional() bool {
	switch n.Type {
	case "Index Scan", "Index Only Scan", "Bitmap Index Scan":
		return n.IndexCond == ""
	case "Bitmap Heap Scan", "BitmapAnd", "BitmapOr":
		for i := range n.Plans {
			if n.Plans[i].unconditional() {
				return n.Type != "BitmapAnd"
			}
		}
	}
	return false
}

// bitmaps are the indexes below a bitmap scan.
func (n *Node) bitmaps() []string {
	var found []string
	for at := range (&Plan{Root: *n}).Nodes() {
		if at.Type == "Bitmap Index Scan" {
			found = append(found, at.Index)
		}
	}
	return found
}
