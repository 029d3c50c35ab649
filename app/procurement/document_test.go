package procurement

import (
	"bytes"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/chefcloud/chefcloud/app/franchise/branch"
	"github.com/chefcloud/chefcloud/app/inventory"
)

// printed is an order of two items in USD, whose minor units are cents.
func printed(change func(*Order, *Supplier)) Document {
	o := &Order{
		CreatedAt: noon, Currency: "USD", ID: "PO-1", PlacedAt: noon.Add(13 * time.Hour), Status: StatusPlaced, Total: 54_010_5,
		Lines: []Line{
			{Amount: 540_000, ItemID: "BEEF", No: 1, Quantity: dec("60.000"), UnitCost: dec("9000.000000")},
			{Amount: 105, ItemID: "SALT", No: 2, Quantity: dec("1.000"), UnitCost: dec("105.500000")},
		},
	}
	supplier := Supplier{Email: "meat@example.com", ID: "SUP", Name: "Kampala Meat", Terms: "30 days net\nNo substitutes"}
	change(o, &supplier)
	return newDocument(o, branch.Branch{ID: "B1", Location: time.UTC, Name: "Acacia"}, supplier,
		map[string]inventory.Item{"BEEF": {BaseUnit: "kg", Name: "Beef"}}, map[string]decimal.Decimal{"BEEF": dec("12.000"), "SALT": dec("0.7")})
}

func unchanged(*Order, *Supplier) {}

func TestDocument(t *testing.T) {
	t.Parallel()

	t.Run("HasWhatTheSupplierNeeds", func(t *testing.T) {
		t.Parallel()
		d := printed(unchanged)
		require.Equal(t, Document{
			Currency: "USD", Date: noon.Add(13 * time.Hour), OrderID: "PO-1", Terms: "30 days net\nNo substitutes", Title: "Purchase order PO-1", Total: "5401.05",
			Facts: []DocumentFact{
				{"Supplier", "Kampala Meat (SUP)"}, {"Email", "meat@example.com"}, {"Deliver to", "Acacia (B1)"}, {"Date", "2024-11-08"}, {"Status", "PLACED"},
				{"Currency", "USD"},
			},
			Lines: []DocumentLine{
				{Amount: "5400.00", BaseUnit: "kg", Name: "Beef (BEEF)", No: "1", Packs: "5 × 12", Quantity: "60", UnitCost: "90.00"},
				{Amount: "1.05", Name: "SALT (SALT)", No: "2", Quantity: "1", UnitCost: "1.055"},
			},
		}, d)
	})

	t.Run("LeavesOutAnEmailThatIsNotKnown", func(t *testing.T) {
		t.Parallel()
		d := printed(func(_ *Order, s *Supplier) { s.Email = "" })
		require.Equal(t, "Deliver to", d.Facts[1].Name)
		require.Len(t, d.Facts, 5)
	})

	for status, notice := range map[Status]string{
		StatusDraft: "Not placed yet: do not deliver.", StatusSubmitted: "Not placed yet: do not deliver.", StatusApproved: "Not placed yet: do not deliver.",
		StatusCancelled: "Cancelled: do not deliver.", StatusPlaced: "", StatusPartiallyReceived: "", StatusReceived: "", StatusClosedShort: "",
	} {
		t.Run("SaysWhatItIsWhen "+string(status), func(t *testing.T) {
			t.Parallel()
			require.Equal(t, notice, printed(func(o *Order, _ *Supplier) { o.Status = status }).Notice)
		})
	}
}

func TestDocumentHTML(t *testing.T) {
	t.Parallel()
	page, err := printed(func(_ *Order, s *Supplier) { s.Name = "<script>alert(1)</script> Nyama & Söhne 肉屋" }).HTML()
	require.NoError(t, err)
	require.Contains(t, string(page), "&lt;script&gt;alert(1)&lt;/script&gt; Nyama &amp; Söhne 肉屋")
	require.NotContains(t, string(page), "<script")
	require.Contains(t, string(page), `<td class="number">5 × 12</td>`)
	require.Contains(t, string(page), `<th class="number">5401.05</th>`)
}

func TestDocumentPDF(t *testing.T) {
	t.Parallel()

	t.Run("IsTheSameFileWheneverItIsAskedFor", func(t *testing.T) {
		t.Parallel()
		first, err := printed(unchanged).PDF()
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(first, []byte("%PDF-")))
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				again, err := printed(unchanged).PDF()
				if err != nil || !bytes.Equal(first, again) {
					t.Errorf("another file: %v", err)
				}
			})
		}
		group.Wait()
	})

	t.Run("TakesAsManyPagesAsItNeeds", func(t *testing.T) {
		t.Parallel()
		file, err := printed(func(o *Order, s *Supplier) {
			for range 198 {
				o.Lines = append(o.Lines, o.Lines[0])
			}
			s.Terms = strings.Repeat("Terms that go on. ", 200)
		}).PDF()
		require.NoError(t, err)
		pages := bytes.Count(file, []byte("/Type /Page\n"))
		require.GreaterOrEqual(t, pages, 4)
		require.LessOrEqual(t, pages, 8)
	})

	t.Run("IsWrittenWhateverNamesAreMadeOf", func(t *testing.T) {
		t.Parallel()
		rapid.Check(t, func(t *rapid.T) {
			d := printed(func(_ *Order, s *Supplier) {
				s.Name, s.Terms = rapid.String().Draw(t, "name"), rapid.String().Draw(t, "terms")
			})
			d.Lines[0].Name, d.Lines[0].BaseUnit = rapid.String().Draw(t, "item"), rapid.String().Draw(t, "unit")
			_, err := d.PDF()
			require.NoError(t, err)
		})
	})
}

func TestPrintable(t *testing.T) {
	t.Parallel()
	require.Equal(t, "Söhne Ωμέγα Жар 5 × 12", printable("Söhne Ωμέγα Жар 5 × 12"))
	require.Equal(t, "□□ □", printable("肉屋 😀"))
}
