package stream

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/dunglas/mercure"
	"go.uber.org/zap"
)

// listen serves a handler at an address that nobody else uses.
func listen(handler http.Handler) (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	go (&http.Server{Handler: handler}).Serve(listener) //nolint:errcheck // until the process ends
	return listener.Addr().String(), nil
}

// document is the data of an event, of the size that the product's have.
func document(revenue int64) string {
	return fmt.Sprintf(`{"revenue":%d,"orders":45,"averageCheck":1300,"discounts":1000,"serviceLevelBp":9000,"openOrders":7,"stockAtRisk":3,`+
		`"budgetAttainmentBp":9800,"timestamp":%q,"currency":"UGX"}`, revenue, time.Now().UTC().Format(time.RFC3339Nano))
}

// serveBare is the least that a server of events can do: a channel for each client, a write and a flush.
func serveBare(context.Context) (served, error) {
	var mu sync.Mutex
	topics := make(map[string]map[chan []byte]struct{})
	address, err := listen(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		events, topic := make(chan []byte, 1), r.URL.Query().Get("orgId")
		mu.Lock()
		if topics[topic] == nil {
			topics[topic] = make(map[chan []byte]struct{})
		}
		topics[topic][events] = struct{}{}
		mu.Unlock()
		defer func() {
			mu.Lock()
			defer mu.Unlock()
			delete(topics[topic], events)
		}()
		w.Header().Set("Content-Type", "text/event-stream")
		flusher := w.(http.Flusher)
		flusher.Flush()
		for {
			select {
			case <-r.Context().Done():
				return
			case event := <-events:
				if _, err := w.Write(event); err != nil {
					return
				}
				flusher.Flush()
			}
		}
	}))
	return served{address, func(revenue int64) {
		mu.Lock()
		defer mu.Unlock()
		for _, clients := range topics {
			event := fmt.Appendf(nil, "event: kpi-update\ndata: %s\nid: %d\n\n", document(revenue), revenue)
			for events := range clients {
				events <- event // has room: a round ends when all have theirs
			}
		}
	}}, err
}

// serveMercure is the Mercure hub with its transport in memory, without what it can leave out.
func serveMercure(context.Context) (served, error) {
	transport := mercure.NewLocalTransport()
	hub, err := mercure.NewHub(mercure.WithTransport(transport), mercure.WithAnonymous(), mercure.WithLogger(zap.NewNop()),
		mercure.WithPublisherJWT([]byte("nobody publishes over HTTP"), "HS256"))
	if err != nil {
		return served{}, err
	}
	address, err := listen(hub)
	return served{address, func(revenue int64) {
		for i := range *organisations {
			_ = transport.Dispatch(&mercure.Update{Topics: []string{orgID(i)}, Event: mercure.Event{
				Type: "kpi-update", ID: fmt.Sprint(revenue), Data: document(revenue),
			}})
		}
	}}, err
}
