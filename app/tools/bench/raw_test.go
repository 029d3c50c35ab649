package bench_test

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// connections is how many callers there are at a time.
const connections = 32

// rawRequest writes a Connect call as it goes over the wire.
func rawRequest(address, procedure, token, encoding string, body []byte) []byte {
	var request bytes.Buffer
	fmt.Fprintf(&request, "POST %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nContent-Type: application/%s\r\n"+
		"Connect-Protocol-Version: 1\r\nContent-Length: %d\r\n\r\n", procedure, address, token, encoding, len(body))
	request.Write(body)
	return request.Bytes()
}

// rawClient makes one call again and again over connections that stay open. It does as little with answers as can be, so that
// what is measured is the server.
type rawClient struct {
	open    [connections]net.Conn
	readers [connections]*bufio.Reader
	request []byte
}

func newRawClient(b *testing.B, address string, request []byte) *rawClient {
	b.Helper()
	c := &rawClient{request: request}
	for i := range c.open {
		connection, err := net.Dial("tcp", address)
		require.NoError(b, err)
		b.Cleanup(func() { _ = connection.Close() })
		c.open[i], c.readers[i] = connection, bufio.NewReaderSize(connection, 64<<10)
		require.NoError(b, c.callOnce(i))
	}
	return c
}

// call shares n calls out among the connections.
func (c *rawClient) call(b *testing.B, n int) time.Duration {
	b.Helper()
	var running sync.WaitGroup
	start := time.Now()
	for i := range c.open {
		running.Go(func() {
			for range share(n, i, connections) {
				if err := c.callOnce(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	running.Wait()
	return time.Since(start)
}

// share is how many of n calls worker i of so many does.
func share(n, i, workers int) int {
	if i < n%workers {
		return n/workers + 1
	}
	return n / workers
}

func (c *rawClient) callOnce(i int) error {
	if _, err := c.open[i].Write(c.request); err != nil {
		return err
	}
	reader := c.readers[i]
	status, err := reader.ReadSlice('\n')
	if err != nil {
		return err
	}
	if !bytes.Contains(status, []byte(" 200 ")) {
		return fmt.Errorf("answered %s", bytes.TrimSpace(status))
	}
	length := -1
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(line)) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(":")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil {
				return err
			}
		}
	}
	if length >= 0 {
		_, err := reader.Discard(length)
		return err
	}
	return discardChunks(reader)
}

// discardChunks reads a body whose length wasn't known, as that of longer answers.
func discardChunks(reader *bufio.Reader) error {
	for {
		line, err := reader.ReadSlice('\n')
		if err != nil {
			return err
		}
		size, err := strconv.ParseInt(string(bytes.TrimSpace(line)), 16, 32)
		if err != nil {
			return err
		}
		if _, err := reader.Discard(int(size) + len("\r\n")); err != nil || size == 0 {
			return err
		}
	}
}
