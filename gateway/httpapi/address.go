package httpapi

import (
	"net/http"
	"net/netip"
	"strings"
)

// address is the client's address: the peer of the connection. If the peer is a trusted
// proxy, it is the last address in X-Forwarded-For that is no trusted proxy. Proxies
// append, so the client itself may have written the addresses further left. An unreadable
// address gives the zero Addr, which is at no site of any contract. It never gives the
// proxy's own address, which may be at one.
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
		if at, err = parseHop(strings.TrimSpace(hops[len(hops)-1])); err != nil {
			return netip.Addr{}
		}
		hops = hops[:len(hops)-1]
	}
	return at
}

// parseHop reads an address as proxies write it: alone, or with a port (10.1.2.3:51234,
// [2001:db8::1]:443), as Azure's Application Gateway always does. An IPv6 address without
// brackets has no port.
func parseHop(text string) (netip.Addr, error) {
	at, err := netip.ParseAddr(text)
	if err != nil {
		var withPort netip.AddrPort
		withPort, err = netip.ParseAddrPort(text)
		at = withPort.Addr()
	}
	return at.Unmap().WithZone(""), err
}

func trusted(a netip.Addr, proxies []netip.Prefix) bool {
	for _, p := range proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}
