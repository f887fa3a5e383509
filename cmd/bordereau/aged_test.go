package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	"github.com/bordereau/bordereau/config"
	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/gatewaytest"
	"github.com/bordereau/bordereau/gateway/installation"
	"github.com/bordereau/bordereau/policy"
)

// aged makes an installation as it was 400 days ago. A contract manager had proposed a
// contract from an address, and had been refused a hold, which only an officer may place.
// 400 days are more than the longest time for which personal data is kept.
//
//	aged FOLDER
//
// Beside the folder it writes credentials: operator.json, officer.json and approver.json
// (a contract manager too). It prints the client's ledger and the id of the first
// manager.
func aged() error {
	flag.Parse()
	ctx, w := context.Background(), where{data: flag.Arg(0)}
	starter := config.Default()
	starter.DataDir, starter.Listen = ".", config.Listen{API: "127.0.0.1:0", Admin: "127.0.0.1:0"}
	if err := os.Mkdir(w.data, 0o700); err != nil {
		return err
	}
	if _, err := writeNew(w.path(), config.Starter(starter)); err != nil {
		return err
	}
	c, err := w.load()
	if err != nil {
		return err
	}
	if err := makeKeys(c.Keys, io.Discard); err != nil {
		return err
	}
	then := time.Now().AddDate(0, 0, -400)
	in, err := installation.Open(ctx, installation.Options{Config: c, Logger: newLogger(c.Log),
		Clock: func() time.Time { return then }})
	if err != nil {
		return err
	}
	err = in.WithServices(ctx, func(ctx context.Context) error { return settleAged(ctx, in.Gateway) })
	return errors.Join(err, in.Close())
}

func settleAged(ctx context.Context, g *gateway.Gateway) error {
	_, credential, err := g.Bootstrap(ctx, gateway.First{Organisation: "Operator", Country: "FR", Person: "Olga Operator"})
	if err != nil {
		return err
	}
	operator := as(credential.Person)
	client, err := g.CreateOrganisation(ctx, operator, gateway.NewOrganisation{Kind: gateway.KindClient, Name: "Client", Country: "FR"})
	if err != nil {
		return err
	}
	provider, err := g.CreateOrganisation(ctx, operator, gateway.NewOrganisation{Kind: gateway.KindProvider, Name: "Provider", Country: "FR"})
	if err != nil {
		return err
	}
	credentials := map[string]gateway.Credential{"operator": credential}
	for name, duty := range map[string]policy.Role{"officer": policy.RoleComplianceOfficer, "approver": policy.RoleContractManager,
		"manager": policy.RoleContractManager} {
		m, err := g.AddMember(ctx, operator, client.ID, gateway.NewMember{Name: "Kim " + name, Duties: []policy.Role{duty}})
		if err != nil {
			return err
		}
		if credentials[name], err = g.IssueCredential(ctx, operator, m.ID); err != nil {
			return err
		}
	}
	manager := as(credentials["manager"].Person)
	manager.Address = netip.MustParseAddr("203.0.113.77")
	if _, err := g.ProposeContract(ctx, manager, gatewaytest.Terms("AGED-1", client.ID, provider.ID)); err != nil {
		return err
	}
	var denied *gateway.Denied
	if _, err := g.HoldPerson(ctx, manager, string(client.ID), manager.Person, "mine"); !errors.As(err, &denied) {
		return fmt.Errorf("a hold by a manager: %w", err)
	}
	for _, name := range []string{"operator", "officer", "approver"} {
		if err := credentialOf(credentials[name]).write(filepath.Join(filepath.Dir(flag.Arg(0)), name+".json")); err != nil {
			return err
		}
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]string{"ledger": string(client.ID), "person": string(manager.Person)})
}
