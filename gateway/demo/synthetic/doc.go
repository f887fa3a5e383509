// Package synthetic makes the documents of the demo: claim forms, scanned pages,
// photographs, cheques, bordereaux, invoices, loyalty movements and log extracts. They
// copy no existing document: the layouts, the handwriting and every name are this
// package's own.
package synthetic
