package procurement

import (
	"bytes"
	"fmt"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	"github.com/go-fonts/dejavu/dejavusans"
	"github.com/go-fonts/dejavu/dejavusansbold"
	"golang.org/x/image/font/sfnt"
)

// The page, in millimetres and points.
const (
	pdfFont       = "dejavu"
	pdfLineHeight = 5.0
	pdfMargin     = 18.0
	pdfBottom     = 297 - pdfMargin // of A4
	pdfText       = 9.0
	pdfTitle      = 15.0
	pdfFactWidth  = 30.0
	// missingGlyph stands for a character that the font doesn't have.
	missingGlyph = '□'
)

// pdfColumn is a column of the table.
type pdfColumn struct {
	align string
	title string
	width float64
	value func(DocumentLine) string
}

var pdfColumns = []pdfColumn{
	{"L", "No.", 10, func(l DocumentLine) string { return l.No }},
	{"L", "Item", 56, func(l DocumentLine) string { return l.Name }},
	{"R", "Quantity", 22, func(l DocumentLine) string { return l.Quantity }},
	{"L", "Unit", 14, func(l DocumentLine) string { return l.BaseUnit }},
	{"R", "Packs", 24, func(l DocumentLine) string { return l.Packs }},
	{"R", "Price", 23, func(l DocumentLine) string { return l.UnitCost }},
	{"R", "Amount", 25, func(l DocumentLine) string { return l.Amount }},
}

// PDF returns the document as a PDF file, the same one whenever it is asked for. Its font has the Latin, Greek, Cyrillic, Armenian,
// Georgian and many other scripts. What it doesn't have is shown as boxes, and scripts that are written from right to left are not
// put in order: for those there is [Document.HTML].
func (d Document) PDF() ([]byte, error) {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCreationDate(d.Date)
	pdf.SetModificationDate(d.Date)
	pdf.SetCatalogSort(true)
	pdf.SetMargins(pdfMargin, pdfMargin, pdfMargin)
	pdf.SetAutoPageBreak(false, pdfMargin)
	pdf.AddUTF8FontFromBytes(pdfFont, "", dejavusans.TTF)
	pdf.AddUTF8FontFromBytes(pdfFont, "B", dejavusansbold.TTF)
	pdf.SetTitle(printable(d.Title), true)
	p := &pdfPage{pdf: pdf}
	pdf.AddPage()
	p.head(d)
	p.columnTitles()
	for _, l := range d.Lines {
		p.line(l)
	}
	p.foot(d)
	var file bytes.Buffer
	if err := pdf.Output(&file); err != nil {
		return nil, fmt.Errorf("write PDF: %w", err)
	}
	return file.Bytes(), nil
}

// pdfPage writes from the top of a page downwards and begins another where it is full.
type pdfPage struct{ pdf *fpdf.Fpdf }

func (p *pdfPage) head(d Document) {
	p.pdf.SetFont(pdfFont, "B", pdfTitle)
	p.pdf.MultiCell(0, 2*pdfLineHeight, printable(d.Title), "", "L", false)
	p.pdf.SetFont(pdfFont, "B", pdfText)
	if d.Notice != "" {
		p.pdf.MultiCell(0, 1.5*pdfLineHeight, printable(d.Notice), "1", "C", false)
		p.pdf.Ln(pdfLineHeight)
	}
	for _, fact := range d.Facts {
		p.pdf.SetFont(pdfFont, "", pdfText)
		p.pdf.CellFormat(pdfFactWidth, pdfLineHeight, printable(fact.Name), "", 0, "L", false, 0, "")
		p.pdf.MultiCell(0, pdfLineHeight, printable(fact.Value), "", "L", false)
	}
	p.pdf.Ln(pdfLineHeight)
}

func (p *pdfPage) columnTitles() {
	p.pdf.SetFont(pdfFont, "B", pdfText)
	for _, c := range pdfColumns {
		p.pdf.CellFormat(c.width, 1.4*pdfLineHeight, c.title, "B", 0, c.align, false, 0, "")
	}
	p.pdf.Ln(-1)
	p.pdf.SetFont(pdfFont, "", pdfText)
}

// line writes an item; long texts take several rows of their column.
func (p *pdfPage) line(l DocumentLine) {
	cells := make([][]string, len(pdfColumns))
	rows := 1
	for i, c := range pdfColumns {
		cells[i] = p.pdf.SplitText(printable(c.value(l)), c.width)
		rows = max(rows, len(cells[i]))
	}
	if p.room(rows) {
		p.columnTitles()
	}
	for row := range rows {
		border := ""
		if row == rows-1 {
			border = "B"
		}
		for i, c := range pdfColumns {
			text := ""
			if row < len(cells[i]) {
				text = cells[i][row]
			}
			p.pdf.CellFormat(c.width, pdfLineHeight, text, border, 0, c.align, false, 0, "")
		}
		p.pdf.Ln(-1)
	}
}

func (p *pdfPage) foot(d Document) {
	p.room(2)
	p.pdf.SetFont(pdfFont, "B", pdfText)
	last := pdfColumns[len(pdfColumns)-1].width
	var before float64
	for _, c := range pdfColumns[:len(pdfColumns)-1] {
		before += c.width
	}
	p.pdf.CellFormat(before, 1.4*pdfLineHeight, "Total, "+d.Currency, "", 0, "L", false, 0, "")
	p.pdf.CellFormat(last, 1.4*pdfLineHeight, d.Total, "", 1, "R", false, 0, "")
	p.pdf.SetFont(pdfFont, "", pdfText)
	p.pdf.Ln(pdfLineHeight)
	width, _ := p.pdf.GetPageSize()
	for _, paragraph := range strings.Split(d.Terms, "\n") {
		for _, row := range p.pdf.SplitText(printable(paragraph), width-2*pdfMargin) {
			p.room(1)
			p.pdf.CellFormat(0, pdfLineHeight, row, "", 1, "L", false, 0, "")
		}
	}
}

// room begins a new page, and says so, if so many rows don't fit on this one. Something taller than a page begins at its top.
func (p *pdfPage) room(rows int) bool {
	if p.pdf.GetY()+float64(rows)*pdfLineHeight <= pdfBottom {
		return false
	}
	p.pdf.AddPage()
	return true
}

// glyphs is the font, to be asked which characters it has. It may be asked by several at once, each with a buffer of its own.
var glyphs = sync.OnceValues(func() (*sfnt.Font, error) { return sfnt.Parse(dejavusans.TTF) })

// printable returns text in which every character has a glyph.
func printable(text string) string {
	font, err := glyphs()
	if err != nil {
		panic("procurement: font: " + err.Error()) // it is part of the program
	}
	var buffer sfnt.Buffer
	return strings.Map(func(r rune) rune {
		if r == ' ' {
			return r
		}
		if glyph, err := font.GlyphIndex(&buffer, r); err != nil || glyph == 0 || r > '\uffff' {
			return missingGlyph
		}
		return r
	}, text)
}
