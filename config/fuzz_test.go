package config_test

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bordereau/bordereau/config"
)

// FuzzLoad asserts three things: a loaded configuration is valid, with absolute paths; a
// refusal names a reason; and no refusal repeats a value.
func FuzzLoad(f *testing.F) {
	f.Add("", "", "")
	f.Add(everything, "BORDEREAU_LOG__LEVEL", "warn")
	f.Add(string(config.Starter(config.Default())), "BORDEREAU_TRUSTED_PROXIES", "10.0.0.0/8,::1/128")
	f.Add("database: 5", "BORDEREAU_DATABASE__URL", "postgres://db/b")
	f.Add("database: {url: !!binary aGk=}", "BORDEREAU_KEYS__ROOT_SECRET_FILE", "/")
	f.Add("a: &a [*a]", "BORDEREAU_", "x")
	f.Add("? [a, b]\n: c", "BORDEREAU_DATABASE_URL", "\x00")
	f.Add("<<: {data-dir: x}", "BORDEREAU__", "x")
	f.Add("log: {.nan: 1, 2: 3, ~: 4, true: 5}", "", "=")
	f.Add("limits: {verify-whole: 0x10, stall: 9223372036s}", "BORDEREAU_LIMITS__VERIFY_WHOLE", "99999999999999999999")
	f.Fuzz(func(t *testing.T, text, name, value string) {
		if strings.HasSuffix(name, "_FILE") {
			value = "/nonexistent" // not for the fuzzer to read this machine's files
		}
		c, err := load(t, text, name+"="+value)
		if err != nil {
			if problem, ok := errors.AsType[*config.Error](err); ok && len(problem.Problems) == 0 {
				t.Error("an error without a problem")
			}
			return
		}
		if err := c.Validate(); err != nil {
			t.Errorf("loaded something invalid: %v", err)
		}
		for _, path := range []string{c.DataDir, c.Keys.Token, c.Keys.Receipt, c.Keys.Ledger} {
			if !filepath.IsAbs(path) {
				t.Errorf("path %q is not absolute", path)
			}
		}
	})
}
