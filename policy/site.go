package policy

import (
	"net/netip"
	"slices"
)

// network is one network of a site.
type network struct {
	prefix  netip.Prefix
	name    string // of the site
	country string
}

// networksOf lists the networks of all sites, longest prefix first.
func networksOf(sites []Site) []network {
	var list []network
	for _, s := range sites {
		for _, p := range s.Networks {
			list = append(list, network{p, s.Name, s.Country})
		}
	}
	slices.SortStableFunc(list, func(a, b network) int { return b.prefix.Bits() - a.prefix.Bits() })
	return list
}

// locate finds the longest network with the address, nil when there is none or the
// address is unknown. A socket for both families shows an IPv4 address inside an IPv6
// one; locate takes it as IPv4.
func locate(networks []network, address netip.Addr) *network {
	address = address.Unmap()
	for i := range networks {
		if networks[i].prefix.Contains(address) {
			return &networks[i]
		}
	}
	return nil
}
