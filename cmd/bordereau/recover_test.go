package main

import (
	"bytes"
	"log/slog"
	"net"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/gateway/installation"
)

// A recovery while a gateway serves logs a warning.
func TestARecoveryWarnsOfAGateway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	in := &installation.Installation{Log: slog.New(slog.NewTextHandler(&log, nil))}
	in.Config.Listen.Admin = listener.Addr().String()
	warnOfGateway(in)
	if !strings.Contains(log.String(), "a gateway seems to serve") {
		t.Errorf("with a gateway: %q", log.String())
	}
	log.Reset()
	listener.Close()
	warnOfGateway(in)
	if log.Len() > 0 {
		t.Errorf("without one: %q", log.String())
	}
}
