package api

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
)

// maxAnswer is the largest JSON answer, in bytes, that is read.
const maxAnswer = 256 << 20

// Read takes the result of an operation of Client and reads the answer: its value, and
// its text as it was sent. A refusal of the gateway is a *Problem.
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
