package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway/httpapi"
	"github.com/bordereau/bordereau/gateway/identity"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/gateway/supervise"
)

func serveCommand() *cobra.Command {
	var w where
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the gateway: serve the API",
		Long: "Serve the API on listen.api, and health and profiles on listen.admin, until an interrupt or SIGTERM. Running transfers may then " +
			"finish within limits.shutdown.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			began := time.Now()
			c, err := w.load()
			if err != nil {
				return err
			}
			log := newLogger(c.Log)
			in, err := installation.Open(cmd.Context(), installation.Options{Config: c, TryStores: true, Logger: log, Version: newBuildVersion(builtFrom(), stamped).Version})
			if err != nil {
				return err
			}
			if installation.PublishedOnDatabaseDisk(c) {
				log.Warn("ledgers are published to the disk of the database, so a restore of that disk cannot be noticed: "+
					"set ledger.publish to another disk or a bucket", "published", c.Ledger.Publish.Dir, "database", c.Database.Path)
			}
			api, admin, err := listen(c.Listen)
			if err == nil {
				err = in.Serving(cmd.Context(), func(ctx context.Context) error { return serve(ctx, in, api, admin) })
			}
			err = errors.Join(err, in.Close())
			log.Info("stopped", "after", time.Since(began).Round(time.Second).String())
			return err
		},
	}
	w.addFlags(cmd)
	return cmd
}

func listen(c config.Listen) (api, admin net.Listener, err error) {
	if api, err = net.Listen("tcp", c.API); err != nil {
		return nil, nil, fmt.Errorf("listening for the API: %w", err)
	}
	if admin, err = net.Listen("tcp", c.Admin); err != nil {
		return nil, nil, errors.Join(fmt.Errorf("listening for administration: %w", err), api.Close())
	}
	return api, admin, nil
}

// serve answers on both listeners until ctx ends. Then the gateway is not ready any more,
// the API takes requests for limits.DrainPause, and running transfers may finish within
// limits.Shutdown. The administration answers to the end.
func serve(ctx context.Context, in *installation.Installation, api, admin net.Listener) error {
	handler, err := newHandler(in)
	if err == nil {
		err = refuseUnknownErasures(ctx, in)
	}
	if err == nil {
		api, err = withTLS(in.Config.TLS, api)
	}
	if err != nil {
		return errors.Join(err, api.Close(), admin.Close())
	}
	limits := in.Config.Limits
	public := httpapi.NewServer(handler, in.Log)
	public.ReadHeaderTimeout, public.IdleTimeout = limits.ReadHeader, limits.Idle
	supervisor := in.Supervise()
	look := func(ctx context.Context) (bool, any) { r := supervisor.Ready(ctx); return r.Ready, r }
	private := httpapi.NewServer(httpapi.NewAdminHandler(look, in.Metrics.Handler()), in.Log)
	in.Log.Info("serving", "api", api.Addr().String(), "admin", admin.Addr().String(), "public", in.Config.PublicURL)
	group, ctx := errgroup.WithContext(ctx)
	ended := make(chan struct{}) // of the API
	group.Go(func() error { defer close(ended); return ignoreClosed(public.Serve(api)) })
	group.Go(func() error { return ignoreClosed(private.Serve(admin)) })
	group.Go(func() error { in.Store.Watch(ctx); return nil })
	group.Go(func() error {
		<-ctx.Done()
		supervisor.Stopping()
		in.Log.Info("stopping", "drain-pause", limits.DrainPause.String(), "shutdown", limits.Shutdown.String())
		select {
		case <-time.After(limits.DrainPause):
		case <-ended:
		}
		late, cancel := context.WithTimeout(context.WithoutCancel(ctx), limits.Shutdown)
		defer cancel()
		if err := public.Shutdown(late); err != nil {
			in.Log.Warn("transfers were cut at the shutdown", "error", err)
			public.Close()
		}
		return private.Close()
	})
	return group.Wait()
}

// withTLS is the listener of the API, with TLS where the configuration has a certificate.
func withTLS(c config.TLS, l net.Listener) (net.Listener, error) {
	if c.Cert == "" {
		return l, nil
	}
	pair, err := tls.LoadX509KeyPair(c.Cert, c.Key)
	if err != nil {
		return l, fmt.Errorf("loading the certificate of the API: %w", err)
	}
	return tls.NewListener(l, &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair},
		NextProtos: []string{"h2", "http/1.1"}}), nil
}

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// newHandler is the API over this installation.
func newHandler(in *installation.Installation) (http.Handler, error) {
	key, err := identity.LoadKey(in.Config.Keys.Token)
	if err != nil {
		return nil, err
	}
	issuer, err := identity.NewIssuer(identity.IssuerConfig{Key: key, Issuer: in.Config.PublicURL, Audience: in.Config.PublicURL})
	if err != nil {
		return nil, err
	}
	verifier, err := identity.NewVerifier(identity.VerifierConfig{Keys: issuer.KeySet(), Issuer: in.Config.PublicURL,
		Audience: in.Config.PublicURL})
	if err != nil {
		return nil, err
	}
	keys := issuer.KeySet()
	keys.Keys = append(keys.Keys, in.Receipts.PublicJWK())
	return httpapi.NewHandler(httpapi.Config{Gateway: in.Gateway, Issuer: issuer, Verifier: verifier, Keys: keys, Logger: in.Log,
		Served: countRequests(in.Metrics), TrustedProxies: in.Config.TrustedProxies, Progress: in.Config.Limits.Stall})
}

// countRequests counts requests.
func countRequests(m *supervise.Metrics) func(httpapi.Served) {
	return func(d httpapi.Served) { m.Request(d.Method, d.Route, d.Outcome, d.Reason, d.In, d.Out, d.Took) }
}
