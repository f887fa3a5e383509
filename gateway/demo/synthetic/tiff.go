package synthetic

import (
	"bytes"
	"encoding/binary"
)

// Tags of TIFF 6.0 that a bilevel picture needs, and the types of their values.
const (
	tagWidth, tagLength, tagBits, tagCompression, tagPhotometric    = 256, 257, 258, 259, 262
	tagStripOffsets, tagSamples, tagRowsPerStrip, tagStripBytes     = 273, 277, 278, 279
	tagXResolution, tagYResolution, tagResolutionUnit, tagSoftware  = 282, 283, 296, 305
	typeASCII, typeShort, typeLong, typeRational                    = 2, 3, 4, 5
	compressionPackBits, whiteIsZero, resolutionInInches, oneSample = 32773, 0, 2, 1
)

type tiffEntry struct {
	tag, kind    uint16
	count, value uint32
}

// bilevelTIFF writes a picture as a scanner does: one bit a pixel, black where the shade
// is under 128, PackBits. It is laid out as header, strip, resolution, software,
// directory.
func bilevelTIFF(c canvas, dotsPerInch uint32) []byte {
	const software = "Bordereau synthetic\x00"
	strip := packedRows(c)
	stripAt := uint32(8)
	resolutionAt := even(stripAt + uint32(len(strip)))
	softwareAt := resolutionAt + 8
	directoryAt := even(softwareAt + uint32(len(software)))

	var out bytes.Buffer
	out.WriteString("II*\x00")
	writeLittle(&out, directoryAt)
	out.Write(strip)
	padTo(&out, resolutionAt)
	writeLittle(&out, dotsPerInch, uint32(1))
	out.WriteString(software)
	padTo(&out, directoryAt)
	entries := []tiffEntry{
		{tagWidth, typeLong, 1, uint32(c.width())},
		{tagLength, typeLong, 1, uint32(c.height())},
		{tagBits, typeShort, 1, 1},
		{tagCompression, typeShort, 1, compressionPackBits},
		{tagPhotometric, typeShort, 1, whiteIsZero},
		{tagStripOffsets, typeLong, 1, stripAt},
		{tagSamples, typeShort, 1, oneSample},
		{tagRowsPerStrip, typeLong, 1, uint32(c.height())},
		{tagStripBytes, typeLong, 1, uint32(len(strip))},
		{tagXResolution, typeRational, 1, resolutionAt},
		{tagYResolution, typeRational, 1, resolutionAt},
		{tagResolutionUnit, typeShort, 1, resolutionInInches},
		{tagSoftware, typeASCII, uint32(len(software)), softwareAt},
	}
	writeLittle(&out, uint16(len(entries)))
	for _, e := range entries {
		writeLittle(&out, e)
	}
	writeLittle(&out, uint32(0)) // no other page
	return out.Bytes()
}

func even(n uint32) uint32 { return (n + 1) &^ 1 }

func padTo(out *bytes.Buffer, offset uint32) {
	for uint32(out.Len()) < offset {
		out.WriteByte(0)
	}
}

func writeLittle(out *bytes.Buffer, values ...any) {
	for _, v := range values {
		if err := binary.Write(out, binary.LittleEndian, v); err != nil {
			panic(err) // only fixed-size values are given
		}
	}
}

func packedRows(c canvas) []byte {
	var packed []byte
	row := make([]byte, (c.width()+7)/8)
	for y := range c.height() {
		clear(row)
		for x := range c.width() {
			if c.Pix[y*c.Stride+x] < 128 {
				row[x/8] |= 0x80 >> (x % 8)
			}
		}
		packed = appendPackBits(packed, row)
	}
	return packed
}

// appendPackBits appends a row as runs: a count of 0..127 and that many bytes and one
// more as they are, or of -127..-1 and one byte to repeat (TIFF 6.0, section 9).
func appendPackBits(to, row []byte) []byte {
	for len(row) > 0 {
		if run := repeated(row); run > 1 {
			to = append(to, byte(1-run), row[0])
			row = row[run:]
			continue
		}
		n := 1
		for n < min(len(row), 128) && repeated(row[n:]) < 3 {
			n++
		}
		to = append(append(to, byte(n-1)), row[:n]...)
		row = row[n:]
	}
	return to
}

// repeated says how often the first byte stands at the beginning, at most 128 times.
func repeated(row []byte) int {
	n := 1
	for n < min(len(row), 128) && row[n] == row[0] {
		n++
	}
	return n
}
