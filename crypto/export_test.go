package crypto

// WriteHeader lets tests write headers with stanzas that our recipients never produce.
var WriteHeader = writeHeader
