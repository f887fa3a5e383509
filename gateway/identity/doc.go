// Package identity turns keys into tokens and tokens into people. It issues the access tokens of the built-in issuer,
// verifies them, signs receipts, and keeps the Ed25519 keys for both.
//
// It knows who is asking, never what they may do: a token carries no role, no contract and no permission. Those are
// read from the database within each act, so a token that was issued before a contract ended opens nothing after it.
//
// # An access token
//
// A token is a compact JWS of the JWT profile for access tokens (RFC 9068), signed with Ed25519:
//
//	{"alg":"EdDSA","typ":"at+jwt","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}
//	{"iss":"https://gateway.example","sub":"p_…","aud":"https://gateway.example","client_id":"p_…",
//	 "iat":1764054000,"exp":1764054900,"jti":"t_…","auth":"client-credentials"}
//
// sub and client_id are the same person (a client system is a person too) and auth says how they signed in. The key is
// named by its RFC 7638 thumbprint.
//
// # Strict on purpose
//
// The verifier takes what the issuer makes and nothing beside it: these header parameters and these claims, each once,
// each of its one type. JWT as a format leaves room (extensions by crit, arrays of audiences, any type of token, claim
// names that differ in case only), and in that room two readers of one token can see two people. golang-jwt checks the
// signature, the algorithm, the times and the parties; strict.go and verifier.go refuse what it would let through.
//
// # A receipt
//
// A receipt is a compact JWS of type "bordereau-receipt+jws" under a key of its own (ReceiptKey). The type and the key
// keep the two apart: no receipt is ever a token.
package identity
