package crypto

// WriteHeader lets tests write headers with stanzas that no recipient of ours makes.
var WriteHeader = writeHeader
