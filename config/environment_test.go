package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"github.com/bordereau/bordereau/config"
)

// variable is the documented name of a key's variable, written a second time.
func variable(path string) string {
	path = strings.ReplaceAll(path, "-", "_")
	return "BORDEREAU_" + strings.ToUpper(strings.ReplaceAll(path, ".", "__"))
}

// environment gives the variables for the keys of a YAML text.
func environment(t *testing.T, text string) []string {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(text), &root); err != nil {
		t.Fatal(err)
	}
	return variables(root.Content[0], "")
}

func variables(mapping *yaml.Node, section string) []string {
	var environ []string
	for i := 0; i < len(mapping.Content); i += 2 {
		path, value := section+mapping.Content[i].Value, mapping.Content[i+1]
		switch value.Kind {
		case yaml.MappingNode:
			environ = append(environ, variables(value, path+".")...)
		case yaml.SequenceNode:
			var items []string
			for _, item := range value.Content {
				items = append(items, item.Value)
			}
			environ = append(environ, variable(path)+"="+strings.Join(items, ", "))
		default:
			environ = append(environ, variable(path)+"="+value.Value)
		}
	}
	return environ
}

func TestTheEnvironmentCanSetEveryKey(t *testing.T) {
	dir := t.TempDir()
	fromFile, err := config.Load(write(t, filepath.Join(dir, "full.yaml"), everything), nil)
	if err != nil {
		t.Fatal(err)
	}
	fromEnvironment, err := config.Load(write(t, filepath.Join(dir, "empty.yaml"), ""), environment(t, everything))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(fromFile, fromEnvironment, ranges); diff != "" {
		t.Errorf("(-file +environment):\n%s", diff)
	}
}

func TestTheEnvironmentOverridesTheFile(t *testing.T) {
	c := mustLoad(t, "limits: {stall: 10s, idle: 20s}\ntrusted-proxies: [10.0.0.0/8, 172.16.0.0/12]\n",
		"BORDEREAU_LIMITS__STALL=30s", "BORDEREAU_TRUSTED_PROXIES=192.168.1.1/32", "BORDEREAU_OBJECTS__SECURE=false",
		"BORDEREAU_LIMITS__VERIFY_WHOLE=0", "BORDEREAU_LIMITS__IDLE=", "BORDEREAU_LOG__LEVEL=")
	if c.Limits.Stall != 30*time.Second || c.Limits.Idle != 20*time.Second || c.Limits.VerifyWhole != 0 || c.Objects.Secure {
		t.Errorf("got %+v, %+v", c.Limits, c.Objects)
	}
	if len(c.TrustedProxies) != 1 || c.TrustedProxies[0].String() != "192.168.1.1/32" {
		t.Errorf("proxies are %v", c.TrustedProxies)
	}
}

func TestMisnamedVariablesAreRefused(t *testing.T) {
	for _, name := range []string{
		"BORDEREAU_DATABASE__URLL", "BORDEREAU_DATABSE__URL", "BORDEREAU_DATABASE_URL", "BORDEREAU_DATA__DIR",
		"BORDEREAU_LOG_LEVEL", "BORDEREAU_DATABASE__ENGINE_FILE", "BORDEREAU_OBJECTS__SECRET__KEY",
		"BORDEREAU_OBJECTS_SECRET_KEY_FILE", "BORDEREAU__", "BORDEREAU_OBJECTS__SECRET-KEY", "BORDEREAU_log__level",
	} {
		t.Run(name, func(t *testing.T) {
			_, err := load(t, "", name+"=hunter2")
			checkProblems(t, err, name)
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("repeats the value: %v", err)
			}
		})
	}
	_, err := load(t, "", "BORDEREAU_DATABASE_URL=x")
	if !strings.Contains(err.Error(), "BORDEREAU_DATABASE__URL?") {
		t.Errorf("does not tell the right name: %v", err)
	}
}

func TestUnrelatedVariablesAreIgnored(t *testing.T) {
	mustLoad(t, "", "BORDEREAU_SERVICE_HOST=10.0.0.1", "BORDEREAU_PORT=tcp://10.0.0.1:8443", "BORDEREAU_PORT_8443_TCP_ADDR=10.0.0.1",
		"BORDEREAU_TEST_REQUIRE=all", "BORDEREAU_TOKEN=x", "BORDEREAU=x", "HOME=/", "novalue", "=C:=x", "")
}

func TestSecretsComeFromFiles(t *testing.T) {
	dir := t.TempDir()
	root := write(t, filepath.Join(dir, "root"), "# root\nAGE-SECRET-KEY-1\n")
	write(t, filepath.Join(dir, "url"), "postgres://u:p@db/b\r\n")
	write(t, filepath.Join(dir, "key"), " spaces are part of it ")
	path := write(t, filepath.Join(dir, "c.yaml"), "database: {engine: postgresql}\nobjects: {engine: s3, endpoint: s, bucket: b, access-key: a}\n")
	c, err := config.Load(path, []string{
		"BORDEREAU_KEYS__ROOT_SECRET_FILE=" + root, "BORDEREAU_DATABASE__URL_FILE=url", "BORDEREAU_OBJECTS__SECRET_KEY_FILE=key",
	})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{c.Keys.RootSecret.Reveal(), c.Database.URL.Reveal(), c.Objects.SecretKey.Reveal()}
	want := []string{"# root\nAGE-SECRET-KEY-1", "postgres://u:p@db/b", " spaces are part of it "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if c.Keys.Root != "" {
		t.Errorf("beside the secret there is a root file %s", c.Keys.Root)
	}
}

// Every secret has a _FILE variable, and no other key has one.
func TestEverySecretMayComeFromAFile(t *testing.T) {
	for _, path := range keys(reflect.TypeFor[config.Config](), "") {
		secret := path == "database.url" || path == "objects.secret-key" || path == "keys.root-secret" || path == "ledger.publish.secret-key"
		_, err := load(t, "", variable(path)+"_FILE=/nonexistent/secret")
		checkProblems(t, err, variable(path)+"_FILE")
		if isRead := strings.Contains(err.Error(), "reading the secret"); isRead != secret {
			t.Errorf("%s: %v", path, err)
		}
	}
}

func TestUnreadableSecretFilesAreRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "empty"), "\n")
	for value, path := range map[string]string{
		"=/nonexistent":      "BORDEREAU_DATABASE__URL_FILE",
		"=" + dir:            "BORDEREAU_DATABASE__URL_FILE",
		"=" + dir + "/empty": "BORDEREAU_DATABASE__URL_FILE",
	} {
		_, err := load(t, "", path+value)
		checkProblems(t, err, path)
	}
	write(t, filepath.Join(dir, "url"), "postgres://db/b")
	_, err := load(t, "", "BORDEREAU_DATABASE__URL=postgres://db/a", "BORDEREAU_DATABASE__URL_FILE="+dir+"/url")
	checkProblems(t, err, "BORDEREAU_DATABASE__URL_FILE", "database.url") // which the engine sqlite does not use
}

func TestASecretInAWorldReadableFileIsRefused(t *testing.T) {
	path := write(t, filepath.Join(t.TempDir(), "c.yaml"), "database: {engine: postgresql, url: 'postgres://u:p@db/b'}\n")
	for mode, refused := range map[os.FileMode]bool{0o600: false, 0o640: false, 0o644: true, 0o602: true} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		_, err := config.Load(path, nil)
		if refused {
			checkProblems(t, err, "database.url")
		} else if err != nil {
			t.Errorf("mode %o: %v", mode, err)
		}
	}
	open := write(t, filepath.Join(t.TempDir(), "c.yaml"), "log: {level: info}\n")
	if err := os.Chmod(open, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := config.Load(open, nil); err != nil {
		t.Errorf("without a secret: %v", err)
	}
}
