package explain

import (
	"fmt"
	"strings"
)

// Text is the plan as EXPLAIN writes it for people, with what it did.
func (p *Plan) Text() string {
	var out strings.Builder
	p.Root.text(&out, 0)
	if p.Execution > 0 {
		_, _ = fmt.Fprintf(&out, "Planning Time: %.3f ms\nExecution Time: %.3f ms\n", p.Planning, p.Execution)
	}
	return out.String()
}

func (n *Node) text(out *strings.Builder, depth int) {
	indent, arrow := strings.Repeat("      ", depth), ""
	if depth > 0 {
		arrow = "->  "
	}
	name := n.Type
	if n.Type == "ModifyTable" {
		name = n.Operation
	}
	if n.Index != "" {
		name += " using " + n.Index
	}
	if n.Relation != "" {
		name += " on " + n.Relation
	}
	_, _ = fmt.Fprintf(out, "%s%s%s  (rows=%.0f)", indent, arrow, name, n.PlanRows)
	if n.Loops > 0 {
		_, _ = fmt.Fprintf(out, " (actual rows=%.0f loops=%.0f buffers=%d)", n.Rows, n.Loops, n.Hit+n.Read)
	}
	out.WriteByte('\n')
	for _, line := range [][2]string{{"Index Cond", n.IndexCond}, {"Filter", n.Filter}, {"Join Filter", n.JoinFilter}} {
		if line[1] != "" {
			_, _ = fmt.Fprintf(out, "%s      %s: %s\n", indent, line[0], line[1])
		}
	}
	if n.Removed > 0 {
		_, _ = fmt.Fprintf(out, "%s      Rows Removed by Filter: %.0f\n", indent, n.Removed)
	}
	for i := range n.Plans {
		n.Plans[i].text(out, depth+1)
	}
}
