package main

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"
)

// Whoever recovers while a gateway serves is told.
func TestARecoveryWarnsOfAGateway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	in := &installation{log: slog.New(slog.NewTextHandler(&log, nil))}
	in.config.Listen.Admin = listener.Addr().String()
	in.warnOfGateway()
	if !strings.Contains(log.String(), "a gateway seems to serve") {
		t.Errorf("with a gateway: %q", log.String())
	}
	log.Reset()
	listener.Close()
	in.warnOfGateway()
	if log.Len() > 0 {
		t.Errorf("without one: %q", log.String())
	}
}
