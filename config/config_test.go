package config_test

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/bordereau/bordereau/config"
)

// ranges compares address ranges and treats nil and empty lists as equal.
var ranges = cmp.Options{cmp.Comparer(func(a, b netip.Prefix) bool { return a == b }), cmpopts.EquateEmpty()}

// write puts text into a file with mode 0600.
func write(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t testing.TB, text string, environ ...string) (config.Config, error) {
	t.Helper()
	return config.Load(write(t, filepath.Join(t.TempDir(), "bordereau.yaml"), text), environ)
}

func mustLoad(t testing.TB, text string, environ ...string) config.Config {
	t.Helper()
	c, err := load(t, text, environ...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// checkProblems wants exactly these paths, each as often as it is named.
func checkProblems(t *testing.T, err error, want ...string) {
	t.Helper()
	problem, ok := errors.AsType[*config.Error](err)
	if !ok {
		t.Fatalf("got %v, want problems with %v", err, want)
	}
	var got []string
	for _, p := range problem.Problems {
		got = append(got, p.Path)
		if !strings.Contains(err.Error(), p.Path) || !strings.Contains(err.Error(), p.Detail) {
			t.Errorf("%v does not tell %v", err, p)
		}
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("problems (-want +got):\n%s\n%v", diff, err)
	}
}

// keys gives the paths of all keys, from the tags of the struct.
func keys(t reflect.Type, section string) []string {
	var paths []string
	for i := range t.NumField() {
		field := t.Field(i)
		path := section + field.Tag.Get("koanf")
		if field.Type.Kind() == reflect.Struct && field.Type != reflect.TypeFor[config.Secret]() {
			paths = append(paths, keys(field.Type, path+".")...)
			continue
		}
		paths = append(paths, path)
	}
	return paths
}

func TestAnEmptyFileGivesTheDefaults(t *testing.T) {
	for name, text := range map[string]string{
		"empty":    "",
		"comments": "# nothing\n",
		"sections": "database:\nlisten: {}\ntrusted-proxies: []\n",
		"no value": "database: {engine: }\ndata-dir:\nlimits: {stall: null}\n",
	} {
		dir := t.TempDir()
		got, err := config.Load(write(t, filepath.Join(dir, "c.yaml"), text), nil)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(config.Default().Resolve(dir), got, ranges); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDefaultsAreValidAndOnThisMachine(t *testing.T) {
	c := config.Default().Resolve("/srv/bordereau")
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	for _, address := range []string{c.Listen.API, c.Listen.Admin} {
		if !netip.MustParseAddrPort(address).Addr().IsLoopback() {
			t.Errorf("by default, %s can be reached from outside", address)
		}
	}
	got := []string{c.DataDir, c.Database.Path, c.Objects.Dir, c.Keys.Root, c.Keys.Token, c.Keys.Receipt, c.Keys.Ledger}
	want := []string{
		"/srv/bordereau/data", "/srv/bordereau/data/bordereau.db", "/srv/bordereau/data/objects", "/srv/bordereau/data/root.key",
		"/srv/bordereau/data/token.key", "/srv/bordereau/data/receipt.key", "/srv/bordereau/data/ledger.key",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("paths (-want +got):\n%s", diff)
	}
}

const everything = `
data-dir: /var/lib/bordereau
public-url: https://transfer.example.com
trusted-proxies: [10.0.0.0/8, "2001:db8::/32"]
listen: {api: "0.0.0.0:443", admin: "127.0.0.1:9000"}
tls: {cert: tls/cert.pem, key: tls/key.pem}
database: {engine: postgresql, url: "postgres://u:p@db/bordereau"}
objects:
  engine: s3
  endpoint: s3.example.com:9000
  region: eu-west-3
  bucket: documents
  prefix: prod/bodies/
  access-key: AKIA
  secret-key: s3cr3t
  ca-file: ca.pem
  largest-put: 67108864
  sweep-every: 48h
keys: {root-secret: AGE-SECRET-KEY-1, recovery: [age1a, age1b], token: /keys/token, receipt: /keys/receipt, ledger: ledger.key}
ledger: {origin: transfer.example.com/bordereau, publish: {dir: /mnt/ledgers, every: 10s},
  retention: {content: 400, work: 200, access: 500, sign-in: 300, audit: 600, denial: 700, names: 90}}
backups: {days: 90}
log: {level: debug, format: json}
limits: {verify-whole: 1048576, ledger-wait: 5s, read-header: 3s, stall: 90s, idle: 1m30s, shutdown: 0s}
`

func TestEveryKeyIsRead(t *testing.T) {
	dir := t.TempDir()
	got, err := config.Load(write(t, filepath.Join(dir, "c.yaml"), everything), nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		DataDir:        "/var/lib/bordereau",
		PublicURL:      "https://transfer.example.com",
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("2001:db8::/32")},
		Listen:         config.Listen{API: "0.0.0.0:443", Admin: "127.0.0.1:9000"},
		TLS:            config.TLS{Cert: filepath.Join(dir, "tls/cert.pem"), Key: filepath.Join(dir, "tls/key.pem")},
		Database:       config.Database{Engine: config.PostgreSQL, URL: config.NewSecret("postgres://u:p@db/bordereau")},
		Objects: config.Objects{
			Engine: config.S3, Endpoint: "s3.example.com:9000", Region: "eu-west-3", Bucket: "documents", Prefix: "prod/bodies/",
			AccessKey: "AKIA", SecretKey: config.NewSecret("s3cr3t"), Secure: true, CAFile: filepath.Join(dir, "ca.pem"),
			LargestPut: 64 << 20, SweepEvery: 48 * time.Hour,
		},
		Keys: config.Keys{
			RootSecret: config.NewSecret("AGE-SECRET-KEY-1"), Recovery: []string{"age1a", "age1b"}, Token: "/keys/token", Receipt: "/keys/receipt",
			Ledger: filepath.Join(dir, "ledger.key"),
		},
		Ledger: config.Ledger{Origin: "transfer.example.com/bordereau",
			Publish: config.Publish{Engine: config.Folder, Dir: "/mnt/ledgers", Region: "us-east-1", Secure: true,
				RetentionMode: config.NoRetention, Every: 10 * time.Second},
			Retention: config.Retention{Content: 400, Work: 200, Access: 500, SignIn: 300, Audit: 600, Denial: 700, Names: 90}},
		Backups: config.Backups{Days: 90},
		Log:     config.Log{Level: slog.LevelDebug, Format: config.JSON},
		Limits: config.Limits{
			VerifyWhole: 1 << 20, LedgerWait: 5 * time.Second, ReadHeader: 3 * time.Second, Stall: 90 * time.Second,
			Idle: 90 * time.Second, Shutdown: 0,
		},
	}
	if diff := cmp.Diff(want, got, ranges); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnknownKeysAreRefusedByPath(t *testing.T) {
	for text, paths := range map[string][]string{
		"databse: {engine: sqlite}":                {"databse"},
		"database: {engin: sqlite}":                {"database.engin"},
		"Database: {engine: sqlite}":               {"Database"},
		"database: {Engine: sqlite}":               {"database.Engine"},
		"database.engine: sqlite":                  {"database.engine"},
		"log: {level: {of: detail}}":               {"log.level"},
		"log: {format: text, colour: {on: true}}":  {"log.colour"},
		"a: 1\nb: {c: 2}\nlisten: {d: }\nkeys: {}": {"a", "b", "listen.d"},
		"'': {}": {""},
	} {
		_, err := load(t, text)
		t.Run(text, func(t *testing.T) { checkProblems(t, err, paths...) })
	}
}

func TestWrongTypesAreRefusedAndNeverRepeated(t *testing.T) {
	for text, path := range map[string]string{
		"data-dir: [hunter2]":                     "data-dir",
		"data-dir: 20260101":                      "data-dir",
		"database: hunter2":                       "database",
		"database: [hunter2]":                     "database",
		"database: {url: {password: hunter2}}":    "database.url",
		"database: {url: 20260101}":               "database.url",
		"objects: {secret-key: [hunter2]}":        "objects.secret-key",
		"objects: {secure: hunter2}":              "objects.secure",
		"objects: {secure: 1}":                    "objects.secure",
		"database: {writers: hunter2}":            "database.writers",
		"limits: {verify-whole: hunter2}":         "limits.verify-whole",
		"limits: {verify-whole: 1.5}":             "limits.verify-whole",
		"limits: {verify-whole: 4MiB}":            "limits.verify-whole",
		"limits: {verify-whole: 1e99}":            "limits.verify-whole",
		"limits: {stall: 10}":                     "limits.stall",
		"limits: {stall: hunter2}":                "limits.stall",
		"limits: {stall: '10'}":                   "limits.stall",
		"log: {level: INFO}":                      "log.level",
		"log: {level: info+2}":                    "log.level",
		"log: {level: 0}":                         "log.level",
		"trusted-proxies: 10.0.0.1":               "trusted-proxies",
		"keys: {recovery: [[hunter2]]}":           "keys.recovery",
		"keys: {recovery: ['']}":                  "keys.recovery",
		"keys: {recovery: {hunter2: hunter2}}":    "keys.recovery",
		"trusted-proxies: [10.0.0.0/8, 5]":        "trusted-proxies",
		"trusted-proxies: [hunter2]":              "trusted-proxies",
		"trusted-proxies: {hunter2: hunter2}":     "trusted-proxies",
		"trusted-proxies: [[10.0.0.0/8]]":         "trusted-proxies",
		"database: {engine: [hunter2]}":           "database.engine",
		"objects: {engine: true}":                 "objects.engine",
		"log: {format: 7}":                        "log.format",
		"keys: {root-secret: {hunter2: hunter2}}": "keys.root-secret",
	} {
		t.Run(text, func(t *testing.T) {
			_, err := load(t, text)
			checkProblems(t, err, path)
			if strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), "20260101") {
				t.Errorf("repeats the value: %v", err)
			}
		})
	}
}

func TestTextThatIsNoYAMLMappingIsRefused(t *testing.T) {
	for name, text := range map[string]string{
		"scalar":           "AGE-SECRET-KEY-1QQQQ",
		"list":             "- a\n- b\n",
		"second document":  "log: {level: info}\n---\nlog: {level: debug}\n",
		"open bracket":     "log: {level: info",
		"tab":              "log:\n\tlevel: info\n",
		"the same key":     "log: {level: info}\nlog: {level: debug}\n",
		"the same in one":  "log: {level: info, level: debug}\n",
		"not UTF-8":        "data-dir: \xff\xfe\n",
		"an unknown alias": "log: *other\n",
		"null as a key":    "database: {~: 1}\n",
		"no key":           ": sqlite\n",
		"number as a key":  "1: 2\n",
		"list as a key":    "? [a]\n: b\n",
		"merged keys":      "<<: {data-dir: x}\n",
		"too large":        "#" + strings.Repeat(" ", 2<<20),
	} {
		_, err := load(t, text)
		if err == nil {
			t.Errorf("%s: loaded", name)
		} else if strings.Contains(err.Error(), "AGE-") {
			t.Errorf("%s: repeats the text: %v", name, err)
		}
	}
	if _, err := config.Load(filepath.Join(t.TempDir(), "missing.yaml"), nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("missing file: %v", err)
	}
}

func TestRelativePathsCountFromTheFile(t *testing.T) {
	dir := t.TempDir()
	path := write(t, filepath.Join(dir, "c.yaml"), "data-dir: ../elsewhere\ndatabase: {path: db/b.db}\nkeys: {root: /abs/root.key}\n")
	t.Chdir(t.TempDir())
	c, err := config.Load(path, []string{"BORDEREAU_OBJECTS__DIR=bodies"})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.DataDir, c.Database.Path, c.Objects.Dir, c.Keys.Root, c.Keys.Token}
	elsewhere := filepath.Join(filepath.Dir(dir), "elsewhere")
	want := []string{elsewhere, filepath.Join(dir, "db/b.db"), filepath.Join(dir, "bodies"), "/abs/root.key", filepath.Join(elsewhere, "token.key")}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWithoutAFileTheEnvironmentCounts(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	c, err := config.Load("", []string{"BORDEREAU_LOG__LEVEL=warn", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if c.Log.Level != slog.LevelWarn || c.DataDir != filepath.Join(here, "data") {
		t.Errorf("level %v, data in %s", c.Log.Level, c.DataDir)
	}
}

func ExampleError() {
	c := config.Default().Resolve("/srv")
	c.PublicURL = "transfer.example.com"
	c.Log.Format = "xml"
	fmt.Println(c.Validate())
	// Output:
	// configuration: 2 problems:
	//   log.format: must be text or json
	//   public-url: must be an address such as https://transfer.example.com
}
