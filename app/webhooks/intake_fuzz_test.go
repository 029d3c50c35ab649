package webhooks_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/chefcloud/chefcloud/app/platform/ids"
)

// FuzzIntake tries headers as they come, and, where scheme says so, bodies that are signed well: nothing is taken without a valid signature,
// and nothing that is signed breaks the server.
func FuzzIntake(f *testing.F) {
	b := setup(f, nil)
	const unsigned, byHex, byStandard = 0, 1, 2
	f.Add(vector, "325ca9fab4431c71f0023e5583ab98a3eb77e7f014f140c39aee1fad0ade663f", "1731024000000", "r", "", "", "", byte(unsigned))
	f.Add(vector, "", "", "", "msg_1", "v1,"+base64.StdEncoding.EncodeToString([]byte("x")), "1731024000", byte(unsigned))
	f.Add("{}", strings.Repeat("0", 64), "-1", "\x00", "a", "v1, v1,", "1e9", byte(unsigned))
	f.Add(fmt.Sprintf(`{"type":"invoice.paid","createdAt":"2026-01-31T12:00:00Z","data":{"id":"e","orgId":%q,"amount":1}}`, b.owner.OrgID), "", "", "", "", "", "", byte(byHex))
	f.Add(`{"event":"x","id":"\u0000","data":[{}]}`, "", "", "", "", "", "", byte(byHex))
	f.Add(`{"type":"subscription.updated","subscription":{"plan":"PRO"}}`, "", "", "", "msg_2", "", "", byte(byStandard))
	f.Fuzz(func(t *testing.T, body, signature, timestamp, requestID, id, standardSignature, standardTimestamp string, scheme byte) {
		header := http.Header{}
		for name, value := range map[string]string{
			"X-Signature": signature, "X-Timestamp": timestamp, "X-Request-Id": requestID, "Webhook-Id": id,
			"Webhook-Signature": standardSignature, "Webhook-Timestamp": standardTimestamp,
		} {
			if value != "" {
				header[name] = []string{value}
			}
		}
		d := delivery{body, header}
		switch scheme % 3 {
		case byHex:
			d = hexSigned(secret, body, now)
		case byStandard:
			d = standardSigned(t, standard, id, body, now)
		}
		status, answer := b.send(d)
		require.Less(t, status, http.StatusInternalServerError, answer)
		if scheme%3 != unsigned {
			return
		}
		if status == http.StatusOK || status == http.StatusBadRequest {
			require.Empty(t, id+standardSignature+standardTimestamp, "nobody guesses the other scheme's")
			require.Equal(t, hexSignature(secret, timestamp, body), strings.ToLower(signature), "only a valid signature gets as far")
		}
	})
}

// BenchmarkIntake compares verified and stored deliveries with bare inserts of the same event.
func BenchmarkIntake(b *testing.B) {
	bundle := setup(b, nil)
	body := func() string {
		return fmt.Sprintf(`{"event":"invoice.paid","id":%q,"orgId":%q,"amount":5000}`, ids.New("evt"), bundle.owner.OrgID)
	}
	b.Run("product", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if status, answer := bundle.send(hexSigned(secret, body(), now)); status != http.StatusOK {
					b.Error(answer)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
	})
	b.Run("insert", func(b *testing.B) {
		b.SetParallelism(16)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				_, err := bundle.db.Exec(context.Background(), `INSERT INTO webhook_events (id, org_id, type, state, body, occurred_at, received_at)
					VALUES ($1, $2, 'invoice.paid', 'RECEIVED', $3, $4, $4)`, ids.New("evt"), bundle.owner.OrgID, []byte(body()), now)
				if err != nil {
					b.Error(err)
				}
			}
		})
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "webhooks/s")
	})
}
