package crypto

// CheckHeader is nil when the identity opens the header. It needs no body. Errors are
// those of Open.
func CheckHeader(header []byte, with *Identity) error {
	_, err := fileKey(header, with)
	return err
}
