package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// SignIn gets an access token for a person's credential.
func SignIn(ctx context.Context, c *Client, person PersonID, secret string) (Token, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {person}, "client_secret": {secret}}
	response, err := c.IssueTokenWithBody(ctx, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
	if err != nil {
		return Token{}, fmt.Errorf("signing in: %w", err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		var t Token
		if err := json.NewDecoder(response.Body).Decode(&t); err != nil {
			return Token{}, fmt.Errorf("reading token: %w", err)
		}
		return t, nil
	case http.StatusBadRequest, http.StatusUnauthorized:
		var refusal TokenError
		if err := json.NewDecoder(response.Body).Decode(&refusal); err != nil {
			return Token{}, fmt.Errorf("reading token error: %w", err)
		}
		return Token{}, errors.New("signing in: " + refusal.Error)
	default:
		return Token{}, fmt.Errorf("signing in: %w", problemOf(response))
	}
}

// Bearer adds an access token to a request.
func Bearer(token string) RequestEditorFn {
	return func(_ context.Context, r *http.Request) error {
		r.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}
