package demo

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/bordereau/bordereau/gateway/api"
)

// Play plays the story against a gateway that has no member but its operator. At the end
// it returns the world that it made, and an error with every step of unexpected result.
// If the story cannot continue after a step, it ends early. The world is nil only if the
// story could not begin.
func Play(ctx context.Context, c Config) (*World, error) {
	p, err := newPlayer(c)
	if err != nil {
		return nil, err
	}
	trades, err := p.goods()
	if err != nil {
		return nil, err
	}
	p.preface(trades[0])
	// A chapter's error is one of the narrator's differences already.
	if p.setUp(ctx, trades) == nil && p.work(ctx, trades) == nil && p.protect(ctx, trades[0]) == nil {
		p.account(ctx, trades)
	}
	return p.world, p.close()
}

// player makes the requests of the story, prints them, and keeps their results.
type player struct {
	*narrator
	requests
	raw    *api.Client // of requests, for the calls that package api has helpers for
	config Config
	world  *World

	organisations map[string]*organisation
	cast          map[string]*actor
	signers       api.KeySet // of receipts
}

func newPlayer(c Config) (*player, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	if c.Client == nil {
		c.Client = http.DefaultClient
	}
	if c.Out == nil {
		c.Out = io.Discard
	}
	raw, err := api.NewClient(c.API, api.WithHTTPClient(c.Client))
	if err != nil {
		return nil, fmt.Errorf("demo: making client: %w", err)
	}
	client := &api.ClientWithResponses{ClientInterface: raw}
	return &player{narrator: &narrator{out: c.Out}, requests: requests{client}, raw: raw, config: c, world: newWorld(c),
		organisations: map[string]*organisation{}, cast: map[string]*actor{}}, nil
}

// goods gives the documents of the story: the user's own files, or four trades' synthetic
// documents.
func (p *player) goods() ([]*trade, error) {
	if p.config.Documents == nil {
		return trades(p.config.Seed, p.config.Scale), nil
	}
	files, err := ofFiles(p.config.Documents)
	if err != nil {
		return nil, err
	}
	return []*trade{ownTrade(files)}, nil
}

func (p *player) preface(first *trade) {
	fmt.Fprintf(p.out, `The story of a batch, from contract to ledger. Every step shows the command that does the same, with

    API=%s

and a variable in capitals for each person's access token, which the person's credential gives:

    LEILA=$(curl -u "$PERSON:$SECRET" -d grant_type=client_credentials "$API/oauth/token" | jq -r .access_token)
`, p.config.API)
	if n := first.goods.leftOut; n > 0 {
		fmt.Fprintf(p.out, "\nLeft out of your documents, as no regular file or with a name that is not UTF-8: %d.\n", n)
	}
}

// as makes a request in a person's name, and remembers it for the current step.
func (p *player) as(a *actor) api.RequestEditorFn { return p.with(a, call{}) }

// anonymous makes a request without a token.
func (p *player) anonymous() api.RequestEditorFn { return p.with(nil, call{}) }

// with is like as, with more to print about the request.
func (p *player) with(a *actor, c call) api.RequestEditorFn {
	return func(ctx context.Context, r *http.Request) error {
		c.request = r
		if a != nil {
			if err := p.refresh(ctx, a); err != nil {
				return err
			}
			c.variable = a.variable()
			r.Header.Set("Authorization", "Bearer "+a.token)
		}
		p.calls = append(p.calls, c)
		return nil
	}
}

// spare is how long before its end a token is renewed: a story with many large files
// lasts longer than a token.
const spare = time.Minute

func (p *player) refresh(ctx context.Context, a *actor) error {
	if time.Until(a.expires) > spare {
		return nil
	}
	return p.signIn(ctx, a)
}

// signIn gets a person's access token and puts it into the world.
func (p *player) signIn(ctx context.Context, a *actor) error {
	token, err := api.SignIn(ctx, p.raw, a.id, string(a.secret))
	if err != nil {
		return err
	}
	a.token, a.expires = token.AccessToken, time.Now().Add(time.Duration(token.ExpiresIn)*time.Second)
	p.world.admit(a)
	return nil
}
