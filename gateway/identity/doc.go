// Package identity turns keys into tokens and tokens into people. It issues the access
// tokens of the built-in issuer, verifies them, signs receipts, and keeps the Ed25519
// keys for both.
//
// It authenticates and does not authorise: a token carries no role, no contract and no
// permission. The gateway reads those from the database for each act, so a token from
// before a contract's end opens nothing after it.
//
// # An access token
//
// A token is a compact JWS of the JWT profile for access tokens (RFC 9068), signed with
// Ed25519:
//
//	{"alg":"EdDSA","typ":"at+jwt","kid":"kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"}
//	{"iss":"https://gateway.example","sub":"p_…","aud":"https://gateway.example","client_id":"p_…",
//	 "iat":1764054000,"exp":1764054900,"jti":"t_…","auth":"client-credentials"}
//
// sub and client_id are the same person; a client system is a person too. auth names the
// way in which that person signed in. kid names the key by its RFC 7638 thumbprint.
//
// # Strict on purpose
//
// The verifier accepts exactly the tokens of this issuer: these header parameters and
// these claims, each once, each of its one type. JWT as a format leaves room: extensions
// by crit, arrays of audiences, any type of token, claim names that differ in case only.
// In that room two readers of one token can see two different people. golang-jwt checks
// the signature, the algorithm, the times and the parties; strict.go and verifier.go
// refuse the rest.
//
// # A receipt
//
// A receipt is a compact JWS of type "bordereau-receipt+jws" under a key of its own
// (ReceiptKey). Type and key keep the two apart: no receipt is ever accepted as a token.
package identity
