package s3

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"time"

	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
)

const (
	// readTries bridges a moment's absence, under two seconds; an outage is the caller's
	// to report.
	readTries = 3

	// readPatience and writePatience are how long a server may be silent after it has the
	// whole request, whatever was asked (patience.go has less for most). A server on a
	// POSIX file system copies and syncs a large object before it answers.
	readPatience  = 10 * time.Second
	writePatience = 15 * time.Minute

	// idlePerHost is how many connections to the server wait for the next request; each
	// of them has a buffer of bodyBuffer bytes for the way that bodies go, and one of
	// smallBuffer for the other.
	idlePerHost = 64
	bodyBuffer  = 128 << 10
	smallBuffer = 4 << 10
)

// connect makes the two clients. They send nothing before the first request.
func (b *Bucket) connect(ctx context.Context, c Config) error {
	tlsConfig, err := c.tls()
	if err != nil {
		return err
	}
	creds, err := c.credentials(ctx, tlsConfig)
	if err != nil {
		return err
	}
	client := func(tries int, t *http.Transport) (*minio.Core, error) {
		b.transports = append(b.transports, t)
		return minio.NewCore(c.Endpoint, &minio.Options{
			Creds:           creds,
			Secure:          !c.Insecure,
			Region:          c.Region, // spares a look-up, which not every key may do
			Transport:       dated{t, &b.skew},
			TrailingHeaders: true, // a checksum that follows the body needs no second pass over it
			MaxRetries:      tries,
		})
	}
	reading, writing := transport(tlsConfig, readPatience), transport(tlsConfig, writePatience)
	reading.ReadBufferSize, writing.WriteBufferSize = bodyBuffer, bodyBuffer
	if b.reads, err = client(readTries, reading); err != nil {
		return err
	}
	b.writes, err = client(1, writing)
	return err
}

func transport(tlsConfig *tls.Config, patience time.Duration) *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           dialer.DialContext,
		TLSClientConfig:       tlsConfig.Clone(),
		TLSHandshakeTimeout:   10 * time.Second,
		ResponseHeaderTimeout: patience,
		MaxIdleConnsPerHost:   idlePerHost,
		IdleConnTimeout:       time.Minute,
		ReadBufferSize:        smallBuffer,
		WriteBufferSize:       smallBuffer,
		DisableCompression:    true, // sizes are those of the stored bytes
	}
}

func (c Config) tls() (*tls.Config, error) {
	t := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile == "" {
		return t, nil
	}
	pem, err := os.ReadFile(c.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading CAFile: %w", err)
	}
	if t.RootCAs, err = x509.SystemCertPool(); err != nil {
		return nil, fmt.Errorf("reading the system's certificates: %w", err)
	}
	if !t.RootCAs.AppendCertsFromPEM(pem) {
		return nil, errors.New("CAFile holds no certificate")
	}
	return t, nil
}

// credentials gives the configured keys, or the first that the usual chain finds. Without
// any, the client would silently send requests without a signature.
func (c Config) credentials(ctx context.Context, tlsConfig *tls.Config) (*credentials.Credentials, error) {
	if c.AccessKey != "" {
		return credentials.NewStaticV4(c.AccessKey, c.SecretKey, c.SessionToken), nil
	}
	chain := credentials.NewChainCredentials([]credentials.Provider{
		&credentials.EnvAWS{},
		&credentials.FileAWSCredentials{},
		&credentials.IAM{Endpoint: roleEndpoint()},
	})
	client := &http.Client{Transport: transport(tlsConfig, readPatience)}
	defer client.CloseIdleConnections() // later look-ups go over the store's own clients
	value, err := chain.GetWithContext(&credentials.CredContext{Client: client, Context: ctx})
	if err != nil {
		return nil, fmt.Errorf("looking for credentials: %w", err)
	}
	if value.SignerType == credentials.SignatureAnonymous {
		return nil, errors.New("no credentials: none configured, none in the environment, the credentials file or the machine's identity")
	}
	return chain, nil
}

// roleEndpoint is where the pod or the machine is asked for its credentials, empty for
// where Amazon's are asked. Servers of one's own have an STS of their own; the variables
// are those that Amazon's tools read.
func roleEndpoint() string {
	switch {
	case os.Getenv("AWS_WEB_IDENTITY_TOKEN_FILE") != "":
		return os.Getenv("AWS_ENDPOINT_URL_STS")
	case os.Getenv("AWS_CONTAINER_CREDENTIALS_FULL_URI") != "", os.Getenv("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI") != "":
		return "" // the variable itself says where
	default:
		return os.Getenv("AWS_EC2_METADATA_SERVICE_ENDPOINT")
	}
}
