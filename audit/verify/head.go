package verify

// Head is the state of a ledger's tree in a database, to which the next event is added.
// It is derived from the leaves, like the columns. The next checkpoint would be signed
// over it.
type Head struct {
	Size int64  // negative for one that contradicts itself
	Root string // base64
}

// expectHead reads the head before the rows: all events that it covers must come.
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

// compareHead compares the tree with the head if both have the same size.
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

// endHead reads the head again. One transaction writes a row and the head that covers it,
// so no row is beyond the head, not even a row that came in meanwhile.
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
		v.report.problem(KindHead, max(head.Size, 0), "%d rows are beyond the head, from which the database goes on: no sequencer wrote them", beyond)
	}
	return err
}
