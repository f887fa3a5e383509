package httpapi

import (
	"bytes"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"net/http"

	"github.com/bordereau/bordereau/gateway"
	"github.com/bordereau/bordereau/gateway/api"
)

// announced gives the digests that headers, or trailers, announce. A digest that cannot
// be checked is a refusal: its sender must not believe that it was checked.
func announced(h http.Header) ([]gateway.Digest, *gateway.Invalid) {
	all, err := api.ParseDigests(h)
	var wrong *api.DigestError
	switch {
	case err == nil:
		return each(all, func(d api.Digest) gateway.Digest { return gateway.Digest(d) }), nil
	case errors.As(err, &wrong) && wrong.Unsupported:
		return nil, &gateway.Invalid{Kind: gateway.InvalidDigest, Field: wrong.Field, Detail: wrong.Detail}
	case errors.As(err, &wrong):
		return nil, &gateway.Invalid{Kind: gateway.InvalidParameter, Field: wrong.Field, Detail: wrong.Detail}
	default:
		return nil, &gateway.Invalid{Kind: gateway.InvalidParameter, Detail: "a digest cannot be read"}
	}
}

// trailsDigest says whether the request announces a digest behind its body.
func trailsDigest(r *http.Request) bool {
	for _, field := range api.DigestFields {
		if _, ok := r.Trailer[http.CanonicalHeaderKey(field)]; ok {
			return true
		}
	}
	return false
}

// trailingDigests reads what stood behind the body. It is called at the body's end.
func trailingDigests(r *http.Request) ([]gateway.Digest, error) {
	if refused := notWhole(r.Trailer, ""); refused != nil {
		return nil, refused
	}
	all, refused := announced(r.Trailer)
	if refused != nil {
		return nil, refused
	}
	return all, nil
}

// checkDigests compares a body in memory with every digest that was announced for it, in
// headers and trailers. A request that only reads has no body to compare.
func checkDigests(r *http.Request, body []byte) error {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return nil
	}
	for _, fields := range []http.Header{r.Header, r.Trailer} {
		all, refused := announced(fields)
		if refused != nil {
			return refused
		}
		for _, d := range all {
			if !bytes.Equal(d.Sum, sumOf(d.Algorithm, body)) {
				return &gateway.Invalid{Kind: gateway.InvalidDigestMismatch, Field: d.Field, Detail: "the body does not have the announced digest"}
			}
		}
	}
	return nil
}

// sumOf gives no sum for an algorithm that is not checked, so that nothing equals it.
func sumOf(algorithm string, body []byte) []byte {
	switch algorithm {
	case api.DigestSHA256:
		sum := sha256.Sum256(body)
		return sum[:]
	case api.DigestSHA512:
		sum := sha512.Sum512(body)
		return sum[:]
	case api.DigestMD5:
		sum := md5.Sum(body)
		return sum[:]
	}
	return nil
}
