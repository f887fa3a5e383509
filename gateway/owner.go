package gateway

import (
	"context"

	"github.com/bordereau/bordereau/gateway/keys"
)

// These methods are for the machine's owner and concern contracts' keys. Package keys has
// more methods. Those open identities, and are not for callers of this package.

// LocalKeys lists the keys. Its answer contains no private key.
func (g *Gateway) LocalKeys(ctx context.Context) (keys.Keys, error) { return g.keys.LocalKeys(ctx) }

// LocalCheckKeys is keys.Keeper.LocalCheckKeys.
func (g *Gateway) LocalCheckKeys(ctx context.Context, all bool, progress Progress) (keys.KeyCheck, error) {
	return g.keys.LocalCheckKeys(ctx, all, progress)
}

// LocalRewrapKeys is keys.Keeper.LocalRewrapKeys.
func (g *Gateway) LocalRewrapKeys(ctx context.Context, retire bool, progress Progress) (keys.Rewrapped, error) {
	return g.keys.LocalRewrapKeys(ctx, retire, progress)
}

// LocalRotateContract is keys.Keeper.LocalRotateContract.
func (g *Gateway) LocalRotateContract(ctx context.Context, id ContractID) (keys.Rotation, error) {
	return g.keys.LocalRotateContract(ctx, id)
}

// ContinueRotation is keys.Keeper.ContinueRotation.
func (g *Gateway) ContinueRotation(ctx context.Context, id ContractID, progress Progress) (keys.Rotation, error) {
	return g.keys.ContinueRotation(ctx, id, progress)
}

// ContinueRotations continues every running rotation.
func (g *Gateway) ContinueRotations(ctx context.Context) error { return g.keys.ContinueRotations(ctx) }
