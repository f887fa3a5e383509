package mediatype

import (
	"bytes"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// isText says whether the bytes decode as text. They may be cut anywhere.
func isText(head []byte) bool {
	switch {
	case bytes.HasPrefix(head, []byte("\xff\xfe\x00\x00")):
		return isUTF32(head[4:], binary.LittleEndian)
	case bytes.HasPrefix(head, []byte("\x00\x00\xfe\xff")):
		return isUTF32(head[4:], binary.BigEndian)
	case bytes.HasPrefix(head, []byte("\xff\xfe")):
		return isUTF16(head[2:], binary.LittleEndian)
	case bytes.HasPrefix(head, []byte("\xfe\xff")):
		return isUTF16(head[2:], binary.BigEndian)
	}
	for _, b := range head {
		if !isTextByte(b) {
			return false
		}
	}
	return true
}

// isTextByte says whether text in UTF-8 or a code page of eight bits can have the byte.
// Bytes from 0x80 on are letters in one code page or another. Of the control characters
// text has blanks and ends of lines, the marks of old printers and terminals, and the
// separators of exchange formats: X12 and EDIFACT use 0x1C to 0x1F, HL7 0x0B and 0x1C,
// SWIFT 0x01 and 0x03. A compressed or binary file soon has one of the others.
func isTextByte(b byte) bool {
	switch {
	case b >= ' ', b >= '\a' && b <= 0x0f, b >= 0x01 && b <= 0x04, b >= 0x1a && b <= 0x1f:
		return true
	}
	return false
}

func isUTF16(text []byte, order binary.ByteOrder) bool {
	for len(text) >= 2 {
		r := rune(order.Uint16(text))
		text = text[2:]
		if utf16.IsSurrogate(r) {
			if len(text) < 2 {
				return true // cut in the middle of a character
			}
			if r = utf16.DecodeRune(r, rune(order.Uint16(text))); r == utf8.RuneError {
				return false
			}
			text = text[2:]
		}
		if !isTextRune(r) {
			return false
		}
	}
	return true
}

func isUTF32(text []byte, order binary.ByteOrder) bool {
	for ; len(text) >= 4; text = text[4:] {
		if r := order.Uint32(text); r > utf8.MaxRune || !isTextRune(rune(r)) {
			return false
		}
	}
	return true
}

func isTextRune(r rune) bool {
	return utf8.ValidRune(r) && (r > 0xff || isTextByte(byte(r))) && r&0xfffe != 0xfffe
}

// isScript says whether a text names the interpreter that would run it, in its first
// line: a path, or a program that is known for it. `#!AMR` is a recording.
func isScript(head []byte) bool {
	line, ok := bytes.CutPrefix(bytes.TrimPrefix(head, []byte("\xef\xbb\xbf")), []byte("#!"))
	if !ok {
		return false
	}
	if end := bytes.IndexAny(line, "\r\n"); end >= 0 {
		line = line[:end]
	}
	interpreter := strings.TrimLeft(string(line), " \t")
	if strings.HasPrefix(interpreter, "/") || strings.HasPrefix(interpreter, "./") || strings.Contains(interpreter, `:\`) {
		return true
	}
	for _, name := range []string{"env", "sh", "bash", "ksh", "zsh", "dash", "csh", "tcsh", "fish", "python", "pwsh", "powershell", "perl",
		"ruby", "php", "node", "lua", "tclsh", "wish", "awk", "gawk", "sed", "make", "expect", "osascript", "Rscript"} {
		rest, ok := strings.CutPrefix(interpreter, name)
		if ok && (rest == "" || strings.IndexByte(" \t.0123456789", rest[0]) >= 0) {
			return true
		}
	}
	return false
}
