#!/usr/bin/env python3
"""A second verifier of Bordereau ledgers, written from docs/ledger.md alone. Python 3.8 or later, standard library only.

    verify.py FOLDER --key KEY [--checkpoint FILE]...        a published ledger: the folder that holds its `checkpoint`
    verify.py --proof FILE --leaf FILE --key KEY             an inclusion proof of one event
    verify.py --consistency FILE --old FILE --key KEY        a consistency proof, and the earlier checkpoint it is for
    verify.py --pack FILE [--key KEY] [--checkpoint FILE]... an evidence pack

Where the key was replaced, the proofs take --statements FOLDER too: the published folder `keys` of the ledger.

Prints one JSON object. Exits with 0 when everything holds, with 1 when something does not, and with 3 when a pack
is in order but only its own key was given, which proves nothing.
"""

import argparse
import base64
import binascii
import datetime
import hashlib
import json
import os
import re
import stat
import struct
import sys
import zlib

MAX_LEAF = 16384
MAX_BUNDLE = 256 * (2 + MAX_LEAF)
MAX_NOTE = 65536
WIDTH = 256


class Bad(Exception):
    """A reason to refuse."""


# Ed25519, verification only: RFC 8032, section 5.1. It computes on public data only, so it need not run in constant time.

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
ROOT_OF_MINUS_ONE = pow(2, (P - 1) // 4, P)


def decompress(data):
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & (2**255 - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    if x2 == 0:
        return None if sign else (0, y, 1, 0)
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P != 0:
        x = x * ROOT_OF_MINUS_ONE % P
    if (x * x - x2) % P != 0:
        return None
    if x & 1 != sign:
        x = P - x
    return (x, y, 1, x * y % P)


def add(p, q):
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * p[3] * q[3] * D % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % P, g * h % P, f * g % P, e * h % P)


def multiply(n, p):
    q = (0, 1, 1, 0)
    while n > 0:
        if n & 1:
            q = add(q, p)
        p = add(p, p)
        n >>= 1
    return q


def compress(p):
    z = pow(p[2], P - 2, P)
    x, y = p[0] * z % P, p[1] * z % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


BASE = decompress((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def ed25519_verify(public, message, signature):
    a = decompress(public)
    s = int.from_bytes(signature[32:], "little")
    if a is None or len(signature) != 64 or s >= L:
        return False
    k = int.from_bytes(hashlib.sha512(signature[:32] + public + message).digest(), "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return compress(add(multiply(s, BASE), multiply(k, minus_a))) == signature[:32]


# Hashes.


def leaf_hash(leaf):
    return hashlib.sha256(b"\0" + leaf).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The roots of the perfect subtrees that the leaves so far split into, with their sizes, the largest first."""

    def __init__(self):
        self.size = 0
        self.parts = []

    def add(self, leaf):
        size, value = 1, leaf_hash(leaf)
        while self.parts and self.parts[-1][0] == size:
            value = node_hash(self.parts.pop()[1], value)
            size *= 2
        self.parts.append((size, value))
        self.size += 1

    def root(self):
        if not self.parts:
            return hashlib.sha256(b"").digest()
        value = self.parts[-1][1]
        for _, left in reversed(self.parts[:-1]):
            value = node_hash(left, value)
        return value


def root_from_inclusion(index, size, leaf, proof):
    """RFC 9162, 2.1.3.2."""
    if index >= size:
        raise Bad("the event is not in the tree")
    fn, sn, r = index, size - 1, leaf
    for p in proof:
        if sn == 0:
            raise Bad("the proof is too long")
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Bad("the proof is too short")
    return r


def check_consistency(old, old_root, new, new_root, proof):
    """RFC 9162, 2.1.4.2."""
    if old > new:
        raise Bad("the earlier checkpoint is the larger one")
    if old == 0 or old == new:
        if proof or (old == new and old_root != new_root):
            raise Bad("the checkpoints are of two histories")
        return
    if not proof:
        raise Bad("the proof is too short")
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            raise Bad("the proof is too long")
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while fn & 1 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0 or fr != old_root or sr != new_root:
        raise Bad("the later checkpoint is not of a ledger that begins with the earlier one")


# Keys and checkpoints.


def from_base64(text, length):
    try:
        data = base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        raise Bad("it is not base64") from None
    if len(data) != length or base64.b64encode(data) != (text if isinstance(text, bytes) else text.encode()):
        raise Bad("it is not %d bytes of base64 in the one form" % length)
    return data


LEDGER = "operator|o_[a-z2-7]{26}"


def split_name(name):
    """The ledger's name in its first epoch, and the epoch of this name."""
    match = re.fullmatch("(.+/(%s))(/([1-9][0-9]{0,17}))?" % LEDGER, name)
    if not match or match.group(4) == "1":
        raise Bad("it does not name a ledger")
    return match.group(1), int(match.group(4) or 1)


def key_id(name, public):
    return hashlib.sha256(name.encode() + b"\n\x01" + public).digest()[:4]


def verifier_key(first, epoch, public):
    name = first if epoch == 1 else "%s/%d" % (first, epoch)
    return "%s+%s+%s" % (name, key_id(name, public).hex(), base64.b64encode(b"\x01" + public).decode())


def split_note(signed):
    """The text of a signed note, and the names and data of its signatures."""
    text, separator, lines = signed.rpartition(b"\n\n")
    if not separator or not lines.endswith(b"\n"):
        raise Bad("it is not a signed note")
    signatures = []
    for line in lines[:-1].split(b"\n"):
        words = line.split(b" ")
        if len(words) != 3 or words[0] != "\u2014".encode():
            raise Bad("it has a malformed signature line")
        signatures.append((words[1], words[2]))
    return text + b"\n", signatures


def signers(name, keys, signed):
    """The keys that signed a note. A signature of one of them that does not verify makes the note bad."""
    text, signatures = split_note(signed)
    found = []
    for index, public in keys:
        for signer, data in signatures:
            try:
                data = from_base64(data, 68)
            except Bad:
                continue
            if signer != name.encode() or data[:4] != key_id(name, public):
                continue
            if not ed25519_verify(public, text, data[4:]):
                raise Bad("its signature does not verify")
            found.append(index)
    return found


class Keys:
    """The keys of a ledger one after the other, and which of them is trusted."""

    def __init__(self, text, statements=()):
        parts = text.strip().split("+", 2)
        if len(parts) != 3:
            raise Bad("the key is not NAME+HASH+BASE64")
        data = from_base64(parts[2], 33)
        if data[0] != 1 or key_id(parts[0], data[1:]).hex() != parts[1]:
            raise Bad("the key is not an Ed25519 key that fits its hash")
        self.first, _ = split_name(parts[0])
        self.ledger = self.first.rsplit("/", 1)[-1]
        self.problems = []
        try:
            self.chain = self.follow(statements) or [(-1, data[1:], None)]
            if data[1:] not in [public for _, public, _ in self.chain]:
                raise Bad("no statement leads to or from the key")
        except Bad as bad:
            self.problems.append("the statements about keys: %s" % bad)
            self.chain = [(-1, data[1:], None)]
        self.trusted = [public for _, public, _ in self.chain].index(data[1:])

    def follow(self, statements):
        """For each key: the event that brought it, the key, and what that event must say."""
        chain = []
        for seq, signed in statements:
            text, signatures = split_note(signed)
            lines = text.split(b"\n")
            if len(lines) != 5 or lines[0] != self.first.encode() or lines[1] != b"key succession" or lines[4]:
                raise Bad("that of event %d is none of this ledger" % seq)
            former, following = (from_base64(line, 33) for line in lines[2:4])
            if former[0] != 1 or following[0] != 1:
                raise Bad("that of event %d names no Ed25519 keys" % seq)
            if not signers(self.first, [(0, former[1:])], signed):
                raise Bad("that of event %d is not signed with the former key" % seq)
            mine = [from_base64(data, 68)[4:] for name, data in signatures
                    if name == self.first.encode() and from_base64(data, 68)[:4] == key_id(self.first, former[1:])]
            if not chain:
                chain.append((-1, former[1:], None))
            if chain[-1][1] != former[1:]:
                raise Bad("that of event %d follows on another key" % seq)
            if following[1:] in [public for _, public, _ in chain]:
                raise Bad("that of event %d brings back a key" % seq)
            subject = b" ".join(base64.b64encode(part) for part in (former, following, mine[-1]))
            chain.append((seq, following[1:], subject.decode()))
        return chain

    def open(self, signed):
        """The epoch, size and root that a checkpoint is over, and the last of the keys that signed it."""
        text, _ = split_note(signed)
        lines = text[:-1].split(b"\n")
        if len(lines) < 3 or b"" in lines:
            raise Bad("it has not its three lines")
        if not re.fullmatch(rb"0|[1-9][0-9]{0,18}", lines[1]):
            raise Bad("its size is no number")
        name, size = lines[0].decode("utf-8", "replace"), int(lines[1])
        first, epoch = split_name(name)
        if first != self.first:
            raise Bad("it is of another ledger")
        # A key counts if no event that the checkpoint covers replaced it.
        usable = [(i, public) for i, (_, public, _) in enumerate(self.chain)
                  if i + 1 == len(self.chain) or self.chain[i + 1][0] >= size]
        found = signers(name, usable, signed)
        if not found:
            raise Bad("it is not signed by the key, or by one that follows on it")
        return epoch, size, from_base64(lines[2], 32), max(found)


# Leaves.

TEXT, NUMBER = str, int
MEMBERS = (
    [("v", NUMBER), ("ledger", TEXT), ("seq", NUMBER), ("ts", NUMBER), ("id", TEXT), ("occ", NUMBER)]
    + [(name, TEXT) for name in "phase action outcome reason actor org role auth contract".split()]
    + [("version", NUMBER)]
    + [(name, TEXT) for name in "clause provider batch document class assignment subject site country".split()]
    + [("bytes", NUMBER), ("length", NUMBER)]
    + [(name, TEXT) for name in "grant request node priv".split()]
)
ALWAYS = "v ledger seq ts id occ phase action outcome".split()


def encode(value):
    if isinstance(value, int):
        return str(value)
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def parse_leaf(leaf):
    """The members of a leaf in its one form."""
    if len(leaf) > MAX_LEAF:
        raise Bad("the leaf is too long")
    try:
        pairs = json.loads(leaf.decode("utf-8"), object_pairs_hook=list)
    except (ValueError, RecursionError):
        raise Bad("the leaf is not JSON") from None
    if not isinstance(pairs, list) or not all(isinstance(p, tuple) for p in pairs):
        raise Bad("the leaf is not an object")
    event = dict(pairs)
    for name, kind in MEMBERS:
        value = event.get(name)
        if value is None and name not in ALWAYS:
            continue
        if type(value) is not kind:
            raise Bad("the leaf's %s is missing or of another type" % name)
        if value in ("", 0) and name != "seq":
            raise Bad("the leaf's %s is empty and must be left out" % name)
        if kind is NUMBER and not -(2**63) <= value < 2**63:
            raise Bad("the leaf's %s is too large" % name)
        if kind is TEXT and (len(value.encode("utf-8", "surrogatepass")) > 255 or re.search("[\0-\x1f\x7f-\x9f]", value)):
            raise Bad("the leaf's %s is no text" % name)
    # The leaf is written again from the list of members. Anything else, or another order or form, makes a difference.
    again = "{" + ",".join('"%s":%s' % (name, encode(event[name])) for name, _ in MEMBERS if name in event) + "}"
    if again.encode("utf-8", "surrogatepass") != leaf:
        raise Bad("the leaf is not in its one form")
    closed = (
        ("v", "1"), ("ledger", "operator|o_[a-z2-7]{26}"), ("id", "e_[a-z2-7]{26}"), ("seq", "[0-9]+"),
        ("phase", "state|grant|completed|aborted|unknown"), ("action", r"[a-z]+\.[a-z]+"), ("outcome", "allow|deny|error"),
        ("version", "[0-9]+"), ("bytes", "[0-9]+"), ("length", "[0-9]+|-1"), ("grant", "e_[a-z2-7]{26}"),
    )
    for name, pattern in closed:
        if name in event and not re.fullmatch(pattern, str(event[name])):
            raise Bad("the leaf's %s is none" % name)
    if "priv" in event:
        from_base64(event["priv"], 32)
    return event


# A published ledger.


class Folder:
    """Reads files of a folder that may be forged."""

    def __init__(self, path):
        self.path = os.path.realpath(path)

    def read(self, name, limit):
        """The file's bytes; None when it is missing."""
        path = os.path.realpath(os.path.join(self.path, name))
        if os.path.commonpath([path, self.path]) != self.path:
            raise Bad("it is a link out of the folder")
        try:
            if not stat.S_ISREG(os.stat(path).st_mode):
                raise Bad("it is not a file")
            with open(path, "rb") as file:
                data = file.read(limit + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        if len(data) > limit:
            raise Bad("it has more than %d bytes" % limit)
        return data

    def names(self, name):
        try:
            return sorted(os.listdir(os.path.join(self.path, name)))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def checkpoints(self):
        return ["checkpoints/" + name for name in self.names("checkpoints")] + ["checkpoint"]

    def statements(self, folder="keys"):
        """Statements about keys, by the number of their event."""
        found = []
        for name in self.names(folder):
            if re.fullmatch("[0-9]{20}", name):
                found.append((int(name), self.read(os.path.join(folder, name), MAX_NOTE) or b""))
        return found

    def epochs(self):
        """The epochs with published files. The first has the folder itself."""
        later = [int(n) for n in self.names(".") if re.fullmatch("[1-9][0-9]{0,17}", n) and n != "1" and self.names(n + "/checkpoints")]
        return [1] + sorted(later)

    def tile(self, level, index, width, limit):
        """A tile, and whether it has the width itself rather than being the full one."""
        groups = "%03d" % (index % 1000)
        while index >= 1000:
            index //= 1000
            groups = "x%03d/%s" % (index % 1000, groups)
        name = "tile/%s/%s" % (level, groups)
        data = self.read(name + (".p/%d" % width if width < WIDTH else ""), limit)
        if data is not None:
            return data, True
        data = self.read(name, limit) if width < WIDTH else None
        if data is None:
            raise Bad("it is not there")
        return data, False


def read_bundle(folder, index, width):
    data, exact = folder.tile("entries", index, width, MAX_BUNDLE)
    leaves, at = [], 0
    for _ in range(width):
        end = at + 2 + int.from_bytes(data[at:at + 2], "big")
        if at + 2 > len(data) or end > len(data):
            raise Bad("it ends within an event")
        leaves.append(data[at + 2:end])
        at = end
    if exact and at != len(data):
        raise Bad("it goes on after its last event")
    return leaves


# The subject of an event that begins an epoch: the epoch, the one before, its size and root.
EPOCH_CHANGE = re.compile("([1-9][0-9]{0,17}) ([1-9][0-9]{0,17}) (0|[1-9][0-9]{0,17}) ([A-Za-z0-9+/]{43}=)")


class Verification:
    def __init__(self, keys):
        self.keys = keys
        self.epoch = 1
        self.changes = []  # epochs that began: the epoch, the one before, its size and root
        self.rekeyed = {}  # subjects of the events that replace keys
        self.problems = []
        self.tree = Tree()
        self.levels = []
        self.last = None
        self.open, self.unknown = {}, {}  # accesses that have not ended, or were closed as unknown

    def problem(self, text, *values):
        self.problems.append(text % values)

    def events(self, folder, size, roots):
        """Reads the events up to a size and compares them with the roots of checkpoints, by size."""
        self.compare(roots)
        for first in range(0, size, WIDTH):
            width = min(WIDTH, size - first)
            try:
                leaves = read_bundle(folder, first // WIDTH, width)
            except Bad as bad:
                self.problem("bundle of event %d: %s", first, bad)
                break
            for leaf in leaves:
                self.event(leaf)
                self.tree.add(leaf)
                self.hash(folder, 0, leaf_hash(leaf))
                self.compare(roots)
        for level, (_, hashes) in enumerate(self.levels):
            if hashes:
                self.tile(folder, level)
        for beyond in sorted(s for s in roots if s > self.tree.size):
            self.problem("the ledger ends at %d, and a checkpoint was signed over %d events", self.tree.size, beyond)

    def compare(self, roots):
        for name, root, epoch in roots.get(self.tree.size, []):
            if epoch < self.epoch:
                self.problem("%s is of epoch %d, which had ended before the %dth event", name, epoch, self.tree.size)
            elif root != self.tree.root():
                self.problem("%s was signed over other events than the first %d", name, self.tree.size)

    def event(self, leaf):
        seq = self.tree.size
        try:
            e = parse_leaf(leaf)
        except Bad as bad:
            self.problem("event %d: %s", seq, bad)
            return
        if e["ledger"] != self.keys.ledger:
            self.problem("event %d is of another ledger", seq)
        if e["action"] == "audit.epoch":
            self.begin_epoch(seq, e.get("subject", ""))
        if e["action"] == "audit.rekey":
            self.rekeyed[seq] = e.get("subject", "")
        if e["seq"] != seq:
            self.problem("event %d was written as event %d", seq, e["seq"])
        if self.last is not None and e["ts"] < self.last:
            self.problem("event %d is dated before the one before it", seq)
        self.last = e["ts"]
        if e["phase"] == "grant" and e["outcome"] == "allow":
            self.open[e["id"]] = e.get("document")
        elif e["phase"] in ("completed", "aborted", "unknown"):
            self.end_access(seq, e, e.get("grant"))

    def end_access(self, seq, e, grant):
        """Checks that the access was open, or was closed as unknown: its process may record the end late, once."""
        among = self.unknown if grant in self.unknown and e["phase"] != "unknown" else self.open
        if grant not in among or among[grant] != e.get("document"):
            self.problem("event %d ends an access that was not open", seq)
        elif e["outcome"] != "deny":
            document = among.pop(grant)
            if e["phase"] == "unknown":
                self.unknown[grant] = document

    def begin_epoch(self, seq, subject):
        match = EPOCH_CHANGE.fullmatch(subject)
        if not match:
            self.problem("event %d begins an epoch and does not say which", seq)
            return
        epoch, former, size = (int(match.group(i)) for i in (1, 2, 3))
        root = from_base64(match.group(4), 32)
        if former != self.epoch or epoch <= former:
            self.problem("event %d begins epoch %d after epoch %d, and the ledger was in epoch %d", seq, epoch, former, self.epoch)
        if size != seq or root != self.tree.root():
            self.problem("event %d names another end of epoch %d than the events before it have", seq, former)
        self.epoch = max(self.epoch, epoch)
        self.changes.append((epoch, former, size, root))

    def check_keys(self):
        """Checks that the events and the statements name the same keys."""
        stated = {seq: subject for seq, _, subject in self.keys.chain if 0 <= seq < self.tree.size}
        for seq in sorted(set(stated) | set(self.rekeyed)):
            if stated.get(seq) != self.rekeyed.get(seq):
                self.problem("event %d and the statements tell different things about the key", seq)

    def hash(self, folder, level, value):
        if level == len(self.levels):
            self.levels.append([0, []])
        pending = self.levels[level]
        pending[1].append(value)
        if len(pending[1]) < WIDTH:
            return
        self.tile(folder, level)
        hashes = pending[1]
        while len(hashes) > 1:
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        pending[0], pending[1] = pending[0] + 1, []
        self.hash(folder, level + 1, hashes[0])

    def tile(self, folder, level):
        index, hashes = self.levels[level]
        want = b"".join(hashes)
        try:
            data, exact = folder.tile(str(level), index, len(hashes), WIDTH * 32)
            if data[:len(want)] != want or exact and len(data) != len(want):
                raise Bad("it is not that of the events")
        except Bad as bad:
            self.problem("tile %d of level %d: %s", index, level, bad)


def read_file(path, limit):
    with open(path, "rb") as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Bad("%s is too large" % path)
    return data


def verify_epoch(folder, epoch, keys, older, former=False):
    """Verifies what is published of one epoch. Returns the verification, and its last checkpoint."""
    v = Verification(keys)
    roots, last, latest, covered, covered_earlier = {}, None, 0, 0, 0
    for name, in_folder in [(n, True) for n in folder.checkpoints()] + [(n, False) for n in older]:
        try:
            signed = folder.read(name, MAX_NOTE) if in_folder else read_file(name, MAX_NOTE)
            if signed is None:
                continue
            of, size, root, key = keys.open(signed)
            if in_folder and of != epoch:
                raise Bad("it is of another epoch")
        except Bad as bad:
            v.problem("%s: %s", name, bad)
            continue
        roots.setdefault(size, []).append((name, root, of))
        latest = max(latest, of)
        if key >= keys.trusted:
            covered = max(covered, size)
        else:
            covered_earlier = max(covered_earlier, size)
        if in_folder and (last is None or size > last[0]):
            last = (size, root)
    if last is None:
        v.problem("there is no checkpoint with a good signature")
    v.events(folder, last[0] if last else 0, roots)
    v.check_keys()
    if latest > v.epoch:
        v.problem("there is a checkpoint of epoch %d, and the events begin none after %d", latest, v.epoch)
    if covered_earlier > covered and not former:  # the next epoch covers the end of a former one
        v.problem("only a key from before the one given signed the events up to %d", covered_earlier)
    return v, last


def verify_folder(path, key, older):
    epochs = Folder(path).epochs()

    def folder_of(epoch):
        return Folder(path if epoch == 1 else os.path.join(path, str(epoch)))

    newest = folder_of(epochs[-1])
    keys = Keys(key, newest.statements())
    v, _ = verify_epoch(newest, epochs[-1], keys, older)
    problems = keys.problems + v.problems
    ends = {former: (size, root) for _, former, size, root in v.changes}
    for epoch in sorted(set(ends) - set(epochs)):
        problems.append("epoch %d is not published" % epoch)
    for epoch in epochs[:-1]:
        was, last = verify_epoch(folder_of(epoch), epoch, keys, [], former=True)
        problems += ["in epoch %d: %s" % (epoch, problem) for problem in was.problems]
        if last is None or ends.get(epoch) != last:
            problems.append("the last checkpoint of epoch %d is not the one that the next epoch names" % epoch)
    return {"ledger": keys.ledger, "events": v.tree.size, "root": base64.b64encode(v.tree.root()).decode(),
            "epochs": [[epoch, size] for epoch, _, size, _ in v.changes], "problems": problems}


def split_proof(data):
    """The lines of a proof and the checkpoint after its first empty line."""
    head, separator, checkpoint = data.partition(b"\n\n")
    if not separator:
        raise Bad("the proof has no checkpoint")
    return head.split(b"\n"), checkpoint


def open_trusted(keys, checkpoint):
    """A checkpoint that proves something alone. A key from before the given one is refused."""
    _, size, root, key = keys.open(checkpoint)
    if key < keys.trusted:
        raise Bad("the checkpoint is signed by a key from before the one given")
    return size, root


def read_proof(data):
    """The number of the event, the hashes and the checkpoint of a tlog-proof."""
    lines, checkpoint = split_proof(data)
    if lines[0] != b"c2sp.org/tlog-proof@v1":
        raise Bad("it is not a tlog-proof")
    if len(lines) > 1 and lines[1].startswith(b"extra "):
        del lines[1]
    if len(lines) < 2 or not re.fullmatch(rb"index (0|[1-9][0-9]{0,18})", lines[1]):
        raise Bad("the proof has no index")
    return int(lines[1][6:]), [from_base64(line, 32) for line in lines[2:]], checkpoint


def verify_proof(data, leaf, keys):
    index, hashes, checkpoint = read_proof(data)
    size, root = open_trusted(keys, checkpoint)
    if root_from_inclusion(index, size, leaf_hash(leaf), hashes) != root:
        raise Bad("the event is not in the ledger that was signed")
    event = parse_leaf(leaf)
    if event["seq"] != index or event["ledger"] != keys.ledger:
        raise Bad("the leaf was written for another place")
    return {"ledger": keys.ledger, "event": index, "problems": keys.problems}


def verify_consistency(data, old, keys):
    lines, checkpoint = split_proof(data)
    _, old_size, old_root, _ = keys.open(old)
    if lines[0] != b"old %d" % old_size:
        raise Bad("the proof is from another size")
    size, root = open_trusted(keys, checkpoint)
    check_consistency(old_size, old_root, size, root, [from_base64(line, 32) for line in lines[1:]])
    return {"ledger": keys.ledger, "from": old_size, "to": size, "problems": keys.problems}


# Evidence packs.

MAX_PACK = 256 << 20
MAX_MEMBERS = 20000
MAX_ROWS = 10000
MAX_NAME = 128
FIXED = ("HOW-TO-VERIFY.txt", "key", "checkpoint", "question.json", "events.ndjson", "events.csv")
FOLDERS = ("keys/", "contracts/", "consistency/", "proofs/")
SPACES = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"


def read_archive(data):
    """The members of a ZIP file in its one form, by name, in their order."""
    if len(data) < 22 or data[-22:-18] != b"PK\x05\x06":
        raise Bad("the archive does not end with its directory")
    disk, first, here, count, length, at, comment = struct.unpack("<HHHHIIH", data[-18:])
    if disk or first or here != count or comment or count > MAX_MEMBERS or at + length != len(data) - 22:
        raise Bad("the archive's end record is not of the one form")
    members, start, entry = {}, 0, at
    for _ in range(count):
        if entry + 46 > len(data) - 22:
            raise Bad("the archive's directory holds fewer members than it counts")
        crc, _, size, name_length = struct.unpack("<IIIH", data[entry + 16:entry + 30])
        name = data[entry + 46:entry + 46 + name_length]
        check_name(name)
        common = struct.pack("<HHHHIIIHH", 0, 0, 0, 0x21, crc, size, size, len(name), 0)
        local = b"PK\x03\x04" + struct.pack("<H", 20) + common + name
        listed = b"PK\x01\x02" + struct.pack("<HH", 20, 20) + common + bytes(10) + struct.pack("<I", start) + name
        if data[entry:entry + len(listed)] != listed or data[start:start + len(local)] != local:
            raise Bad("member %r has a header that is not of the one form" % name)
        entry, begin = entry + len(listed), start + len(local)
        start = begin + size
        if start > at or name.decode() in members:
            raise Bad("member %r is larger than the archive, or there twice" % name)
        members[name.decode()] = data[begin:start]
        if zlib.crc32(data[begin:start]) != crc:
            raise Bad("member %r has another CRC" % name)
    if start != at or entry != len(data) - 22:
        raise Bad("the archive holds something beside its members")
    return members


def check_name(name):
    if len(name) > MAX_NAME or not re.fullmatch(rb"[a-zA-Z0-9._/-]+", name) or any(s in (b"", b".", b"..") for s in name.split(b"/")):
        raise Bad("a member has a malformed name")


def read_manifest(members):
    text = members.get("manifest.json")
    if text is None:
        raise Bad("manifest.json is missing")
    try:
        m = json.loads(text.decode("utf-8"))
        again = {
            "pack": m["pack"], "ledger": m["ledger"], "size": m["size"], "events": m["events"], "export": m["export"],
            "withheld": [{k: w[k] for k in ("contract", "version", "why")} for w in m["withheld"]],
            "members": [{k: f[k] for k in ("name", "size", "sha256")} for f in m["members"]],
        }
    except (ValueError, KeyError, TypeError, RecursionError):
        raise Bad("manifest.json is not of its form") from None
    if (json.dumps(again, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "surrogatepass") != text:
        raise Bad("manifest.json is not in its one form")
    numbers = [m["pack"], m["size"], m["events"]] + [w["version"] for w in m["withheld"]] + [f["size"] for f in m["members"]]
    texts = [m["ledger"], m["export"]] + [f[k] for f in m["members"] for k in ("name", "sha256")]
    if any(type(n) is not int for n in numbers) or any(type(t) is not str for t in texts) or m["pack"] != 1:
        raise Bad("manifest.json is not of version 1")
    for w in m["withheld"]:
        check_name(("contracts/%s/%d" % (w["contract"], w["version"])).encode())
        if w["why"] not in ("not-readable", "not-approved"):
            raise Bad("manifest.json withholds something for an unknown reason")
    return m


def parse_row(line):
    """The leaf of a row and, where it is there, its erasable data with the salt."""
    decoder, private, salt = json.JSONDecoder(), None, None
    try:
        text = line.decode("utf-8")
        if not text.startswith('{"leaf":'):
            raise Bad("the row does not begin with its leaf")
        _, end = decoder.raw_decode(text, 8)
        leaf, again = text[8:end], text[:end]
        if text[end:end + 11] == ',"private":':
            _, private_end = decoder.raw_decode(text, end + 11)
            private = text[end + 11:private_end].encode()
            rest = re.fullmatch(r',"salt":"([A-Za-z0-9+/=]*)"}', text[private_end:])
            if not rest:
                raise Bad("the row has no salt")
            salt = from_base64(rest.group(1), 32)
            again = text[:-1]
        if again + "}" != text:
            raise Bad("the row is not in its one form")
    except (ValueError, RecursionError):
        raise Bad("the row is not of its form") from None
    return leaf.encode(), private, salt


def moment(micros):
    at = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=micros)
    fraction = ("%06d" % at.microsecond).rstrip("0")
    return at.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0") + ("." + fraction if fraction else "") + "Z"


TABLE = (
    "ledger seq time occurred id phase action outcome reason actor organisation role auth contract version clause provider batch "
    "document class assignment subject site country bytes length grant request node commitment"
).split()
IN_LEAF = {"time": "ts", "occurred": "occ", "organisation": "org", "commitment": "priv"}
NUMBERS = ("seq", "version", "bytes", "length")


def table_line(event):
    cells = []
    for i, column in enumerate(TABLE):
        value = event.get(IN_LEAF.get(column, column))
        if column in ("time", "occurred"):
            cell = moment(value)
        elif column in NUMBERS:
            cell = str(value or 0)
        else:
            cell = value or ""
            if i >= 8 and cell[:1] in ("=", "+", "-", "@"):
                cell = "'" + cell
        if cell == "\\." or "," in cell or '"' in cell or cell[:1] and cell[0] in SPACES:
            cell = '"' + cell.replace('"', '""') + '"'
        cells.append(cell)
    return ",".join(cells)


def instant(text):
    """A time of a question in nanoseconds; None for no bound."""
    m = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(?:Z|([+-])(\d\d):(\d\d))", text)
    if not m:
        raise Bad("the question has a time that is none")
    try:
        at = datetime.datetime.strptime(m.group(1), "%Y-%m-%dT%H:%M:%S") - datetime.datetime(1970, 1, 1)
    except ValueError:
        raise Bad("the question has a time that is none") from None
    seconds = at.days * 86400 + at.seconds
    if m.group(3):
        offset = int(m.group(4)) * 3600 + int(m.group(5)) * 60
        seconds += offset if m.group(3) == "-" else -offset
    nanoseconds = seconds * 10**9 + int((m.group(2) or "0").ljust(9, "0"))
    return None if text == "0001-01-01T00:00:00Z" else nanoseconds


FILTERS = {"Actor": "actor", "Contract": "contract", "Provider": "provider", "Batch": "batch", "Document": "document", "Organisation": "org",
           "Role": "role", "Site": "site", "Country": "country", "Action": "action", "Phase": "phase", "Outcome": "outcome", "Reason": "reason"}


class Question:
    def __init__(self, private):
        try:
            asked = json.loads(json.loads(private.decode())["question"])
            self.filters = {FILTERS[name]: value for name, value in asked.items() if name in FILTERS and value != ""}
            self.start, self.end = (instant(asked.get(name, "0001-01-01T00:00:00Z")) for name in ("From", "To"))
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise Bad("the question cannot be read") from None

    def check(self, event):
        for name, value in self.filters.items():
            if event.get(name, "") != value:
                raise Bad("the event does not answer the question: %s" % name)
        at = event["ts"] * 1000
        if self.start is not None and at < self.start or self.end is not None and at >= self.end:
            raise Bad("the event does not answer the question: time")


class Pack:
    def __init__(self, data, key):
        self.members = read_archive(data)
        self.manifest = read_manifest(self.members)
        self.problems, self.not_checked = [], []
        self.check_members()
        inside = self.members["key"].decode("utf-8", "replace")
        self.keys = Keys(key or inside, self.statements())
        if self.keys.problems:
            raise Bad(self.keys.problems[0])
        if self.keys.ledger != self.manifest["ledger"]:
            raise Bad("the pack is of another ledger than the key")
        self.signed = self.members["checkpoint"]
        self.size, self.root = open_trusted(self.keys, self.signed)
        if self.size != self.manifest["size"]:
            raise Bad("manifest.json says another size than the checkpoint")
        self.epoch = self.keys.open(self.signed)[0]
        if inside != verifier_key(self.keys.first, self.epoch, self.keys.chain[-1][1]) + "\n":
            raise Bad("the key in the pack is another one")
        self.proofs, self.named, self.approved = set(), set(), {}
        self.begun, self.rekeyed = [], set()  # from the control events among the rows

    def statements(self):
        """Statements about keys, by the number of their event."""
        found = []
        for name in self.members:
            if name.startswith("keys/"):
                if not re.fullmatch("keys/[0-9]{20}", name):
                    raise Bad("%s is no statement about a key" % name)
                found.append((int(name[5:]), self.members[name]))
        return sorted(found)

    def check_members(self):
        names = [name for name in self.members if name != "manifest.json"]
        if names != [f["name"] for f in self.manifest["members"]] or list(self.members)[-1:] != ["manifest.json"]:
            raise Bad("the members are not those that manifest.json lists")
        for f in self.manifest["members"]:
            data = self.members[f["name"]]
            if len(data) != f["size"] or hashlib.sha256(data).hexdigest() != f["sha256"]:
                raise Bad("member %s is not the one that manifest.json lists" % f["name"])
            if f["name"] not in FIXED and not f["name"].startswith(FOLDERS):
                raise Bad("member %s is none that a pack has" % f["name"])
        if not all(name in self.members for name in FIXED):
            raise Bad("a member is missing that every pack has")

    def event(self, line):
        """Checks of rows and of the export's event."""
        leaf, private, salt = parse_row(line)
        event = parse_leaf(leaf)
        seq = event["seq"]
        if event["ledger"] != self.keys.ledger:
            raise Bad("event %d is of another ledger" % seq)
        self.control(seq, event)
        name = "proofs/%d" % seq
        if name not in self.members:
            raise Bad("event %d has no proof" % seq)
        self.proofs.add(name)
        index, hashes, checkpoint = read_proof(self.members[name])
        if index != seq or checkpoint != self.signed or self.members[name].split(b"\n")[1][:6] != b"index ":
            raise Bad("the proof of event %d is of another one, or to another checkpoint" % seq)
        if root_from_inclusion(index, self.size, leaf_hash(leaf), hashes) != self.root:
            raise Bad("event %d is not in the ledger that was signed" % seq)
        if private is not None and base64.b64encode(hashlib.sha256(salt + private).digest()).decode() != event.get("priv"):
            raise Bad("the erasable data of event %d is not what the leaf commits to" % seq)
        if event.get("contract") and event.get("version"):
            version = (event["contract"], event["version"])
            self.named.add(version)
            if private is not None and event["action"] == "contract.approve" and event["outcome"] == "allow":
                digest = json.loads(private.decode()).get("terms_sha256")
                if digest:
                    self.approved[version] = digest
        return event, private

    def control(self, seq, event):
        """Checks a control event among the rows."""
        if event["action"] == "audit.epoch":
            match = EPOCH_CHANGE.fullmatch(event.get("subject", ""))
            if not match or int(match.group(3)) != seq or int(match.group(1)) <= int(match.group(2)):
                raise Bad("event %d begins an epoch and does not say which, or where" % seq)
            self.begun.append((seq, int(match.group(1))))
        if event["action"] == "audit.rekey":
            self.rekeyed.add(seq)
            if event.get("subject") not in [subject for at, _, subject in self.keys.chain if at == seq]:
                raise Bad("event %d and the statements tell different things about the key" % seq)

    def check_epoch(self, name, epoch, size):
        """Refuses a checkpoint of an epoch that had ended within its size, as far as the rows show."""
        for seq, begun in self.begun:
            if size > seq and epoch < begun:
                raise Bad("%s is of epoch %d, which had ended before event %d" % (name, epoch, seq))

    def lines(self, name):
        text = self.members[name]
        if text and not text.endswith(b"\n"):
            raise Bad("%s does not end with a line" % name)
        return text.split(b"\n")[:-1]

    def verify(self):
        question = self.lines("question.json")
        if len(question) != 1:
            raise Bad("question.json is not one event")
        export, private = self.event(question[0])
        if export["id"] != self.manifest["export"] or export["action"] != "audit.export":
            raise Bad("question.json is not the event of the export")
        asked = Question(private) if private is not None else None
        rows, table = self.lines("events.ndjson"), self.lines("events.csv")
        if len(rows) != self.manifest["events"] or len(rows) > MAX_ROWS:
            raise Bad("there are more or fewer rows than manifest.json says")
        if not table or table[0].decode("utf-8", "replace") != ",".join(TABLE) or len(table) != len(rows) + 1:
            raise Bad("events.csv has another first line, or other lines, than the rows make")
        last = None
        for line, cells in zip(rows, table[1:]):
            event, _ = self.event(line)
            if last is not None and (event["seq"] >= last["seq"] or event["ts"] > last["ts"]):
                raise Bad("event %d is not in its place" % event["seq"])
            if table_line(event).encode() != cells:
                raise Bad("events.csv says something else than event %d" % event["seq"])
            if asked is not None:
                asked.check(event)
            if export.get("role") == "provider-compliance" and event.get("org") != export.get("org"):
                raise Bad("event %d is not of the asker's organisation" % event["seq"])
            last = event
        if self.proofs != {name for name in self.members if name.startswith("proofs/")}:
            raise Bad("there is a proof of no row")
        self.terms()
        self.check_epoch("the checkpoint", self.epoch, self.size)
        for seq, _, _ in self.keys.chain[1:]:
            if seq not in self.rekeyed:
                self.not_checked.append("event %d, which replaced the ledger's key, is not among the rows" % seq)
        return len(rows)

    def terms(self):
        withheld = {(w["contract"], w["version"]) for w in self.manifest["withheld"]}
        there = {"contracts/%s/%d" % v: v for v in self.named - withheld}
        if not withheld <= self.named or {n for n in self.members if n.startswith("contracts/")} != set(there):
            raise Bad("the contract versions are not those that the rows name")
        for name, version in there.items():
            if version not in self.approved:
                self.not_checked.append("%s: no event holds its digest" % name)
            elif hashlib.sha256(self.members[name]).hexdigest() != self.approved[version]:
                raise Bad("%s is not what was approved" % name)

    def consistency(self, older):
        for name in self.members:
            if name.startswith("consistency/"):
                lines, checkpoint = split_proof(self.members[name])
                if checkpoint != self.signed or name != "consistency/" + lines[0].decode("utf-8", "replace")[4:] or lines[0][:4] != b"old ":
                    raise Bad("%s is a proof of something else" % name)
                [from_base64(line, 32) for line in lines[1:]]
        for path in older:
            signed = read_file(path, MAX_NOTE)
            epoch, size, root, _ = self.keys.open(signed)
            self.check_epoch(path, epoch, size)
            name = "consistency/%d" % size
            if name in self.members:
                verify_consistency(self.members[name], signed, self.keys)
            elif size in (0, self.size):
                check_consistency(size, root, self.size, self.root, [])
            else:
                self.not_checked.append("%s, of %d events: the pack has no proof from there" % (path, size))


NOT_PROVEN = [
    "Inclusion proves the listed events, not that none is missing, neither from the ledger nor from the answer.",
    "That the ledger does not go on after the checkpoint, and that no other person is shown another one.",
    "That what an event says is true, and that all that happened was recorded.",
]


def verify_pack(path, key, older):
    report = {"problems": [], "not_proven": list(NOT_PROVEN), "key_from": "given" if key else "pack"}
    if not key:
        report["not_proven"].insert(0, "ANYTHING, as to who signed it: the key came in the pack.")
    pack = Pack(read_file(path, MAX_PACK), key)
    report["events"] = pack.verify()
    pack.consistency(older)
    report.update(ledger=pack.keys.ledger, checkpoint=pack.size, not_checked=pack.not_checked)
    return report


def main():
    parser = argparse.ArgumentParser(description="Verify a published ledger, a proof or an evidence pack.")
    parser.add_argument("folder", nargs="?")
    parser.add_argument("--key")
    parser.add_argument("--pack")
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("--proof")
    parser.add_argument("--leaf")
    parser.add_argument("--consistency")
    parser.add_argument("--old")
    parser.add_argument("--statements")
    args = parser.parse_args()
    if sum(x is not None for x in (args.folder, args.proof, args.consistency, args.pack)) != 1:
        parser.error("give a folder, --proof, --consistency or --pack")
    if not args.key and not args.pack:
        parser.error("--key is needed")
    if args.proof and not args.leaf or args.consistency and not args.old:
        parser.error("--proof needs --leaf, --consistency needs --old")
    try:
        keys = Keys(args.key, Folder(args.statements).statements(".") if args.statements else ()) if args.key else None
        if args.pack:
            report = verify_pack(args.pack, args.key, args.checkpoint)
        elif args.folder:
            report = verify_folder(args.folder, args.key, args.checkpoint)
        elif args.proof:
            report = verify_proof(read_file(args.proof, MAX_NOTE), read_file(args.leaf, MAX_LEAF), keys)
        else:
            report = verify_consistency(read_file(args.consistency, MAX_NOTE), read_file(args.old, MAX_NOTE), keys)
    except (Bad, OSError) as bad:
        report = {"problems": [str(bad)]}
    report["ok"] = not report["problems"]
    print(json.dumps(report))
    if report["ok"] and report.get("key_from") == "pack":
        return 3
    return 0 if report["ok"] else 1


if __name__ == "__main__":
    sys.exit(main())
