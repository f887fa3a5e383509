package verify

// Head is what a database keeps of a ledger's tree, to go on from. It is derived from the
// leaves, like its columns: the next checkpoint would be signed over it.
type Head struct {
	Size int64  // negative for one that contradicts itself
	Root string // base64
}

// expectHead reads the head before the rows: all that it is over must come.
func (v *verification) expectHead(read func() (Head, error)) error {
	if read == nil {
		return nil
	}
	head, err := read()
	if err != nil {
		return err
	}
	v.head = &head
	return v.compareHead()
}

// compareHead holds the tree against the head if it is of this size.
func (v *verification) compareHead() error {
	if v.head == nil || v.head.Size != v.tree.size {
		return nil
	}
	root, err := v.tree.root()
	if err == nil && root.String() != v.head.Root {
		v.report.problem(KindHead, NoSeq, "the head of %d events, from which the database goes on, is not over these events", v.head.Size)
	}
	v.head = nil
	return err
}

// endHead reads the head again. A row and the head that is over it are written at once,
// so no row is beyond it, those that came in meanwhile included.
func (v *verification) endHead(read func() (Head, error)) error {
	if read == nil {
		return nil
	}
	switch {
	case v.head == nil:
	case v.head.Size < 0:
		v.report.problem(KindHead, NoSeq, "the head, from which the database goes on, contradicts itself")
		return nil
	default:
		v.report.problem(KindHead, v.tree.size, "the copy ends here: the head, from which the database goes on, is over %d events", v.head.Size)
	}
	head, err := read()
	if beyond := v.report.Events - head.Size; err == nil && beyond > 0 {
		v.report.problem(KindHead, max(head.Size, 0), "%d rows are beyond the head, from which the database goes on: nobody sequenced them", beyond)
	}
	return err
}
