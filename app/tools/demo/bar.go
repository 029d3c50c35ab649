package demo

import (
	"fmt"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"
)

// bar shows how far a load is. A nil bar shows nothing.
type bar struct {
	to      io.Writer
	display *progressbar.ProgressBar
}

func newBar(to io.Writer, title string, total int, unit string) *bar {
	return &bar{to: to, display: progressbar.NewOptions(total,
		progressbar.OptionSetWriter(to),
		progressbar.OptionSetDescription(title),
		progressbar.OptionSetWidth(30),
		progressbar.OptionShowCount(),
		progressbar.OptionShowIts(),
		progressbar.OptionSetItsString(unit),
		progressbar.OptionThrottle(100*time.Millisecond),
		progressbar.OptionClearOnFinish(),
	)}
}

func (b *bar) add(n int) {
	if b != nil {
		_ = b.display.Add(n) // a display that fails is no reason to stop
	}
}

// done takes the bar away and leaves a sentence in its place.
func (b *bar) done(sentence string) error {
	_ = b.display.Finish()
	_, err := fmt.Fprintln(b.to, sentence)
	return err
}
