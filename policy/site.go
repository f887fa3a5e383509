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

// locate finds the longest network that has the address, nil when none has it or it is not known. An IPv4 address in an
// IPv6 one, which is how a socket for both shows it, is the IPv4 address.
func locate(networks []network, address netip.Addr) *network {
	address = address.Unmap()
	for i := range networks {
		if networks[i].prefix.Contains(address) {
			return &networks[i]
		}
	}
	return nil
}
