package databasetest

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Proxy stands between pgx and a PostgreSQL server and spoils the answer to a COMMIT. The
// COMMIT itself always reaches the server.
type Proxy struct {
	DSN string // of the database through the proxy

	onCommit atomic.Pointer[func()]
	answer   atomic.Pointer[[]byte] // for the next COMMIT, before the cut; nil: the server's own, and no cut

	opened, silenced atomic.Int64 // connections, in the order in which they came
}

// NewProxy serves until the test ends.
func NewProxy(t testing.TB, dsn string) *Proxy {
	t.Helper()
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	port := listener.Addr().(*net.TCPAddr).Port
	p := &Proxy{DSN: fmt.Sprintf("host=127.0.0.1 port=%d user=%s password='%s' dbname=%s sslmode=disable",
		port, config.User, config.Password, config.Database)}
	go func() {
		for {
			client, err := listener.Accept()
			if err != nil {
				return
			}
			go p.serve(client, config)
		}
	}()
	return p
}

// OnCommit calls f before each COMMIT is passed on.
func (p *Proxy) OnCommit(f func()) { p.onCommit.Store(&f) }

// LoseNextCommit lets the next COMMIT through and cuts the connection instead of passing
// its answer on.
func (p *Proxy) LoseNextCommit() { p.answer.Store(&[]byte{}) }

// FailNextCommit lets the next COMMIT through, and answers it with a FATAL error of the
// code, as a server that ends the session.
func (p *Proxy) FailNextCommit(code string) {
	fields := "SFATAL\x00VFATAL\x00C" + code + "\x00Mthe session ends\x00\x00"
	message := binary.BigEndian.AppendUint32([]byte{'E'}, uint32(4+len(fields)))
	message = append(message, fields...)
	p.answer.Store(&message)
}

// Silence lets nothing through any more on the connections that are open, and does not
// close them: as after a failover to another machine. New ones are served.
func (p *Proxy) Silence() { p.silenced.Store(p.opened.Load()) }

func (p *Proxy) serve(client net.Conn, config *pgx.ConnConfig) {
	defer client.Close()
	number := p.opened.Add(1)
	silent := func() bool { return number <= p.silenced.Load() }
	network, address := pgconn.NetworkAddress(config.Host, config.Port)
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer server.Close()
	spoilt := make(chan []byte, 1)
	go func() {
		defer server.Close()
		buffer := make([]byte, 64<<10)
		for {
			n, err := client.Read(buffer)
			if bytes.Contains(bytes.ToLower(buffer[:n]), []byte("commit\x00")) {
				if f := p.onCommit.Load(); f != nil {
					(*f)()
				}
				if answer := p.answer.Swap(nil); answer != nil {
					spoilt <- *answer
				}
			}
			if err != nil {
				return
			}
			if !silent() {
				server.Write(buffer[:n])
			}
		}
	}()
	buffer := make([]byte, 64<<10)
	for {
		n, err := server.Read(buffer)
		select {
		case answer := <-spoilt: // the bytes just read answer the COMMIT, so it is done
			client.Write(answer)
			return
		default:
		}
		if err != nil {
			return
		}
		if !silent() {
			client.Write(buffer[:n])
		}
	}
}
