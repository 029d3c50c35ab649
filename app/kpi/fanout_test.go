package kpi

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/rs/zerolog"
	"github.com/stretchr/testify/require"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/chefcloud/chefcloud/app/platform/cache"
	"github.com/chefcloud/chefcloud/app/platform/caller"
	"github.com/chefcloud/chefcloud/app/platform/rpc"
	"github.com/chefcloud/chefcloud/app/testing/rpctest"
	kpiv1 "github.com/chefcloud/chefcloud/gen/proto/chefcloud/kpi/v1"
)

// manyBranches makes an event so large that a few hundred fill what the kernel keeps for a client.
const manyBranches = 200

// script says what the figures are and when they change, so that these tests are of what happens to them afterwards.
type script struct {
	reads, revenue, turns atomic.Int64
	// notMyTurn says that another node loads figures.
	notMyTurn atomic.Bool
	// standing is of when the part of the figures is that may be old; nil: of now.
	standing func() time.Time

	mu    sync.Mutex
	heard []func(cache.Change)
}

func (s *script) publish(revenue int64) {
	s.revenue.Store(revenue)
	s.say(cache.Replaced)
}

func (s *script) say(c cache.Change) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, heard := range s.heard {
		heard(c)
	}
}

func (s *script) Current(_ context.Context, _, stamp string) bool {
	return stamp == strconv.FormatInt(s.revenue.Load(), 10)
}

func (s *script) Read(context.Context, string) (Reading, error) {
	s.reads.Add(1)
	standing := time.Now()
	if s.standing != nil {
		standing = s.standing()
	}
	revenue := s.revenue.Load()
	k := &kpiv1.Kpis{
		Currency: "UGX", Id: strconv.FormatInt(revenue, 10), Timestamp: timestamppb.Now(), Total: &kpiv1.KpiFigures{Revenue: revenue},
	}
	for i := range manyBranches {
		k.Branches = append(k.Branches, &kpiv1.BranchKpis{
			BranchId: strconv.Itoa(i), BranchName: strings.Repeat("b", 50), Figures: &kpiv1.KpiFigures{Revenue: revenue},
		})
	}
	return Reading{Kpis: k, Stamp: k.GetId(), StandingAsOf: standing, Until: time.Now().Add(time.Hour)}, nil
}

func (s *script) Listen(ctx context.Context, _ string, _ cache.Report, heard func(cache.Change)) error {
	s.mu.Lock()
	s.heard = append(s.heard, heard)
	s.mu.Unlock()
	heard(cache.Missed)
	<-ctx.Done()
	return ctx.Err()
}

func (s *script) Turn(context.Context, string, cache.Report, time.Duration) (end func(), mine bool) {
	s.turns.Add(1)
	return func() {}, !s.notMyTurn.Load()
}

func (s *script) Usable(_ context.Context, _ string, sessions, _ []string) (map[string]bool, error) {
	usable := make(map[string]bool)
	for _, id := range sessions {
		usable[id] = true
	}
	return usable, nil
}

// doors counts the streams that are open, and keeps nobody out.
type doors struct {
	open atomic.Int64
	// leaving is done first when somebody leaves.
	leaving func(caller.Caller)
	// lose makes the stream that was opened last lose its place.
	lose atomic.Pointer[func()]
}

// Open implements [Limits].
func (d *doors) Open(_ context.Context, c caller.Caller, _ http.Header) (Place, error) {
	d.open.Add(1)
	return door{d, c}, nil
}

// door is one that is open.
type door struct {
	*doors

	who caller.Caller
}

// GiveBack implements [Place].
func (d door) GiveBack() {
	if d.leaving != nil {
		d.leaving(d.who)
	}
	d.open.Add(-1)
}

// OnLost implements [Place].
func (d door) OnLost(told func()) { d.lose.Store(&told) }

// encodings counts what is encoded, and for how many.
type encodings struct {
	rpc.Encodings

	made, used atomic.Int64
}

func (e *encodings) Encoded(message any, codec string, encode func() ([]byte, error)) (data []byte, ok bool, err error) {
	data, ok, err = e.Encodings.Encoded(message, codec, func() ([]byte, error) {
		e.made.Add(1)
		return encode()
	})
	if ok {
		e.used.Add(1)
	}
	return data, ok, err
}

// fanOut is a server of streams whose figures a test publishes.
type fanOut struct {
	*script

	broker      *Broker
	connections []net.Conn
	doors       doors
	encodings   encodings
	reading     sync.WaitGroup
	server      *httptest.Server
}

func openFanOut(t *testing.T, change func(*Dependencies)) *fanOut {
	t.Helper()
	f := &fanOut{script: &script{}}
	d := Dependencies{
		Access: f, Changes: f, Heartbeat: time.Hour, Interval: time.Nanosecond, Log: zerolog.Nop(), Registerer: prometheus.NewRegistry(), Source: f,
		WriteTimeout: WriteTimeout,
	}
	if change != nil {
		change(&d)
	}
	f.broker = NewBroker(d)
	o := opener{broker: f.broker, limits: &f.doors}
	mux := http.NewServeMux()
	mux.Handle(Path, &Events{authenticator: rpctest.Believer{}, opener: o})
	path, rpcs := registration(&Handler{opener: o}).Build(rpc.Codecs(&f.encodings)...)
	mux.Handle(path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who, err := rpctest.Believer{}.Authenticate(r.Context(), r.Header.Get("Authorization"))
		if err != nil {
			t.Error(err)
		}
		rpcs.ServeHTTP(w, r.WithContext(caller.With(r.Context(), who)))
	}))
	f.encodings.Encodings = f.broker
	f.server = httptest.NewUnstartedServer(mux)
	f.server.Config.Protocols = new(http.Protocols)
	f.server.Config.Protocols.SetHTTP1(true)
	f.server.Config.Protocols.SetUnencryptedHTTP2(true)
	f.server.Start()
	t.Cleanup(func() {
		require.NoError(t, f.broker.Close(context.Background()))
		f.reading.Wait() // all got their goodbye
		for _, connection := range f.connections {
			_ = connection.Close()
		}
		f.server.Close()
	})
	return f
}

// dial asks for a stream over a connection of its own, with a receive buffer of so many bytes, or the system's for 0.
func (f *fanOut) dial(t *testing.T, who caller.Caller, protocol, query string, receiveBuffer int) net.Conn {
	t.Helper()
	connection, err := net.Dial("tcp", f.server.Listener.Addr().String())
	require.NoError(t, err)
	f.connections = append(f.connections, connection)
	if receiveBuffer > 0 {
		require.NoError(t, connection.(*net.TCPConn).SetReadBuffer(receiveBuffer))
	}
	_, err = connection.Write([]byte("GET /stream/kpis?orgId=" + who.OrgID + query + " " + protocol + "\r\nHost: test\r\nAuthorization: " +
		rpctest.Authorization(who) + "\r\n\r\n"))
	require.NoError(t, err)
	return connection
}

// events reads a stream to its end, which must be in good order. revenues gets that of each update.
func events(connection net.Conn, revenues func(int64)) (names []string, last string, err error) {
	response, err := http.ReadResponse(bufio.NewReader(connection), nil)
	if err != nil {
		return nil, "", err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch field {
		case "event":
			names = append(names, value)
		case "data":
			if last = value; names[len(names)-1] == "kpi-update" {
				var update struct{ Revenue int64 }
				if err := json.Unmarshal([]byte(value), &update); err != nil {
					return nil, "", err
				}
				revenues(update.Revenue)
			}
		}
	}
	return names, last, lines.Err()
}

// follow reads a stream while the test goes on.
func (f *fanOut) follow(t *testing.T, connection net.Conn, revenues func(int64)) {
	t.Helper()
	f.reading.Go(func() {
		if _, _, err := events(connection, revenues); err != nil {
			t.Error(err)
		}
	})
}

// ended counts the streams that ended for a reason.
func (f *fanOut) ended(reason string) int {
	return int(testutil.ToFloat64(f.broker.metrics.ended.WithLabelValues(reason)))
}

func user(org string) caller.Caller {
	return caller.Caller{Kind: caller.KindUser, OrgID: org, Role: caller.RoleOwner, SessionID: "ses_" + org, UserID: "usr_" + org}
}

func TestFanOut(t *testing.T) {
	t.Parallel()
	t.Run("AStreamThatHasLostItsPlaceEnds", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, nil)
		f.follow(t, f.dial(t, user("ORG"), "HTTP/1.1", "", 0), func(int64) {})
		require.Eventually(t, func() bool { return f.doors.lose.Load() != nil }, time.Minute, time.Millisecond)
		connection := f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
		first, ended := make(chan int64, 1), make(chan string, 1)
		f.reading.Go(func() {
			_, last, err := events(connection, func(revenue int64) { first <- revenue })
			if err != nil {
				t.Error(err)
			}
			ended <- last
		})
		<-first
		(*f.doors.lose.Load())()
		require.Contains(t, <-ended, `"reason":"place_lost"`)
		require.Eventually(t, func() bool { return f.doors.open.Load() == 1 }, time.Minute, time.Millisecond)
		require.Equal(t, 1, f.ended("place_lost"))
	})

	t.Run("EveryProtocolEndsWithTheLatestFiguresAndGoodbye", func(t *testing.T) {
		t.Parallel()
		for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
			t.Run(protocol, func(t *testing.T) {
				t.Parallel()
				f := openFanOut(t, nil)
				connection := f.dial(t, user("ORG"), protocol, "", 0)
				latest := make(chan int64, 1000) // more than are published
				ended := make(chan []string, 1)
				f.reading.Go(func() {
					names, last, err := events(connection, func(revenue int64) { latest <- revenue })
					if err != nil {
						t.Error(err)
					}
					ended <- append(names, last)
				})
				require.Zero(t, <-latest)
				const most = 500
				for revenue := range int64(most) {
					f.publish(revenue + 1)
				}
				seen := int64(0)
				for seen < most {
					next := <-latest
					require.Greater(t, next, seen, "figures never go back")
					seen = next
				}
				f.broker.Goodbye()
				names := <-ended
				require.Equal(t, []string{"kpi-update", "heartbeat"}, names[:2])
				require.Equal(t, "goodbye", names[len(names)-2])
				require.Contains(t, names[len(names)-1], `"reason":"shutdown"`)
			})
		}
	})
	t.Run("OneWhoDoesNotReadMissesStepsAndNobodyElseDoes", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, func(d *Dependencies) { d.WriteTimeout = time.Hour })
		const most = 300
		slow := f.dial(t, user("ORG"), "HTTP/1.1", "&branches=true", 4096)
		quick := f.dial(t, user("ORG"), "HTTP/1.1", "&branches=true", 0)
		heard := make(chan int64, most+1)
		f.follow(t, quick, func(revenue int64) { heard <- revenue })
		require.Zero(t, <-heard)
		require.Eventually(t, func() bool { return f.doors.open.Load() == 2 }, time.Minute, time.Millisecond)
		for revenue := range int64(most) {
			f.publish(revenue + 1)
			require.Equal(t, revenue+1, <-heard, "who reads gets every step")
		}
		var revenues []int64
		_, _, err := events(slow, func(revenue int64) {
			if revenues = append(revenues, revenue); revenue == most {
				go f.broker.Goodbye()
			}
		})
		require.NoError(t, err)
		require.Equal(t, int64(most), revenues[len(revenues)-1], "the end is never missed")
		require.Less(t, len(revenues), most/2)
	})
	t.Run("OneWhoNeverReadsIsDropped", func(t *testing.T) {
		t.Parallel()
		for _, protocol := range []string{"HTTP/1.1", "HTTP/1.0"} {
			t.Run(protocol, func(t *testing.T) {
				t.Parallel()
				f := openFanOut(t, func(d *Dependencies) { d.WriteTimeout = 50 * time.Millisecond })
				connection := f.dial(t, user("ORG"), protocol, "&branches=true", 4096)
				require.Eventually(t, func() bool { return f.doors.open.Load() == 1 }, time.Minute, time.Millisecond)
				revenue := int64(0)
				require.Eventually(t, func() bool {
					revenue++
					f.publish(revenue)
					return f.doors.open.Load() == 0
				}, time.Minute, time.Millisecond)
				require.Equal(t, 1, f.ended("too_slow"))
				require.Zero(t, testutil.ToFloat64(f.broker.metrics.watchers))
				if protocol == "HTTP/1.1" { // in HTTP/1.0 the end of the connection is all that can be told
					names, last, err := events(connection, func(int64) {})
					require.NoError(t, err)
					require.Equal(t, "goodbye", names[len(names)-1], "who reads on after all learns why")
					require.JSONEq(t, `{"reason":"too_slow","retryAfterMs":0}`, last)
				}
			})
		}
	})
	t.Run("OneWhoHasGoneIsFreedAtOnce", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, nil)
		const most = 100
		connections := make([]net.Conn, most)
		for i := range connections {
			connections[i] = f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
		}
		require.Eventually(t, func() bool { return f.doors.open.Load() == most }, time.Minute, time.Millisecond)
		for _, connection := range connections {
			require.NoError(t, connection.Close())
		}
		require.Eventually(t, func() bool { return f.doors.open.Load() == 0 }, time.Minute, time.Millisecond)
		f.broker.connections.Wait() // none is left behind
		require.Equal(t, most, f.ended("client_gone"))
	})
	t.Run("SignsOfLifeComeInTheirInterval", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, func(d *Dependencies) { d.Heartbeat = 10 * time.Millisecond })
		connection := f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
		lines := bufio.NewScanner(connection)
		for beats := 0; beats < 5; {
			require.True(t, lines.Scan())
			if lines.Text() == "event: heartbeat" {
				beats++
			}
		}
	})
	t.Run("StreamsEndWithTheirCredentials", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, nil)
		brief, lasting := user("ORG"), user("ORG")
		brief.ExpiresAt, lasting.ExpiresAt = time.Now().Add(300*time.Millisecond), time.Now().Add(time.Hour)
		f.dial(t, lasting, "HTTP/1.1", "", 0)
		names, last, err := events(f.dial(t, brief, "HTTP/1.1", "", 0), func(int64) {})
		require.NoError(t, err)
		require.Equal(t, []string{"kpi-update", "heartbeat", "goodbye"}, names)
		require.JSONEq(t, `{"reason":"token_expired","retryAfterMs":0}`, last)
		require.False(t, time.Now().Before(brief.ExpiresAt))
		require.Eventually(t, func() bool { return f.doors.open.Load() == 1 }, time.Minute, time.Millisecond, "the other stays")
	})
	t.Run("FiguresThatComeWhileOtherNewsIsWrittenAreWritten", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, nil)
		connection := f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
		heard := make(chan int64, 1)
		f.follow(t, connection, func(revenue int64) { heard <- revenue })
		require.Zero(t, <-heard)
		watched := f.broker.hubs["ORG"].all()[0]
		for revenue := range int64(1_000) {
			beating, stop := context.WithCancel(t.Context())
			begun := make(chan struct{})
			var beats sync.WaitGroup
			beats.Go(func() {
				close(begun)
				for beating.Err() == nil {
					watched.beat()
				}
			})
			<-begun
			watched.offer(newEdition(&kpiv1.Kpis{Timestamp: timestamppb.Now(), Total: &kpiv1.KpiFigures{Revenue: revenue + 1}}, new(sync.Map)))
			stop() // so that no later news brings lost figures back
			beats.Wait()
			select {
			case next := <-heard:
				require.Equal(t, revenue+1, next)
			case <-time.After(10 * time.Second):
				require.Fail(t, "figures were lost")
			}
		}
	})
	t.Run("OneOrganisationHasManyWatchers", func(t *testing.T) {
		t.Parallel()
		f := openFanOut(t, nil)
		const most = 3 * shareOfWatchers
		heard := make(chan int64, 2*most)
		for range most {
			connection := f.dial(t, user("ORG"), "HTTP/1.1", "", 0)
			f.follow(t, connection, func(revenue int64) { heard <- revenue })
		}
		for range most {
			require.Zero(t, <-heard)
		}
		f.publish(1)
		for range most {
			require.Equal(t, int64(1), <-heard)
		}
	})
}
