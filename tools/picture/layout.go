package main

import (
	"cmp"
	"math"
	"slices"
)

// The sizes of the picture, in pixels.
const (
	width     = 1000.0
	margin    = 14.0
	boxHeight = 46.0
	layerStep = 104.0
	gap       = 14.0 // between boxes
	laneWidth = 12.0 // of an arrow that passes a layer
)

// A node is a room, or a place where an arrow passes a layer.
type node struct {
	room  string // empty for a place
	layer int
	wide  float64
	x     float64 // of its middle
	up    []*node
	down  []*node
}

// An arrow is the nodes that it goes through, from the importing room to the imported
// one.
type arrow []*node

type layout struct {
	layers [][]*node
	arrows []arrow
}

// place lays the graph out: layers from the top, few crossings, arrows that are straight
// where they can be. The same graph always gives the same layout.
func place(g graph, widthOf func(room string) float64) layout {
	l := build(g, widthOf)
	l.order()
	l.spread()
	return l
}

// build makes the nodes. An arrow over several layers gets a node in each.
func build(g graph, widthOf func(string) float64) layout {
	layer := g.layers()
	l := layout{layers: make([][]*node, slices.Max(values(g.rooms(), layer))+1)}
	nodes := map[string]*node{}
	for _, room := range g.rooms() {
		nodes[room] = l.add(&node{room: room, layer: layer[room], wide: widthOf(room)})
	}
	for _, from := range g.rooms() {
		for _, to := range g[from] {
			a := arrow{nodes[from]}
			for at := layer[from] + 1; at < layer[to]; at++ {
				a = append(a, l.add(&node{layer: at, wide: laneWidth}))
			}
			a = append(a, nodes[to])
			for i := range a[1:] {
				a[i].down = append(a[i].down, a[i+1])
				a[i+1].up = append(a[i+1].up, a[i])
			}
			l.arrows = append(l.arrows, a)
		}
	}
	return l
}

func values(keys []string, m map[string]int) []int {
	var all []int
	for _, k := range keys {
		all = append(all, m[k])
	}
	return all
}

func (l *layout) add(n *node) *node {
	l.layers[n.layer] = append(l.layers[n.layer], n)
	return n
}

// order sorts each layer by the middle of a node's neighbours, down and up in turn, and
// keeps the order with the fewest crossings.
func (l *layout) order() {
	best, fewest := l.copyLayers(), l.crossings()
	for round := range 60 {
		l.number()
		if round%2 == 0 {
			for _, layer := range l.layers[1:] {
				sortBy(layer, func(n *node) []*node { return n.up })
			}
		} else {
			for _, layer := range slices.Backward(l.layers[:len(l.layers)-1]) {
				sortBy(layer, func(n *node) []*node { return n.down })
			}
		}
		l.swap()
		if n := l.crossings(); n < fewest {
			best, fewest = l.copyLayers(), n
		}
	}
	l.layers = best
}

// swap exchanges neighbours for as long as that takes crossings away.
func (l *layout) swap() {
	for better := true; better; {
		better = false
		for _, layer := range l.layers {
			for i := range len(layer) - 1 {
				before := l.crossings()
				layer[i], layer[i+1] = layer[i+1], layer[i]
				if l.crossings() < before {
					better = true
				} else {
					layer[i], layer[i+1] = layer[i+1], layer[i]
				}
			}
		}
	}
	l.number()
}

func (l *layout) copyLayers() [][]*node {
	var all [][]*node
	for _, layer := range l.layers {
		all = append(all, slices.Clone(layer))
	}
	return all
}

// number gives each node its place in its layer, for as long as there is no other.
func (l *layout) number() {
	for _, layer := range l.layers {
		for i, n := range layer {
			n.x = float64(i)
		}
	}
}

// sortBy sorts a layer by the mean place of neighbours, and numbers it anew.
func sortBy(layer []*node, neighbours func(*node) []*node) {
	key := map[*node]float64{}
	for _, n := range layer {
		key[n] = n.x
		if list := neighbours(n); len(list) > 0 {
			key[n] = mean(list)
		}
	}
	slices.SortStableFunc(layer, func(a, b *node) int { return cmp.Compare(key[a], key[b]) })
	for i, n := range layer {
		n.x = float64(i)
	}
}

func mean(list []*node) float64 {
	sum := 0.0
	for _, n := range list {
		sum += n.x
	}
	return sum / float64(len(list))
}

// crossings counts pairs of arrows that cross between two layers.
func (l *layout) crossings() int {
	at := map[*node]int{}
	for _, layer := range l.layers {
		for i, n := range layer {
			at[n] = i
		}
	}
	count := 0
	for _, layer := range l.layers {
		type edge struct{ from, to int }
		var edges []edge
		for _, n := range layer {
			for _, d := range n.down {
				edges = append(edges, edge{at[n], at[d]})
			}
		}
		for i, a := range edges {
			for _, b := range edges[:i] {
				if (a.from-b.from)*(a.to-b.to) < 0 {
					count++
				}
			}
		}
	}
	return count
}

// spread gives every node its place in pixels: close to the middle of its neighbours, in
// its order, and within the picture.
func (l *layout) spread() {
	for _, layer := range l.layers {
		packed(layer, func(n *node) float64 { return width * (n.x + 0.5) / float64(len(layer)) })
	}
	for range 80 {
		for _, layer := range l.layers {
			packed(layer, wanted)
		}
		for _, layer := range slices.Backward(l.layers) {
			packed(layer, wanted)
		}
	}
}

func wanted(n *node) float64 {
	list := slices.Concat(n.up, n.down)
	if len(list) == 0 {
		return n.x
	}
	return mean(list)
}

// packed moves the nodes of a layer as near to where they want to be as their order,
// their widths and the edges of the picture allow: nodes that would overlap form a block,
// which goes to the mean of what its nodes want.
func packed(layer []*node, want func(*node) float64) {
	type block struct {
		nodes     []*node
		offsets   []float64 // of the nodes' middles from the block's left edge
		wide, sum float64   // sum of what the nodes want of the left edge
	}
	left := func(b block) float64 {
		return math.Max(margin, math.Min(width-margin-b.wide, b.sum/float64(len(b.nodes))))
	}
	var blocks []block
	for _, n := range layer {
		half := n.wide / 2
		b := block{[]*node{n}, []float64{half}, n.wide, want(n) - half}
		for len(blocks) > 0 {
			before := blocks[len(blocks)-1]
			if left(before)+before.wide+gap <= left(b) {
				break
			}
			shift := before.wide + gap
			for i, o := range b.offsets {
				before.nodes, before.offsets = append(before.nodes, b.nodes[i]), append(before.offsets, o+shift)
			}
			before.sum += b.sum - shift*float64(len(b.nodes))
			before.wide = shift + b.wide
			b, blocks = before, blocks[:len(blocks)-1]
		}
		blocks = append(blocks, b)
	}
	for _, b := range blocks {
		at := left(b)
		for i, n := range b.nodes {
			n.x = at + b.offsets[i]
		}
	}
}
