package policy

// Upload is what a class lets come in, for a document that was granted and is being
// received.
func (c *Compiled) Upload(class Class) Upload { return Upload{c.classes[class]} }

// Upload decides about a document while its bytes come in: what the grant could not know.
// The zero value takes nothing.
type Upload struct{ class *compiledClass }

// Size answers whether so many bytes may have come.
func (u Upload) Size(n int64) Reason {
	if u.class == nil {
		return ReasonUnknownClass
	}
	return u.class.fits(n)
}

// Content answers whether the bytes may be what they are, where plausible says that they
// can be of the media type that was declared. A class that takes any media type takes any
// bytes.
func (u Upload) Content(plausible bool) Reason {
	if u.class == nil {
		return ReasonUnknownClass
	}
	return unless(plausible || u.class.anyMediaType(), ReasonMediaType)
}

func (k *compiledClass) fits(size int64) Reason { return unless(size <= k.MaxBytes, ReasonTooLarge) }

// anyMediaType says whether the class takes every media type. AnyMediaType stands alone.
func (k *compiledClass) anyMediaType() bool { return k.MediaTypes[0] == AnyMediaType }
