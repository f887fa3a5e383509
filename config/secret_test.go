package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/bordereau/bordereau/config"
)

func TestSecretsNeverPrintThemselves(t *testing.T) {
	const text = "hunter2"
	c := config.Default()
	c.Database.URL = config.NewSecret(text)
	c.Objects.SecretKey = config.NewSecret(text)
	c.Keys.RootSecret = config.NewSecret(text)
	secret := config.NewSecret(text)
	unexported := struct {
		c config.Config
		s config.Secret
	}{c, secret}
	var out bytes.Buffer
	for _, value := range []any{secret, &secret, c, &c, unexported, &unexported, []config.Secret{secret}} {
		fmt.Fprintf(&out, "%v %+v %#v %s %q %x %X %d %10v\n", value, value, value, value, value, value, value, value, value)
		slog.New(slog.NewTextHandler(&out, nil)).Info("text", "key", value)
		slog.New(slog.NewJSONHandler(&out, nil)).Info("json", "key", value)
		for _, marshal := range []func(any) ([]byte, error){json.Marshal, yaml.Marshal} {
			encoded, err := marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			out.Write(encoded)
		}
	}
	out.Write(config.Starter(c))
	for _, form := range []string{text, fmt.Sprintf("%x", text), fmt.Sprintf("%X", text), "104 117 110"} {
		if strings.Contains(out.String(), form) {
			t.Errorf("printed %q", form)
		}
	}
	if !strings.Contains(out.String(), "REDACTED") {
		t.Error("printed nothing at all")
	}
}

func TestSecret(t *testing.T) {
	var none config.Secret
	a, b := config.NewSecret("a"), config.NewSecret("b")
	if !none.IsEmpty() || none.Reveal() != "" || !config.NewSecret("").IsEmpty() || !config.NewSecret("").Equal(none) {
		t.Error("the zero Secret is not empty")
	}
	if a.IsEmpty() || a.Reveal() != "a" || !a.Equal(config.NewSecret("a")) || a.Equal(b) || a.Equal(none) {
		t.Error("secrets are mixed up")
	}
}
