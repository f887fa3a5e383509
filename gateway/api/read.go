package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer bounds what is read of an answer that is JSON, in bytes.
const maxAnswer = 256 << 20

// Read takes what an operation of Client gives, which it can be called around, and reads the answer: its value, and its
// text as it was sent. What the gateway refuses is a *Problem.
//
//	contract, text, err := api.Read[api.Contract](client.GetContract(ctx, id))
func Read[T any](response *http.Response, err error) (value T, text []byte, _ error) {
	if err != nil {
		return value, nil, err
	}
	defer response.Body.Close()
	if response.StatusCode < 200 || response.StatusCode > 299 {
		return value, nil, problemOf(response)
	}
	if text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return value, nil, fmt.Errorf("reading answer: %w", err)
	}
	if response.StatusCode == http.StatusNoContent {
		return value, nil, nil
	}
	if err := json.Unmarshal(text, &value); err != nil {
		return value, nil, fmt.Errorf("reading answer: %w", err)
	}
	return value, text, nil
}
