package policy

// Upload is what a class lets come in, for a document that was granted and is being
// received.
func (c *Compiled) Upload(class Class) Upload { return Upload{c.classes[class]} }

// Upload decides about a document while its bytes come in: what the grant could not know.
// The zero value takes nothing.
type Upload struct{ class *compiledClass }

// Content is what is known of a document's bytes. The zero value is refused by every
// class that does not take any type.
type Content struct {
	Declared   string // media type, in lower case, without parameters
	Fits       bool   // the bytes can be of the declared type
	Executable bool   // the bytes are a program or a script
}

// Size answers whether so many bytes may have come.
func (u Upload) Size(n int64) Reason {
	if u.class == nil {
		return ReasonUnknownClass
	}
	return u.class.fits(n)
}

// Content answers whether the bytes may be what they are. A class that takes any media
// type takes any bytes, except programs. A class takes a program when it names the
// declared type and the bytes are of that type, or when it takes any type and names the
// family of programs.
func (u Upload) Content(c Content) Reason {
	switch {
	case u.class == nil:
		return ReasonUnknownClass
	case c.Executable && u.class.types.any && u.class.types.programs:
		return ReasonAllowed
	case c.Executable && !(c.Fits && u.class.types.names(c.Declared)):
		return ReasonExecutable
	}
	return unless(c.Fits || u.class.types.any, ReasonContent)
}

// MediaTypes are the media types and families of the class, as the terms list them.
func (u Upload) MediaTypes() []string {
	if u.class == nil {
		return nil
	}
	return u.class.MediaTypes
}

func (k *compiledClass) fits(size int64) Reason { return unless(size <= k.MaxBytes, ReasonTooLarge) }
