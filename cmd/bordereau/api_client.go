package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/bordereau/bordereau/gateway/api"
)

// The environment of commands that speak to a gateway. Flags go before it.
const (
	envAPI          = "BORDEREAU_API"
	envTokenFile    = "BORDEREAU_TOKEN_FILE"
	envCredentials  = "BORDEREAU_CREDENTIALS"
	envClientID     = "BORDEREAU_CLIENT_ID"
	envClientSecret = "BORDEREAU_CLIENT_SECRET"
	envCAFile       = "BORDEREAU_CA_FILE"
)

// connection has the address of a gateway and the credentials for it. Every command over
// the API has its flags.
type connection struct {
	url         string
	tokenFile   string // with an access token
	credentials string // with a credential, as `bordereau init` writes it: {"client_id": …, "client_secret": …}
	caFile      string // with certificate authorities to trust beside the system's
	json        bool
}

func (c *connection) addFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.url, "api", "", "address of the gateway, as in https://gateway.example (or $"+envAPI+")")
	f.BoolVar(&c.json, "json", false, "print the API's answer unchanged, as JSON; a refusal goes to standard error")
	c.addSignInFlags(cmd)
}

// addSignInFlags adds the flags for signing in.
func (c *connection) addSignInFlags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&c.credentials, "credentials", "", "file with client_id and client_secret, as JSON (or $"+envCredentials+
		", or $"+envClientID+" and $"+envClientSecret+")")
	f.StringVar(&c.tokenFile, "token-file", "", "file with an access token, in place of credentials (or $"+envTokenFile+")")
	f.StringVar(&c.caFile, "ca-file", "", "PEM file with the authority that signed the gateway's certificate (or $"+envCAFile+")")
	cmd.MarkFlagsMutuallyExclusive("credentials", "token-file")
}

// dial signs in and returns a client whose requests carry the access token.
func (c connection) dial(ctx context.Context) (*api.Client, error) {
	address, err := c.address()
	if err != nil {
		return nil, err
	}
	h, err := newHTTPClient(or(c.caFile, envCAFile))
	if err != nil {
		return nil, err
	}
	anonymous, err := api.NewClient(address, api.WithHTTPClient(h))
	if err != nil {
		return nil, err
	}
	token, err := c.token(ctx, anonymous)
	if err != nil {
		return nil, err
	}
	return api.NewClient(address, api.WithHTTPClient(h), api.WithRequestEditorFn(api.Bearer(token)))
}

// address is the gateway's address. Secrets travel in clear only within this machine.
func (c connection) address() (string, error) {
	address := or(c.url, envAPI)
	if address == "" {
		return "", usageError("which gateway? Name its address with --api or in $" + envAPI)
	}
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return "", usageError("--api must be an address such as https://gateway.example")
	case u.Scheme == "https", u.Scheme == "http" && isLoopback(u.Hostname()):
		return address, nil
	}
	return "", usageError("--api must begin with https://: http:// is allowed only for a gateway on this machine")
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// newHTTPClient makes a client that follows no redirection: a token is for one gateway.
func newHTTPClient(caFile string) (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	if caFile != "" {
		pool, err := x509.SystemCertPool()
		if err != nil {
			pool = x509.NewCertPool()
		}
		text, err := os.ReadFile(caFile)
		if err != nil {
			return nil, fmt.Errorf("reading --ca-file: %w", err)
		}
		if !pool.AppendCertsFromPEM(text) {
			return nil, fmt.Errorf("--ca-file: %s holds no certificate in PEM form: name another file", caFile)
		}
		transport.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
	}
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse
	}}, nil
}

// token is the access token: one from a file, or a new one for the credentials. Flags
// replace the environment as a whole: a person who names credentials does not mean the
// token file that the environment names.
func (c connection) token(ctx context.Context, client *api.Client) (string, error) {
	if c.tokenFile == "" && c.credentials == "" {
		c.tokenFile, c.credentials = os.Getenv(envTokenFile), os.Getenv(envCredentials)
	}
	if c.tokenFile != "" {
		text, err := os.ReadFile(c.tokenFile)
		if err != nil {
			return "", fmt.Errorf("reading token: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	id, secret, err := c.credential()
	if err != nil {
		return "", err
	}
	token, err := api.SignIn(ctx, client, id, secret)
	return token.AccessToken, err
}

func (c connection) credential() (id, secret string, err error) {
	if c.credentials != "" {
		o, err := readCredential(c.credentials)
		var notJSON *json.SyntaxError
		if errors.As(err, &notJSON) || err == nil && (o.Person == "" || o.Secret == "") {
			return "", "", fmt.Errorf("%s does not hold client_id and client_secret as JSON: name a file as `bordereau init` writes it", c.credentials)
		}
		if err != nil {
			return "", "", fmt.Errorf("reading credentials: %w", err)
		}
		return string(o.Person), o.Secret, nil
	}
	if id, secret = os.Getenv(envClientID), os.Getenv(envClientSecret); id == "" || secret == "" {
		return "", "", usageError("who are you? Name a file with --credentials or --token-file, or set $" + envClientID + " and $" + envClientSecret)
	}
	return id, secret, nil
}

// or is the value of a flag, or of the environment where the flag was not given.
func or(flag, variable string) string {
	if flag != "" {
		return flag
	}
	return os.Getenv(variable)
}
