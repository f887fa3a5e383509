package demo

import (
	"embed"
	"fmt"
	"strings"
	"text/template"

	"github.com/bordereau/bordereau/gateway/api"
	"github.com/bordereau/bordereau/gateway/demo/synthetic"
)

// trade is one kind of work of a client with a provider: a contract, the people on it,
// and a batch.
type trade struct {
	key              string // also names the terms: terms/<key>.yaml
	client, provider string // keys of organisations

	proposer, approver, officer string   // keys of people, of the client
	system                      string   // of the client: sends
	manager                     string   // of the provider: assigns
	handlers                    []string // of the provider: the first is assigned, the others are not

	goods consignment // documents to send; none under the expired contract

	contract api.Contract
	batch    api.Batch
	sent     []sent
}

// handler is the person to whom the batch is assigned.
func (t *trade) handler() string { return t.handlers[0] }

func byInsurer(key, provider, manager string, handlers ...string) *trade {
	return &trade{key: key, client: "assurances", provider: provider, proposer: "camille", approver: "julien",
		officer: "nadege", system: "sinistres", manager: manager, handlers: handlers}
}

func byBank(key, provider, manager string, handlers ...string) *trade {
	return &trade{key: key, client: "banque", provider: provider, proposer: "bruno", approver: "estelle",
		officer: "odile", system: "guichet", manager: manager, handlers: handlers}
}

// trades gives the trades of the story with synthetic documents.
func trades(seed uint64, scale int) []*trade {
	set := synthetic.Generate(synthetic.Config{Seed: seed, Scale: scale})
	motor := byInsurer("motor", "azur", "sonia", "leila", "karim")
	cheques := byBank("cheques", "basalte", "tahina", "hery")
	loyalty := byBank("loyalty", "azur", "sonia", "karim")
	logs := byInsurer("logs", "basalte", "tahina", "fara")
	motor.goods, cheques.goods = ofSynthetic(set.Motor), ofSynthetic(set.Cheques)
	loyalty.goods, logs.goods = ofSynthetic(set.Loyalty), ofSynthetic(set.Logs)
	return []*trade{motor, cheques, loyalty, logs}
}

// ownTrade is the trade of the story with the user's files.
func ownTrade(goods consignment) *trade {
	t := byInsurer("documents", "azur", "sonia", "leila", "karim")
	t.goods = goods
	return t
}

// expired is a contract that was in force and has ended.
func expired() *trade { return byInsurer("expired", "azur", "sonia", "leila") }

//go:embed terms
var termsFiles embed.FS

// terms fills a trade's terms in for its two organisations.
func terms(key, client, provider string) ([]byte, error) {
	text, err := template.ParseFS(termsFiles, "terms/"+key+".yaml")
	if err != nil {
		return nil, fmt.Errorf("reading terms: %w", err)
	}
	var b strings.Builder
	err = text.Execute(&b, struct{ Client, Provider string }{client, provider})
	return []byte(b.String()), err
}
