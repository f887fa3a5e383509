package s3_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bordereau/bordereau/gateway/s3"
	"github.com/bordereau/bordereau/gateway/s3/s3test"
)

// noCredentials makes the environment one in which nothing is found.
func noCredentials(t *testing.T) {
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_ACCESS_KEY", "AWS_SECRET_ACCESS_KEY", "AWS_SECRET_KEY", "AWS_SESSION_TOKEN",
		"AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
		"AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN",
		"AWS_ROLE_SESSION_NAME", "AWS_REGION", "AWS_ENDPOINT_URL_STS"} {
		t.Setenv(name, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "absent"))
	nowhere := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nowhere.Close)
	t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", nowhere.URL)
}

// keyless opens a store at a server that remembers how requests are signed, without a key
// in the configuration.
func keyless(t *testing.T) (*s3.Bucket, *s3test.Script) {
	t.Helper()
	server := &s3test.Script{Answer: s3test.Says(404, "NoSuchKey")}
	listener := httptest.NewServer(server)
	t.Cleanup(listener.Close)
	c := s3test.ConfigOf(listener)
	c.AccessKey, c.SecretKey = "", ""
	return open(t, c), server
}

// wantSigned checks the key and the token of the newest request.
func wantSigned(t *testing.T, server *s3test.Script, key, token string) {
	t.Helper()
	all := server.Requests()
	newest := all[len(all)-1].Header
	if got := newest.Get("Authorization"); !strings.Contains(got, "Credential="+key+"/") {
		t.Errorf("signed %q, want by %s", got, key)
	}
	if got := newest.Get("X-Amz-Security-Token"); got != token {
		t.Errorf("session token %q, want %q", got, token)
	}
}

// serves is the address of a server that answers so.
func serves(t *testing.T, answer http.HandlerFunc) string {
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return server.URL
}

func file(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// role is an answer with temporary credentials, as pods and machines get them.
func role(key string, expires time.Time) string {
	return fmt.Sprintf(`{"Code": "Success", "AccessKeyId": %q, "SecretAccessKey": "secret", "Token": "token-of-%s", "Expiration": %q}`,
		key, key, expires.UTC().Format(time.RFC3339))
}

// Where the configuration has no key, each link of the chain is looked at, in this order.
func TestBucketFindsCredentials(t *testing.T) {
	later := time.Now().Add(time.Hour)
	links := []struct {
		name, key, token string
		set              func(t *testing.T)
	}{
		{"the machine's identity", "MACHINE", "token-of-MACHINE", func(t *testing.T) {
			t.Setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", serves(t, func(w http.ResponseWriter, r *http.Request) {
				switch {
				case r.Method == http.MethodPut && r.URL.Path == "/latest/api/token":
					io.WriteString(w, "of-the-session")
				case r.Header.Get("X-Aws-Ec2-Metadata-Token") != "of-the-session":
					w.WriteHeader(http.StatusUnauthorized)
				case strings.HasSuffix(r.URL.Path, "/security-credentials/"):
					io.WriteString(w, "the-role")
				case strings.HasSuffix(r.URL.Path, "/security-credentials/the-role"):
					io.WriteString(w, role("MACHINE", later))
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
		}},
		{"the container's identity", "CONTAINER", "token-of-CONTAINER", func(t *testing.T) {
			t.Setenv("AWS_CONTAINER_AUTHORIZATION_TOKEN", "of-the-container")
			t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", serves(t, func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Authorization") != "of-the-container" {
					w.WriteHeader(http.StatusUnauthorized)
					return
				}
				io.WriteString(w, role("CONTAINER", later))
			}))
		}},
		{"the pod's web identity", "WEB", "token-of-WEB", func(t *testing.T) {
			t.Setenv("AWS_WEB_IDENTITY_TOKEN_FILE", file(t, "of-the-pod"))
			t.Setenv("AWS_ROLE_ARN", "arn:aws:iam::1:role/bordereau")
			t.Setenv("AWS_ENDPOINT_URL_STS", serves(t, func(w http.ResponseWriter, r *http.Request) {
				if r.FormValue("Action") != "AssumeRoleWithWebIdentity" || r.FormValue("WebIdentityToken") != "of-the-pod" ||
					r.FormValue("RoleArn") != "arn:aws:iam::1:role/bordereau" {
					w.WriteHeader(http.StatusForbidden)
					return
				}
				fmt.Fprintf(w, `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>WEB</AccessKeyId>
					<SecretAccessKey>secret</SecretAccessKey><SessionToken>token-of-WEB</SessionToken><Expiration>%s</Expiration></Credentials>
					</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`, later.UTC().Format(time.RFC3339))
			}))
		}},
		{"the shared file", "FILE", "token-of-FILE", func(t *testing.T) {
			t.Setenv("AWS_PROFILE", "documents")
			t.Setenv("AWS_SHARED_CREDENTIALS_FILE", file(t, "[default]\naws_access_key_id = OTHER\naws_secret_access_key = secret\n"+
				"[documents]\naws_access_key_id = FILE\naws_secret_access_key = secret\naws_session_token = token-of-FILE\n"))
		}},
		{"the environment", "ENVIRONMENT", "token-of-ENVIRONMENT", func(t *testing.T) {
			t.Setenv("AWS_ACCESS_KEY_ID", "ENVIRONMENT")
			t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
			t.Setenv("AWS_SESSION_TOKEN", "token-of-ENVIRONMENT")
		}},
	}
	for i, link := range links {
		t.Run(link.name, func(t *testing.T) {
			noCredentials(t)
			for _, behind := range links[:i] { // what is set beside it comes later in the chain
				behind.set(t)
			}
			link.set(t)
			store, server := keyless(t)
			get(t, store, "d/object")
			wantSigned(t, server, link.key, link.token)
		})
	}
}

func TestBucketWithoutCredentials(t *testing.T) {
	noCredentials(t)
	server := httptest.NewServer(&s3test.Script{Answer: s3test.Says(404, "NoSuchKey")})
	t.Cleanup(server.Close)
	c := s3test.ConfigOf(server)
	c.AccessKey, c.SecretKey = "", ""
	if _, err := s3.Open(t.Context(), c); err == nil || !strings.Contains(err.Error(), "no credentials") {
		t.Errorf("Open = %v", err) // it must not ask without a signature
	}
}

// Temporary credentials are renewed when their time is over, without anybody restarting
// anything.
func TestBucketRenewsTemporaryCredentials(t *testing.T) {
	noCredentials(t)
	var given atomic.Int64
	t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", serves(t, func(w http.ResponseWriter, _ *http.Request) {
		n := given.Add(1)
		expires := time.Now().Add(-time.Minute)
		if n >= 4 {
			expires = time.Now().Add(time.Hour)
		}
		io.WriteString(w, role(fmt.Sprint("KEY", n), expires))
	}))
	store, server := keyless(t)
	for given.Load() < 4 {
		get(t, store, "d/object")
	}
	get(t, store, "d/object")
	wantSigned(t, server, "KEY4", "token-of-KEY4")
}
