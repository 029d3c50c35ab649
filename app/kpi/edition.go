package kpi

import (
	"encoding/json"
	"slices"
	"sync"
	"time"

	"google.golang.org/protobuf/proto"

	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// View is the part of the figures that a watcher sees.
type View struct {
	// BranchID is the one branch whose figures are the total; empty: all branches.
	BranchID string
	// Branches adds each branch.
	Branches bool
}

// edition is one set of figures. Every view and form of it is made once, when the first watcher wants it, and shared by all.
type edition struct {
	kpis *kpiv1.Kpis

	mu       sync.Mutex
	events   map[View]event
	messages map[View]*kpiv1.StreamKpisResponse
	// shared finds the edition of a message while the edition is the latest; nil afterwards.
	shared *sync.Map
	// encoded are messages by codec.
	encoded map[encodedKey][]byte
}

type encodedKey struct {
	codec   string
	message *kpiv1.StreamKpisResponse
}

func newEdition(kpis *kpiv1.Kpis, shared *sync.Map) *edition {
	return &edition{
		kpis: kpis, encoded: make(map[encodedKey][]byte), events: make(map[View]event), messages: make(map[View]*kpiv1.StreamKpisResponse),
		shared: shared,
	}
}

// retire lets go of the messages of an edition that others replace. Who still sends one encodes it for itself.
func (e *edition) retire() {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, m := range e.messages {
		e.shared.Delete(m)
	}
	e.shared = nil
}

// says reports whether the figures are the same, whenever they were read.
func (e *edition) says(kpis *kpiv1.Kpis) bool {
	return e.kpis.GetCurrency() == kpis.GetCurrency() && proto.Equal(e.kpis.GetTotal(), kpis.GetTotal()) &&
		slices.EqualFunc(e.kpis.GetBranches(), kpis.GetBranches(), func(a, b *kpiv1.BranchKpis) bool { return proto.Equal(a, b) })
}

// id names figures as the view shows them: who has them in one view doesn't have them in another.
func (v View) id(kpis *kpiv1.Kpis) string {
	id := kpis.GetId()
	if v.BranchID != "" {
		id += "." + v.BranchID
	}
	if v.Branches {
		id += "~"
	}
	return id
}

// of returns a view of the figures.
func (v View) of(kpis *kpiv1.Kpis) *kpiv1.Kpis {
	seen := &kpiv1.Kpis{Currency: kpis.GetCurrency(), Id: v.id(kpis), Timestamp: kpis.GetTimestamp(), Total: kpis.GetTotal()}
	branches := kpis.GetBranches()
	if v.BranchID != "" {
		i := slices.IndexFunc(branches, func(b *kpiv1.BranchKpis) bool { return b.GetBranchId() == v.BranchID })
		if i < 0 { // made a moment ago: nothing has happened there
			seen.Total, branches = &kpiv1.KpiFigures{}, nil
		} else {
			seen.Total, branches = branches[i].GetFigures(), branches[i:i+1]
		}
	}
	if v.Branches {
		seen.Branches = branches
	}
	return seen
}

// message returns a view as a message of the RPC stream. It is shared: nobody may change it.
func (e *edition) message(v View) *kpiv1.StreamKpisResponse {
	e.mu.Lock()
	defer e.mu.Unlock()
	m, ok := e.messages[v]
	if !ok {
		m = &kpiv1.StreamKpisResponse{Event: &kpiv1.StreamKpisResponse_Kpis{Kpis: v.of(e.kpis)}}
		e.messages[v] = m
		if e.shared != nil {
			e.shared.Store(m, e)
		}
	}
	return m
}

// encode returns the encoding of one of the edition's messages, made once for each codec.
func (e *edition) encode(m *kpiv1.StreamKpisResponse, codec string, encode func() ([]byte, error)) ([]byte, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	key := encodedKey{codec, m}
	if data, ok := e.encoded[key]; ok {
		return data, nil
	}
	data, err := encode()
	if err == nil {
		e.encoded[key] = data
	}
	return data, err
}

// event returns a view as a Server-Sent Event.
func (e *edition) event(v View) (event, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if made, ok := e.events[v]; ok {
		return made, nil
	}
	seen := v.of(e.kpis)
	data, err := Document(seen)
	if err != nil {
		return event{}, err
	}
	made := newEvent("event: kpi-update\ndata: %s\nid: %s\n\n", data, seen.GetId())
	e.events[v] = made
	return made, nil
}

// Document returns figures as the data of a kpi-update event, without the id.
func Document(k *kpiv1.Kpis) ([]byte, error) {
	document := update{Currency: k.GetCurrency(), Timestamp: k.GetTimestamp().AsTime(), updateFigures: figuresOf(k.GetTotal())}
	for _, b := range k.GetBranches() {
		document.Branches = append(document.Branches, updateBranch{
			BranchID: b.GetBranchId(), BranchName: b.GetBranchName(), BusinessDate: b.GetBusinessDate(), updateFigures: figuresOf(b.GetFigures()),
		})
	}
	return json.Marshal(document)
}

// update is the data of a kpi-update event. Numbers are JSON numbers; what has no value is left out.
type update struct {
	updateFigures

	Timestamp time.Time      `json:"timestamp"`
	Currency  string         `json:"currency"`
	Branches  []updateBranch `json:"branches,omitempty"`
}

type updateBranch struct {
	BranchID     string `json:"branchId"`
	BranchName   string `json:"branchName"`
	BusinessDate string `json:"businessDate"`
	updateFigures
}

// updateFigures are [kpiv1.KpiFigures].
type updateFigures struct {
	Revenue            int64  `json:"revenue"`
	Orders             int64  `json:"orders"`
	AverageCheck       *int64 `json:"averageCheck,omitempty"`
	Discounts          int64  `json:"discounts"`
	ServiceLevelBp     *int64 `json:"serviceLevelBp,omitempty"`
	OpenOrders         int64  `json:"openOrders"`
	StockAtRisk        int64  `json:"stockAtRisk"`
	BudgetAttainmentBp *int64 `json:"budgetAttainmentBp,omitempty"`
}

func figuresOf(f *kpiv1.KpiFigures) updateFigures {
	return updateFigures{
		Revenue: f.GetRevenue(), Orders: f.GetOrders(), AverageCheck: f.AverageCheck, Discounts: f.GetDiscounts(), ServiceLevelBp: f.ServiceLevelBp,
		OpenOrders: f.GetOpenOrders(), StockAtRisk: f.GetStockAtRisk(), BudgetAttainmentBp: f.BudgetAttainmentBp,
	}
}
