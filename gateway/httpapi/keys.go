package httpapi

import (
	"context"

	"github.com/bordereau/bordereau/gateway/api"
)

// GetKeys gives the public keys that verify tokens and receipts.
func (s *server) GetKeys(context.Context, GetKeysRequestObject) (GetKeysResponseObject, error) {
	set := api.KeySet{Keys: []api.Key{}}
	for _, k := range s.keys.Keys {
		set.Keys = append(set.Keys, api.Key{Kty: k.KeyType, Crv: k.Curve, X: k.X, Kid: k.ID, Use: k.Use, Alg: k.Algorithm})
	}
	return GetKeys200JSONResponse(set), nil
}
