package crypto

// CheckHeader is nil when the identity opens the header, which is known without its body. Errors are those of Open.
func CheckHeader(header []byte, with *Identity) error {
	_, err := fileKey(header, with)
	return err
}
