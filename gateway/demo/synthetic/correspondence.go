package synthetic

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"unicode/utf16"
)

// Media types of what people send beside the programme's tables.
const (
	mediaWord    = "application/msword"
	mediaDocx    = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	mediaXlsx    = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	mediaRTF     = "application/rtf"
	mediaMail    = "message/rfc822"
	mediaOutlook = "application/vnd.ms-outlook"
	mediaEDIFACT = "application/edifact"
	mediaM4A     = "audio/mp4"
)

// correspondence is what members and shops write: letters, messages, scans and orders in
// the formats that people really use. Each stands in its container, with little in it.
func correspondence(s *source, n int) []Document {
	var documents []Document
	add := func(mediaType, name string, content []byte) {
		documents = append(documents, newDocument(fmt.Sprintf(name, n+1), "correspondence", mediaType, content))
	}
	letter := fmt.Sprintf("Bonjour, il manque 120 points sur ma carte d'essai n° %s. Merci, Élise Épreuve", s.digits(9))
	add(mediaWord, "Réclamation %d (ancien Word).doc", oleFile(oleStream{"WordDocument", []byte(strings.Repeat(letter+"\r", 80))}))
	add(mediaOutlook, "Réclamation %d.msg", oleFile(oleStream{"__properties_version1.0", []byte(strings.Repeat(letter+"\r", 80))}))
	add(mediaDocx, "Réclamation %d.docx", zipFile("[Content_Types].xml", contentTypes("word/document.xml", mediaDocx), "_rels/.rels", relations("word/document.xml"),
		"word/document.xml", xmlHead+`<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body><w:p><w:r><w:t>`+
			letter+`</w:t></w:r></w:p></w:body></w:document>`))
	add(mediaXlsx, "Points manquants %d.xlsx", zipFile("[Content_Types].xml", contentTypes("xl/workbook.xml", mediaXlsx), "_rels/.rels", relations("xl/workbook.xml"),
		"xl/workbook.xml", xmlHead+`<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheets/><!-- `+s.digits(9)+` --></workbook>`))
	add(mediaRTF, "Lettre %d.rtf", []byte(`{\rtf1\ansi `+strings.NewReplacer("É", `\'c9`, "é", `\'e9`, "°", `\'b0`).Replace(letter)+`}`))
	add(mediaMail, "Message %d.eml", []byte("MIME-Version: 1.0\r\nDate: Tue, 3 Mar 2026 09:12:00 +0100\r\nFrom: Elise <elise@example.com>\r\n"+
		"To: club@example.net\r\nSubject: =?utf-8?q?R=C3=A9clamation?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"+letter+"\r\n"))
	add(mediaMail, "Message signé %d.eml", []byte("DKIM-Signature: v=1; a=rsa-sha256; d=example.com; s=2026; bh=AAAA; b=AAAA\r\nFrom: elise@example.com\r\n\r\n"+letter+"\r\n"))
	add(mediaEDIFACT, "Commande %d.edi", fmt.Appendf(nil, "UNB+UNOA:1+CLUB+BOUTIQUE+260303:0912+%d'UNH+1+ORDERS:D:96A:UN'BGM+220+%s+9'"+
		"LIN+1++4000862141404:EN'QTY+21:12'UNT+5+1'UNZ+1+%d'", n+1, s.digits(9), n+1))
	add(mediaCSV, "Boutiques %d (Mozambique).csv", []byte(strings.Repeat("MZ;Maputo;2026-03-03;"+s.digits(4)+"\r\n", 20)))
	add(mediaTIFF, "Numérisation %d (grand format).tif", bigTIFF(s))
	add(mediaM4A, "Message vocal %d.m4a", silence(s))
	return documents
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>`

func contentTypes(part, mediaType string) string {
	return xmlHead + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ` +
		`ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/` + part + `" ContentType="` + mediaType + `.main+xml"/></Types>`
}

func relations(part string) string {
	return xmlHead + `<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" ` +
		`Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="` + part + `"/></Relationships>`
}

// zipFile makes a ZIP file from names and contents in turn.
func zipFile(parts ...string) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := 0; i < len(parts); i += 2 {
		f, err := w.CreateHeader(&zip.FileHeader{Name: parts[i], Method: zip.Store})
		if err == nil {
			_, err = f.Write([]byte(parts[i+1]))
		}
		if err != nil {
			panic(err) // the buffer has no failures
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

type oleStream struct {
	name    string
	content []byte // at least 4096 bytes: shorter ones stand in a stream of their own kind
}

// oleFile makes a compound file (MS-CFB, version 3) with one stream. Its directory stands
// at the end, as Word leaves it: no first bytes tell which program wrote it.
func oleFile(s oleStream) []byte {
	const sector = 512
	content := append(bytes.Clone(s.content), make([]byte, (sector-len(s.content)%sector)%sector)...)
	n := uint32(len(content) / sector)
	order := binary.LittleEndian

	header := make([]byte, sector)
	copy(header, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	order.PutUint16(header[24:], 0x3e)
	order.PutUint16(header[26:], 3)
	order.PutUint16(header[28:], 0xfffe)
	order.PutUint16(header[30:], 9)
	order.PutUint16(header[32:], 6)
	order.PutUint32(header[44:], 1)    // sectors of the allocation table
	order.PutUint32(header[48:], n+1)  // the directory's first
	order.PutUint32(header[56:], 4096) // below it, a stream would be a small one
	order.PutUint32(header[60:], endOfChain)
	order.PutUint32(header[68:], endOfChain)
	order.PutUint32(header[76:], n) // the allocation table's first
	for i := 80; i < sector; i += 4 {
		order.PutUint32(header[i:], freeSector)
	}

	table := make([]byte, 0, sector)
	for i := uint32(1); i < n; i++ {
		table = order.AppendUint32(table, i)
	}
	table = order.AppendUint32(table, endOfChain)
	table = order.AppendUint32(table, 0xfffffffd) // the table itself
	table = order.AppendUint32(table, endOfChain) // the directory
	for len(table) < sector {
		table = order.AppendUint32(table, freeSector)
	}

	directory := append(oleEntry("Root Entry", 5, 1, endOfChain, 0), oleEntry(s.name, 2, freeSector, 0, uint64(len(s.content)))...)
	directory = append(directory, oleEntry("", 0, freeSector, 0, 0)...)
	directory = append(directory, oleEntry("", 0, freeSector, 0, 0)...)
	return bytes.Join([][]byte{header, content, table, directory}, nil)
}

const endOfChain, freeSector = 0xfffffffe, 0xffffffff

func oleEntry(name string, kind byte, child, start uint32, size uint64) []byte {
	entry := make([]byte, 128)
	order := binary.LittleEndian
	units := utf16.Encode([]rune(name))
	for i, u := range units {
		order.PutUint16(entry[2*i:], u)
	}
	if name != "" {
		order.PutUint16(entry[64:], uint16(2*len(units)+2))
	}
	entry[66], entry[67] = kind, 1
	order.PutUint32(entry[68:], freeSector)
	order.PutUint32(entry[72:], freeSector)
	order.PutUint32(entry[76:], child)
	order.PutUint32(entry[116:], start)
	order.PutUint64(entry[120:], size)
	return entry
}

// bigTIFF is a page of 64 by 64 points, with some dirt on it, in the form of TIFF for
// files beyond 4 GiB.
func bigTIFF(s *source) []byte {
	order := binary.LittleEndian
	b := append([]byte("II"), 43, 0, 8, 0, 0, 0)
	b = order.AppendUint64(b, 16+512) // the directory stands behind the picture
	picture := bytes.Repeat([]byte{0xff}, 512)
	for range 8 {
		picture[s.between(0, len(picture)-1)] = byte(s.between(0, 255))
	}
	b = append(b, picture...)
	entries := [][3]uint64{ // tag, type, value
		{256, 3, 64}, {257, 3, 64}, {258, 3, 1}, {259, 3, 1}, {262, 3, 1}, {273, 16, 16}, {277, 3, 1}, {278, 3, 64}, {279, 16, 512}}
	b = order.AppendUint64(b, uint64(len(entries)))
	for _, e := range entries {
		b = order.AppendUint16(b, uint16(e[0]))
		b = order.AppendUint16(b, uint16(e[1]))
		b = order.AppendUint64(b, 1)
		b = order.AppendUint64(b, e[2])
	}
	return order.AppendUint64(b, 0)
}

// silence is an m4a file that holds no sound: its brand, an empty film and no data.
func silence(s *source) []byte {
	box := func(kind string, content ...[]byte) []byte {
		all := bytes.Join(content, nil)
		return append(append(binary.BigEndian.AppendUint32(nil, uint32(len(all)+8)), kind...), all...)
	}
	mvhd := make([]byte, 100)
	binary.BigEndian.PutUint32(mvhd[4:], uint32(s.between(1, 1<<30))) // when it was made
	binary.BigEndian.PutUint32(mvhd[12:], 1000)                       // units of a second
	return bytes.Join([][]byte{box("ftyp", []byte("M4A \x00\x00\x02\x00M4A isom")), box("moov", box("mvhd", mvhd)), box("mdat")}, nil)
}
