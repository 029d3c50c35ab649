package watch

import (
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"

	"github.com/shopspring/decimal"

	"github.com/chefcloud/chefcloud/app/kpi"
	"github.com/chefcloud/chefcloud/app/platform/money"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

const (
	// clearScreen empties the terminal once. Then home puts the cursor at the top, and restOfLine and restOfScreen clear what was there, which
	// doesn't flicker.
	clearScreen  = "\x1b[2J"
	home         = "\x1b[H"
	restOfLine   = "\x1b[K"
	restOfScreen = "\x1b[J"
	// none stands where a ratio has no denominator.
	none = "-"
)

// Screen draws figures over those before on a terminal.
type Screen struct {
	// Height is how many lines the terminal has; nil or 0: as many as are needed.
	Height func() int
	// Out is the terminal.
	Out io.Writer

	drawn         bool
	status, table string
}

// Show draws figures.
func (s *Screen) Show(k *kpiv1.Kpis) error {
	s.table, s.status = Table(k), "live, as of "+k.GetTimestamp().AsTime().Local().Format(time.TimeOnly)
	return s.draw()
}

// Notice says why the figures stand still.
func (s *Screen) Notice(reason string, pause time.Duration) {
	s.status = notice(reason, pause)
	_ = s.draw() // the next figures tell if the terminal is gone
}

func (s *Screen) draw() error {
	text := strings.ReplaceAll(s.fitting()+s.status+"\n", "\n", restOfLine+"\n")
	text = home + text + restOfScreen
	if !s.drawn {
		s.drawn, text = true, clearScreen+text
	}
	_, err := io.WriteString(s.Out, text)
	return err
}

// fitting is the table without the branches for which there is no room: a screen that scrolls can't be drawn over.
func (s *Screen) fitting() string {
	lines := strings.SplitAfter(s.table, "\n") // the last is empty
	height := 0
	if s.Height != nil {
		height = s.Height()
	}
	const others = 5 // the heading, what is left out, the total, the status, and the cursor
	rows := len(lines) - 3
	if room := max(height-others, 0); height > 0 && rows > room+1 {
		left := fmt.Sprintf("… and %d more branches\n", rows-room)
		lines = slices.Concat(lines[:1+room], []string{left}, lines[1+rows:])
	}
	return strings.Join(lines, "")
}

func notice(reason string, pause time.Duration) string {
	return fmt.Sprintf("%s; again in %s", reason, pause.Round(100*time.Millisecond))
}

// Lines writes figures as JSON, one document a line, with the data of Server-Sent Events.
type Lines struct{ Out, Errors io.Writer }

// Show writes a line.
func (l Lines) Show(k *kpiv1.Kpis) error {
	document, err := kpi.Document(k)
	if err != nil {
		return err
	}
	_, err = l.Out.Write(append(document, '\n'))
	return err
}

// Notice says why the figures stand still.
func (l Lines) Notice(reason string, pause time.Duration) {
	_, _ = fmt.Fprintln(l.Errors, notice(reason, pause))
}

// Table lays figures out for people, the branches first.
func Table(k *kpiv1.Kpis) string {
	var out bytes.Buffer
	table := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = fmt.Fprintf(table, "BRANCH\tDATE\tNET SALES %s\tORDERS\tAVERAGE CHECK\tDISCOUNTS\tOPEN\tON TIME\tAT RISK\tOF BUDGET\t\n", k.GetCurrency())
	for _, b := range k.GetBranches() {
		row(table, b.GetBranchName(), b.GetBusinessDate(), k.GetCurrency(), b.GetFigures())
	}
	row(table, "Total", "", k.GetCurrency(), k.GetTotal())
	_ = table.Flush() // into memory
	return out.String()
}

func row(table io.Writer, name, date, currency string, f *kpiv1.KpiFigures) {
	name = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return unicode.ReplacementChar // what a terminal would take for a command
	}, name)
	check := none
	if f.AverageCheck != nil {
		check = money.Format(f.GetAverageCheck(), currency)
	}
	_, _ = fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\t%s\t%d\t%s\t%d\t%s\t\n", name, date, money.Format(f.GetRevenue(), currency), f.GetOrders(), check,
		money.Format(f.GetDiscounts(), currency), f.GetOpenOrders(), percent(f.ServiceLevelBp), f.GetStockAtRisk(), percent(f.BudgetAttainmentBp))
}

// percent writes basis points.
func percent(bp *int64) string {
	if bp == nil {
		return none
	}
	return decimal.New(*bp, -2).StringFixed(2) + " %"
}
