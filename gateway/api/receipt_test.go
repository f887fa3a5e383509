package api_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/bordereau/bordereau/gateway/api"
)

const (
	receiptHeader = `{"alg":"EdDSA","typ":"bordereau-receipt+jws","kid":"k1"}`
	receiptClaims = `{"jti":"r_aaaaaaaaaaaaaaaaaaaaaaaaaa","kind":"received","iat":1795608000,` +
		`"client":"o_aaaaaaaaaaaaaaaaaaaaaaaaaa","contract":"c_aaaaaaaaaaaaaaaaaaaaaaaaaa","contract_version":2,` +
		`"batch":"b_aaaaaaaaaaaaaaaaaaaaaaaaaa","document":"d_aaaaaaaaaaaaaaaaaaaaaaaaaa","reference":"claim-1",` +
		`"class":"form","media_type":"application/pdf","size":12,` +
		`"sha256":"44affa2b2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38"}`
)

// signedJWS makes a JWS with nothing but the standard library.
func signedJWS(key ed25519.PrivateKey, header, payload string) string {
	text := encode(header) + "." + encode(payload)
	return text + "." + encode(string(ed25519.Sign(key, []byte(text))))
}

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// key is the same from run to run.
func key(name string) ed25519.PrivateKey {
	seed := make([]byte, ed25519.SeedSize)
	copy(seed, name)
	return ed25519.NewKeyFromSeed(seed)
}

func jwk(kid string, k ed25519.PrivateKey) api.Key {
	return api.Key{Kty: "OKP", Crv: "Ed25519", Use: "sig", Alg: "EdDSA", Kid: kid,
		X: base64.RawURLEncoding.EncodeToString(k.Public().(ed25519.PublicKey))}
}

func keySet() api.KeySet {
	return api.KeySet{Keys: []api.Key{jwk("k0", key("token")), jwk("k1", key("receipt"))}}
}

func TestVerifyReceipt(t *testing.T) {
	got, err := api.VerifyReceipt(keySet(), signedJWS(key("receipt"), receiptHeader, receiptClaims))
	if err != nil {
		t.Fatal(err)
	}
	want := api.ReceiptClaims{
		ID: "r_aaaaaaaaaaaaaaaaaaaaaaaaaa", Kind: "received", IssuedAt: 1795608000,
		Client: "o_aaaaaaaaaaaaaaaaaaaaaaaaaa", Contract: "c_aaaaaaaaaaaaaaaaaaaaaaaaaa", ContractVersion: 2,
		Batch: "b_aaaaaaaaaaaaaaaaaaaaaaaaaa", Document: "d_aaaaaaaaaaaaaaaaaaaaaaaaaa", Reference: "claim-1",
		Class: "form", MediaType: "application/pdf", Size: 12,
		SHA256: "44affa2b2d7c3250525675a08f0cfa9591168cffe51791c5f5bbc417c15a6c38",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the claims (-want +got):\n%s", diff)
	}
}

func TestVerifyReceiptRefuses(t *testing.T) {
	receipt := key("receipt")
	good := signedJWS(receipt, receiptHeader, receiptClaims)
	parts := strings.Split(good, ".")
	header := func(old, replacement string) string {
		return signedJWS(receipt, strings.Replace(receiptHeader, old, replacement, 1), receiptClaims)
	}
	for name, jws := range map[string]string{
		"nothing":              "",
		"two parts":            parts[0] + "." + parts[1],
		"four parts":           good + ".x",
		"no signature":         parts[0] + "." + parts[1] + ".",
		"another's claims":     parts[0] + "." + encode(strings.Replace(receiptClaims, "claim-1", "claim-2", 1)) + "." + parts[2],
		"another key":          signedJWS(key("token"), receiptHeader, receiptClaims),
		"unknown key":          header(`"k1"`, `"k2"`),
		"the token key":        header(`"k1"`, `"k0"`),
		"an access token":      header(`bordereau-receipt+jws`, `at+jwt`),
		"no type":              header(`"typ":"bordereau-receipt+jws",`, ``),
		"no algorithm":         header(`"EdDSA"`, `"none"`),
		"critical extension":   header(`{`, `{"crit":"x",`),
		"critical extensions":  header(`{`, `{"crit":["x"],`),
		"a key in the header":  header(`{`, `{"jwk":"x",`),
		"line break inside":    parts[0] + "." + parts[1] + ".\n" + parts[2],
		"trailing bits":        good[:len(good)-1] + string(good[len(good)-1]+1),
		"padding":              good + "==",
		"not claims":           signedJWS(receipt, receiptHeader, `[]`),
		"no receipt's claims":  signedJWS(receipt, receiptHeader, `{}`),
		"no JSON":              signedJWS(receipt, receiptHeader, `x`),
		"header is not object": signedJWS(receipt, `"x"`, receiptClaims),
	} {
		if _, err := api.VerifyReceipt(keySet(), jws); !errors.Is(err, api.ErrReceipt) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestVerifyReceiptRefusesUnfitKeys(t *testing.T) {
	good := signedJWS(key("receipt"), receiptHeader, receiptClaims)
	for name, change := range map[string]func(*api.Key){
		"key type":   func(k *api.Key) { k.Kty = "EC" },
		"curve":      func(k *api.Key) { k.Crv = "Ed448" },
		"use":        func(k *api.Key) { k.Use = "enc" },
		"algorithm":  func(k *api.Key) { k.Alg = "ES256" },
		"short key":  func(k *api.Key) { k.X = k.X[:20] },
		"bad base64": func(k *api.Key) { k.X = "+" + k.X[1:] },
	} {
		set := keySet()
		change(&set.Keys[1])
		if _, err := api.VerifyReceipt(set, good); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// FuzzVerifyReceipt asserts that nothing panics, and that no text is accepted that we did
// not sign.
func FuzzVerifyReceipt(f *testing.F) {
	good := signedJWS(key("receipt"), receiptHeader, receiptClaims)
	f.Add(good)
	f.Add("..")
	f.Add(strings.Replace(good, ".", "..", 1))
	f.Fuzz(func(t *testing.T, jws string) {
		if _, err := api.VerifyReceipt(keySet(), jws); err == nil && jws != good {
			t.Fatalf("taken: %q", jws)
		}
	})
}
