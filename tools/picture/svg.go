package main

import (
	"fmt"
	"html"
	"math"
	"strings"
)

// style has the colours of a light page and of a dark one. Each kind of room has its own.
const style = `
  text { font-family: system-ui, "Segoe UI", "Helvetica Neue", "DejaVu Sans", sans-serif; fill: #1f2328; }
  .name { font-size: 14px; font-weight: 600; }
  .what { font-size: 12px; fill: #57606a; }
  .note { font-size: 12.5px; fill: #57606a; }
  rect { stroke-width: 1.4; }
  path { fill: none; stroke: #8c959f; stroke-width: 1.5; }
  marker path { fill: #8c959f; stroke: none; }
  .cmd { fill: #f6f8fa; stroke: #8c959f; }
  .gateway { fill: #ddf4ff; stroke: #54aeff; }
  .policy { fill: #fff8c5; stroke: #d4a72c; }
  .crypto { fill: #fbefff; stroke: #c297ff; }
  .audit { fill: #dafbe1; stroke: #4ac26b; }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3; }
    .what, .note { fill: #9ea7b3; }
    path { stroke: #7d8590; }
    marker path { fill: #7d8590; }
    .cmd { fill: #21262d; stroke: #7d8590; }
    .gateway { fill: #0c2d4d; stroke: #388bfd; }
    .policy { fill: #3b2f0b; stroke: #bb8009; }
    .crypto { fill: #2f1d4a; stroke: #a371f7; }
    .audit { fill: #10331b; stroke: #2ea043; }
  }
`

// draw is the picture as SVG.
func draw(g graph, captions map[string]string) string {
	l := place(g.reduced(), func(room string) float64 { return boxWidth(room, captions[room]) })
	height := float64(len(l.layers)-1)*layerStep + boxHeight + 2*margin + 26
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %.0f %.0f" width="%.0f" height="%.0f" role="img" aria-labelledby="title">`+"\n",
		width, height, width, height)
	b.WriteString(`<title id="title">The rooms of Bordereau and what they import</title>` + "\n")
	b.WriteString("<!-- Drawn from the imports: go -C tools run ./picture -->\n")
	fmt.Fprintf(&b, "<style>%s</style>\n", style)
	b.WriteString(`<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z"/></marker></defs>` + "\n")
	for _, a := range l.arrows {
		fmt.Fprintf(&b, `<path d="%s" marker-end="url(#head)"/>`+"\n", curve(a))
	}
	for _, layer := range l.layers {
		for _, n := range layer {
			if n.room != "" {
				b.WriteString(box(n, captions[n.room]))
			}
		}
	}
	fmt.Fprintf(&b, `<text class="note" x="%.0f" y="%.0f">An arrow says “imports”. Imports that follow from others are left out, and so is what only tests use.</text>`+"\n",
		margin, height-margin)
	b.WriteString("</svg>\n")
	return b.String()
}

// boxWidth guesses how wide the texts are: SVG has no way to ask.
func boxWidth(room, caption string) float64 {
	return math.Round(math.Max(8.6*float64(len(room)), 6.5*float64(len([]rune(caption)))) + 22)
}

func box(n *node, caption string) string {
	top := topOf(n)
	kind, _, _ := strings.Cut(n.room, "/")
	if kind == "config" {
		kind = "cmd"
	}
	name := top + 20
	if caption == "" {
		name = top + boxHeight/2 + 5
	}
	text := fmt.Sprintf(`<rect class="%s" x="%.1f" y="%.1f" width="%.1f" height="%.0f" rx="7"/>`+"\n", kind, n.x-n.wide/2, top, n.wide, boxHeight)
	text += fmt.Sprintf(`<text class="name" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", n.x, name, html.EscapeString(n.room))
	if caption != "" {
		text += fmt.Sprintf(`<text class="what" x="%.1f" y="%.1f" text-anchor="middle">%s</text>`+"\n", n.x, top+37, html.EscapeString(caption))
	}
	return text
}

func topOf(n *node) float64 { return margin + float64(n.layer)*layerStep }

// curve goes from the lower edge of the first node to the upper edge of the last, upright
// at both and through the nodes between.
func curve(a arrow) string {
	first, last := a[0], a[len(a)-1]
	x, y := port(first, a[1], first.down), topOf(first)+boxHeight
	d := fmt.Sprintf("M%.1f %.1f", x, y)
	for i, n := range a[1:] {
		toX, toY := n.x, topOf(n)
		if n == last {
			toX, toY = port(last, a[i], last.up), toY-1
		}
		middle := (y + toY) / 2
		d += fmt.Sprintf(" C%.1f %.1f %.1f %.1f %.1f %.1f", x, middle, toX, middle, toX, toY)
		if n != last {
			d += fmt.Sprintf(" L%.1f %.1f", toX, toY+boxHeight)
			toY += boxHeight
		}
		x, y = toX, toY
	}
	return d
}

// port is where on the edge of n the arrow to other begins: arrows share the middle half
// of the edge, in the order of where they go.
func port(n, other *node, all []*node) float64 {
	before := 0
	for _, o := range all {
		if o.x < other.x {
			before++
		}
	}
	share := (float64(before) + 0.5) / float64(len(all))
	return n.x + (share-0.5)*n.wide*0.62
}
