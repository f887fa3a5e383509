package verify

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

// The limits of an archive. An evidence pack made by a gateway is smaller.
const (
	maxArchive = 256 << 20
	maxMembers = 20_000
	maxName    = 128
)

// The parts of a ZIP file and their sizes without names.
const (
	localSignature     = "PK\x03\x04"
	directorySignature = "PK\x01\x02"
	endSignature       = "PK\x05\x06"

	localSize     = 30
	directorySize = 46
	endSize       = 22
)

// The two fields that are the same in every member: the version of ZIP that stored
// members need, and the first day that its dates know.
const (
	zipVersion = 20
	zipDate    = 1<<5 | 1
)

// archive is a ZIP file in the one form that an evidence pack has: members stored as they
// are, one behind the other from the first byte on, then the directory, then its end, and
// not a byte more. So nothing can be hidden between members, lie over another member,
// grow when it is read, or look different to another program. And every size is checked
// before anything is read.
type archive struct {
	file    io.ReaderAt
	members []member // in the order of the file
	byName  map[string]*member
}

type member struct {
	name string
	at   int64 // of the data
	size int64
	crc  uint32
}

// openArchive reads the directory and compares every header with it. The errors are
// sentences about the archive.
func openArchive(file io.ReaderAt, size int64) (*archive, error) {
	if size > maxArchive {
		return nil, fmt.Errorf("it has more than %d bytes", maxArchive)
	}
	count, directory, err := readEnd(file, size)
	if err != nil {
		return nil, err
	}
	a := &archive{file: file, byName: make(map[string]*member, count), members: make([]member, 0, count)}
	at := int64(0)
	rest := directory
	for range count {
		var m member
		if m, rest, err = nextMember(rest, at); err != nil {
			return nil, err
		}
		if a.byName[m.name] != nil {
			return nil, fmt.Errorf("member %q is there twice", m.name)
		}
		if m.at+m.size > size-endSize-int64(len(directory)) {
			return nil, fmt.Errorf("member %q is larger than the archive", m.name)
		}
		if err := a.checkLocal(m); err != nil {
			return nil, err
		}
		a.members = append(a.members, m)
		a.byName[m.name] = &a.members[len(a.members)-1]
		at = m.at + m.size
	}
	if len(rest) > 0 {
		return nil, errors.New("its directory holds more than the members it counts")
	}
	if at != size-endSize-int64(len(directory)) {
		return nil, errors.New("something lies between its members and its directory")
	}
	return a, nil
}

// readEnd reads the last 22 bytes, and the directory that they point to.
func readEnd(file io.ReaderAt, size int64) (count int, directory []byte, err error) {
	if size < endSize {
		return 0, nil, errors.New("it is no ZIP file")
	}
	end, err := readAt(file, size-endSize, endSize)
	if err != nil {
		return 0, nil, err
	}
	le := binary.LittleEndian
	if string(end[:4]) != endSignature {
		return 0, nil, errors.New("it does not end with its directory: it was cut off, has a comment, or something else was put behind it")
	}
	if le.Uint16(end[20:]) != 0 {
		return 0, nil, errors.New("it announces a comment")
	}
	count = int(le.Uint16(end[10:]))
	length, offset := int64(le.Uint32(end[12:])), int64(le.Uint32(end[16:]))
	switch {
	case le.Uint32(end[4:]) != 0 || int(le.Uint16(end[8:])) != count:
		return 0, nil, errors.New("it is a part of an archive of several files")
	case count > maxMembers:
		return 0, nil, fmt.Errorf("it has more than %d members", maxMembers)
	case length > int64(count)*(directorySize+maxName):
		return 0, nil, errors.New("its directory is larger than that of so many members")
	case offset+length != size-endSize:
		return 0, nil, errors.New("its directory is not where it says: it was cut, or something was put before it")
	}
	directory, err = readAt(file, offset, int(length))
	return count, directory, err
}

// nextMember reads one entry of the directory. Its member must begin at the offset.
func nextMember(directory []byte, at int64) (m member, rest []byte, err error) {
	if len(directory) < directorySize || string(directory[:4]) != directorySignature {
		return m, nil, errors.New("its directory holds fewer members than it counts")
	}
	le := binary.LittleEndian
	d := directory
	nameEnd := directorySize + int(le.Uint16(d[28:]))
	if nameEnd > len(d) {
		return m, nil, errors.New("its directory ends within a name")
	}
	m = member{name: string(d[directorySize:nameEnd]), size: int64(le.Uint32(d[24:])), crc: le.Uint32(d[16:])}
	m.at = at + localSize + int64(len(m.name))
	if err := checkName(m.name); err != nil {
		return m, nil, err
	}
	var wrong string
	switch {
	case le.Uint16(d[8:])&1 != 0:
		wrong = "is encrypted"
	case le.Uint16(d[10:]) != 0:
		wrong = "is compressed: its size is not known before it is unpacked"
	case int64(le.Uint32(d[20:])) != m.size:
		wrong = "has two sizes"
	case le.Uint32(d[38:]) != 0 || le.Uint16(d[36:]) != 0:
		wrong = "is a link, a folder or something else that is no plain file"
	case le.Uint16(d[30:]) != 0 || le.Uint16(d[32:]) != 0:
		wrong = "has a comment, or fields beside those that a pack has"
	case int64(le.Uint32(d[42:])) != at:
		wrong = "does not begin where the one before it ends: members overlap, or something lies between them"
	case !bytes.Equal(d[:nameEnd], m.directory(at)):
		wrong = "has another header than members of a pack have"
	}
	if wrong != "" {
		return m, nil, fmt.Errorf("member %q %s", m.name, wrong)
	}
	return m, d[nameEnd:], nil
}

// checkName accepts only plain relative names: a file unpacked under such a name stays in
// its folder.
func checkName(name string) error {
	switch {
	case name == "":
		return errors.New("a member has no name")
	case len(name) > maxName:
		return errors.New("a member has too long a name")
	case strings.HasPrefix(name, "/"):
		return fmt.Errorf("member %q has an absolute path for a name", name)
	case strings.Contains(name, `\`):
		return fmt.Errorf("member %q has a backslash in its name", name)
	case strings.ContainsFunc(name, notInName):
		return fmt.Errorf("member %q has a character in its name that names in a pack do not have", name)
	}
	for segment := range strings.SplitSeq(name, "/") {
		if segment == "" || segment == "." || segment == ".." {
			return fmt.Errorf("member %q has a name that leads elsewhere", name)
		}
	}
	return nil
}

func notInName(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && r != '-' && r != '.' && r != '_' && r != '/'
}

// checkLocal compares the header before the member's data with its entry in the
// directory.
func (a *archive) checkLocal(m member) error {
	want := m.local()
	got, err := readAt(a.file, m.at-int64(len(want)), len(want))
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("member %q: its own header says something else than the directory", m.name)
	}
	return nil
}

// local is the header that stands before the member's data.
func (m member) local() []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, localSize+len(m.name)), localSignature...)
	return append(m.common(le.AppendUint16(b, zipVersion)), m.name...)
}

// directory is the member's entry in the directory.
func (m member) directory(at int64) []byte {
	le := binary.LittleEndian
	b := append(make([]byte, 0, directorySize+len(m.name)), directorySignature...)
	b = m.common(le.AppendUint16(le.AppendUint16(b, zipVersion), zipVersion))
	b = append(b, make([]byte, 10)...) // no comment, first disk, no attributes
	b = le.AppendUint32(b, uint32(at))
	return append(b, m.name...)
}

// common appends the fields of both headers, from the flags to the length of extra
// fields.
func (m member) common(b []byte) []byte {
	le := binary.LittleEndian
	b = append(b, 0, 0, 0, 0, 0, 0) // no flags, stored, midnight
	b = le.AppendUint16(b, zipDate)
	b = le.AppendUint32(b, m.crc)
	b = le.AppendUint32(b, uint32(m.size))
	b = le.AppendUint32(b, uint32(m.size))
	b = le.AppendUint16(b, uint16(len(m.name)))
	return le.AppendUint16(b, 0)
}

func (a *archive) reader(m *member) *io.SectionReader {
	return io.NewSectionReader(a.file, m.at, m.size)
}

// read reads a member of at most limit bytes whole, and checks its CRC.
func (a *archive) read(name string, limit int64) ([]byte, error) {
	m := a.byName[name]
	if m == nil {
		return nil, errors.New("it is not there")
	}
	if m.size > limit {
		return nil, fmt.Errorf("it has more than %d bytes", limit)
	}
	data, err := readAt(a.file, m.at, int(m.size))
	if err == nil && crc32.ChecksumIEEE(data) != m.crc {
		err = errWrongCRC
	}
	return data, err
}

var errWrongCRC = errors.New("its CRC is another than the directory says")

func readAt(file io.ReaderAt, at int64, n int) ([]byte, error) {
	data := make([]byte, n)
	if _, err := io.ReadFull(io.NewSectionReader(file, at, int64(n)), data); err != nil {
		return nil, fmt.Errorf("reading it: %w", err)
	}
	return data, nil
}
