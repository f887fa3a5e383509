package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// address is where the request came from: the peer of the connection, or, when that is a trusted proxy, the last address in
// X-Forwarded-For that is not one. Proxies append, so what stands further left is the caller's own invention. Whatever is
// not understood gives the zero Addr, which is at no site of any contract; never the proxy's own address, which may be.
func address(r *http.Request, proxies []netip.Prefix) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	at := peer.Addr().Unmap().WithZone("")
	// Several header lines are one list (RFC 9110, section 5.3).
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for trusted(at, proxies) {
		if len(hops) == 0 {
			return netip.Addr{}
		}
		at, err = netip.ParseAddr(strings.TrimSpace(hops[len(hops)-1]))
		if err != nil {
			return netip.Addr{}
		}
		at = at.Unmap().WithZone("")
		hops = hops[:len(hops)-1]
	}
	return at
}

func trusted(a netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
