package api

import (
	"encoding/json"
	"fmt"
	"strings"
)

// VerifyDestruction checks the signature of a destruction certificate as VerifyReceipt
// does, and gives its claims. A certificate with Exceptions is valid too: the caller
// checks them.
func VerifyDestruction(keys KeySet, jws string) (DestructionClaims, error) {
	payload, err := verifySigned(keys, jws)
	if err != nil {
		return DestructionClaims{}, err
	}
	var claims DestructionClaims
	err = json.Unmarshal(payload, &claims)
	if err != nil || claims.Kind != "destruction" || !strings.HasPrefix(claims.ID, "x_") || claims.Contract == "" {
		return DestructionClaims{}, fmt.Errorf("%w: the JWS is no destruction certificate", ErrReceipt)
	}
	return claims, nil
}
