#!/usr/bin/env python3
"""Verifies an export of a ledger, as ledger-spec.md says, with nothing but Python.

Written from the spec and not from the program: section numbers are the spec's. The tables of
sections 5.4 and 6 are read from the spec itself. BLAKE3 and Ed25519 are here because Python's
library has neither; they are slow, which a ledger of some thousand entries does not mind.

    verify.py EXPORT [--vkey VKEY] [--spec ledger-spec.md]

Exit status: 0 no fault, 1 faults, 2 usage or trouble with files, 3 the trusted key has signed none of it.
"""

import argparse
import base64
import functools
import hashlib
import json
import os
import re
import struct
import sys

cached = functools.lru_cache(maxsize=1 << 16)

# ---------------------------------------------------------------- BLAKE3

IV = (0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
      0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19)
PERMUTATION = (2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8)
CHUNK_START, CHUNK_END, PARENT, ROOT = 1, 2, 4, 8
DERIVE_KEY_CONTEXT, DERIVE_KEY_MATERIAL = 32, 64
MASK = 0xFFFFFFFF
COLUMNS = ((0, 4, 8, 12), (1, 5, 9, 13), (2, 6, 10, 14), (3, 7, 11, 15))
DIAGONALS = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))


def compress(key, block, counter, length, flags):
    """The compression function; the first eight words of its output."""
    v = list(key) + [IV[0], IV[1], IV[2], IV[3], counter & MASK, counter >> 32, length, flags]
    m = struct.unpack("<16I", block.ljust(64, b"\0"))
    for turn in range(7):
        pairs = iter(m)
        for a, b, c, d in COLUMNS + DIAGONALS:
            x, y = next(pairs), next(pairs)
            va, vb, vc, vd = v[a], v[b], v[c], v[d]
            va = (va + vb + x) & MASK
            vd ^= va
            vd = (vd >> 16 | vd << 16) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 12 | vb << 20) & MASK
            va = (va + vb + y) & MASK
            vd ^= va
            vd = (vd >> 8 | vd << 24) & MASK
            vc = (vc + vd) & MASK
            vb ^= vc
            vb = (vb >> 7 | vb << 25) & MASK
            v[a], v[b], v[c], v[d] = va, vb, vc, vd
        if turn < 6:
            m = tuple(m[i] for i in PERMUTATION)
    return tuple(v[i] ^ v[i + 8] for i in range(8))


def chunk(key, data, number, flags, root):
    blocks = [data[i:i + 64] for i in range(0, len(data), 64)] or [b""]
    for i, block in enumerate(blocks):
        f = flags | (CHUNK_START if i == 0 else 0)
        if i == len(blocks) - 1:
            f |= CHUNK_END | (ROOT if root else 0)
        key_or_cv = key if i == 0 else cv
        cv = compress(key_or_cv, block, number, len(block), f)
    return cv


def subtree(key, data, first, flags, root):
    if len(data) <= 1024:
        return chunk(key, data, first, flags, root)
    # The left part has the largest power of two of chunks that leaves something for the right.
    chunks = (len(data) + 1023) // 1024
    left = 1 << ((chunks - 1).bit_length() - 1)
    a = subtree(key, data[:left * 1024], first, flags, False)
    b = subtree(key, data[left * 1024:], first + left, flags, False)
    block = struct.pack("<16I", *a, *b)
    return compress(key, block, 0, 64, flags | PARENT | (ROOT if root else 0))


@cached
def blake3(data):
    return struct.pack("<8I", *subtree(IV, data, 0, 0, True))


@cached
def derived(context, data):
    """H(context, data) of section 3."""
    key = subtree(IV, context.encode(), 0, DERIVE_KEY_CONTEXT, True)
    return struct.pack("<8I", *subtree(key, data, 0, DERIVE_KEY_MATERIAL, True))


# ---------------------------------------------------------------- Ed25519 (RFC 8032)

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
SQRT_M1 = pow(2, (P - 1) // 4, P)


def add(p, q):
    a, b = (p[1] - p[0]) * (q[1] - q[0]) % P, (p[1] + p[0]) * (q[1] + q[0]) % P
    c, d = 2 * p[3] * q[3] * D % P, 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(n, p):
    total = (0, 1, 1, 0)
    while n:
        if n & 1:
            total = add(total, p)
        p = add(p, p)
        n >>= 1
    return total


def point(data):
    """The point of its 32 bytes, or None."""
    y = int.from_bytes(data, "little")
    sign, y = y >> 255, y & ((1 << 255) - 1)
    if y >= P:
        return None
    x2 = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(x2, (P + 3) // 8, P)
    if (x * x - x2) % P:
        x = x * SQRT_M1 % P
    if (x * x - x2) % P or (x == 0 and sign):
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def encoded(p):
    inverse = pow(p[2], P - 2, P)
    x, y = p[0] * inverse % P, p[1] * inverse % P
    return (y | (x & 1) << 255).to_bytes(32, "little")


def weak(p):
    q = times(8, p)
    return q[0] % P == 0 and (q[1] - q[2]) % P == 0


B = point((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


@cached
def signed_by(key, message, signature):
    """By the strict rules of section 21.2: reduced scalars, no weak keys."""
    if len(key) != 32 or len(signature) != 64:
        return False
    a, r, s = point(key), point(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or s >= L or weak(a) or weak(r):
        return False
    k = hashlib.sha512(signature[:32] + key + message).digest()
    k = int.from_bytes(k, "little") % L
    minus_a = (P - a[0], a[1], a[2], P - a[3])
    return encoded(add(times(s, B), times(k, minus_a))) == signature[:32]


# ---------------------------------------------------------------- the tree (section 20)

@cached
def leaf(entry):
    return hashlib.sha256(b"\0" + entry).digest()


@cached
def node(left, right):
    return hashlib.sha256(b"\1" + left + right).digest()


class Tree:
    """The right edge of a tree: full subtrees as (level, hash), largest first."""

    def __init__(self, size=0, edge=()):
        self.size, self.edge = size, list(edge)

    def copy(self):
        return Tree(self.size, self.edge)

    def push(self, hash):
        """Adds a leaf; gives back the hash of each subtree it completes, by level."""
        self.edge.append((0, hash))
        gained = [hash]
        while len(self.edge) > 1 and self.edge[-1][0] == self.edge[-2][0]:
            (level, right), (_, left) = self.edge.pop(), self.edge.pop()
            self.edge.append((level + 1, node(left, right)))
            gained.append(self.edge[-1][1])
        self.size += 1
        return gained

    def root(self):
        if not self.edge:
            return hashlib.sha256().digest()
        hash = self.edge[-1][1]
        for _, left in reversed(self.edge[:-1]):
            hash = node(left, hash)
        return hash


# ---------------------------------------------------------------- canonical events (5 and 6)

class Malformed(Exception):
    pass


def need(fits, expected):
    if not fits:
        raise Malformed("expected " + expected)


class Bytes:
    """Values of section 5.2, read one after the other."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, count):
        need(self.at + count <= len(self.data), f"{count} bytes at {self.at}")
        taken = self.data[self.at:self.at + count]
        self.at += count
        return taken

    def byte(self):
        return self.take(1)[0]

    def unsigned(self, below=1 << 64):
        first = self.byte()
        if first < 251:
            value = first
        else:
            need(first <= 253, "an integer of at most 8 bytes")
            width = {251: 2, 252: 4, 253: 8}[first]
            value = int.from_bytes(self.take(width), "little")
            shortest = {2: 251, 4: 1 << 16, 8: 1 << 32}[width]
            need(value >= shortest, "the shortest form of an integer")
        need(value < below, f"an integer below {below}")
        return value

    def signed(self, least, most):
        value = self.unsigned()
        value = value >> 1 if value & 1 == 0 else -(value >> 1) - 1
        need(least <= value <= most, f"a number from {least} to {most}")
        return value

    def text(self):
        try:
            return self.take(self.unsigned()).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("expected UTF-8") from None

    def matching(self, pattern, what):
        text = self.text()
        need(re.fullmatch(pattern, text, re.ASCII) is not None, what)
        return text

    def char(self):
        first = self.data[self.at:self.at + 1]
        need(first != b"", "a character")
        width = 1 + sum(first[0] >= least for least in (0xC0, 0xE0, 0xF0))
        try:
            return self.take(width).decode("utf-8")
        except UnicodeDecodeError:
            raise Malformed("expected a character in UTF-8") from None


NUMBER = r"(0|[1-9][0-9]*)(\.[0-9]{1,28})?"


def exact(bytes, prefix):
    text = bytes.matching(prefix + NUMBER, "an exact number without needless zeros or sign")
    digits = text.lstrip("<").replace(".", "")
    need(int(digits) < 1 << 96, "a number below 2^96")
    return text


def span(bytes):
    start, length = bytes.unsigned(), bytes.unsigned()
    need(start + length < 1 << 64, "a span that ends below 2^64")
    return [start, start + length]


def one_of(count):
    return lambda bytes: bytes.unsigned(count)


def boolean(bytes):
    value = bytes.byte()
    need(value < 2, "a boolean")
    return value == 1


class Codec:
    """Reads events by the spec's own tables."""

    def __init__(self, spec):
        self.parts = {}
        table = between(spec, "<!-- parts:", "<!-- end of parts -->")
        for line in table.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if len(cells) == 2 and ": " in cells[1]:
                members = [member.split(": ", 1) for member in cells[1].split("; ")]
                # Section 5.2: every unsigned of the parts is below 2^32.
                small = lambda kind: re.sub(r"\bunsigned\b", "unsigned below 2^32", kind)
                self.parts[cells[0]] = [(name, small(kind)) for name, kind in members]
        troubles = between(spec, "<!-- troubles:", "<!-- end of troubles -->")
        codes, fields = troubles.split("Fields, from 0:")
        count = lambda text: len(re.findall(r"[0-9]+\s+`", text))
        forms = re.search(r"Forms: (.*?)\. Rules: (.*?)\. Group boxes: (.*?)\.\n", spec, re.DOTALL)
        names = lambda text: len(re.findall(r"(?:^|, )[0-9]+\s", text.replace("\n", " ")))
        self.plain = {
            "text": Bytes.text,
            "unsigned": Bytes.unsigned,
            "unsigned below 2^32": lambda b: b.unsigned(1 << 32),
            "8-bit integer": Bytes.byte,
            "char": Bytes.char,
            "boolean": boolean,
            "span": span,
            "content id": lambda b: b.take(32).hex(),
            "hash": lambda b: b.take(32).hex(),
            "day": lambda b: b.signed(-719528, 2932896),
            "instant": lambda b: b.signed(-62167219200, 253402300799),
            "accession": lambda b: b.unsigned(10**18),
            "CIK": self.cik,
            "CUSIP": lambda b: b.matching(r"[0-9A-Z*@#]{1,12}", "a CUSIP"),
            "amount": lambda b: exact(b, ""),
            "percent": lambda b: exact(b, "<?"),
            "code": one_of(count(codes)),
            "field name": one_of(count(fields)),
            "form": one_of(names(forms[1])),
            "rule": one_of(names(forms[2])),
            "group box": one_of(names(forms[3])),
            "said": self.said,
            "holder id": self.holder_id,
            "change": self.change,
        }
        self.parts.update({
            "filing reference": [("entry", "unsigned"), ("content", "content id")],
            "because": [("reason", "text"), ("who", "text")],
            "holder key": [("id", "holder id"), ("issuer", "CIK?")],
            "class key": [("issuer", "CIK?"), ("cusip", "CUSIP?"), ("title", "text?")],
        })

    @staticmethod
    def cik(bytes):
        value = bytes.unsigned(10**10)
        need(value > 0, "a CIK above 0")
        return value

    def said(self, bytes):
        which = bytes.unsigned(3)
        return ["nothing", "unreadable", "stated"][which], bytes.text() if which == 2 else None

    def holder_id(self, bytes):
        kind = ("cik", "tax", "name")[bytes.unsigned(3)]
        return kind, self.cik(bytes) if kind == "cik" else bytes.text()

    def change(self, bytes):
        kind = ("split", "cusip", "title")[bytes.unsigned(3)]
        if kind == "split":
            return kind, (bytes.unsigned(1 << 32), bytes.unsigned(1 << 32))
        return kind, self.read("CUSIP" if kind == "cusip" else "text", bytes)

    def read(self, kind, bytes):
        if kind.startswith("[") and kind.endswith("]"):
            return [self.read(kind[1:-1], bytes) for _ in range(bytes.unsigned())]
        if kind.endswith("?"):
            return self.read(kind[:-1], bytes) if boolean(bytes) else None
        if kind.startswith("F "):
            state = bytes.unsigned(4)
            value = self.read(kind[2:], bytes) if state == 0 else None
            place = span(bytes) if state != 2 else None
            return {"state": ("stated", "blank", "absent", "unreadable")[state],
                    "value": value, "span": place}
        if kind in self.plain:
            return self.plain[kind](bytes)
        need(kind in self.parts, f"a part of the table, not {kind!r}")
        return {name: self.read(what, bytes) for name, what in self.parts[kind]}

    EVENTS = {
        0: ("LedgerOpened", "origin: text"),
        1: ("FilingRecorded", "content: content id; content_len: unsigned; source: text; reader: unsigned below 2^32; "
                              "supplied: supplied; continued: unsigned below 2^32; reading: reading"),
        2: ("FilingContinued", "content: content id; part: unsigned below 2^32; holders: [holder]; troubles: [trouble]"),
        3: ("FilingConflicted", "accession: accession; recorded: content id; content: content id; "
                                "content_len: unsigned; source: text"),
        4: ("FilingReread", "filing: filing reference; reader: unsigned below 2^32; "
                            "continued: unsigned below 2^32; reading: reading"),
        5: ("FilingCorrected", "filing: filing reference; holder: unsigned below 2^32?; name: text?; field: field name; "
                               "old: said; new: said; span: span?; because: because"),
        6: ("FilingWithdrawn", "filing: filing reference; because: because"),
        7: ("FilingReinstated", "filing: filing reference; because: because"),
        8: ("HoldersLinked", "a: holder key; b: holder key; since: day?; known_at: instant?; because: because"),
        9: ("HoldersUnlinked", "a: holder key; b: holder key; since: day?; known_at: instant?; because: because"),
        10: ("ClassSizeReported", "class: class key; shares: amount; since: day; known_at: instant?; "
                                  "source: text; who: text"),
        11: ("ClassChanged", "class: class key; change: change; since: day; known_at: instant?; "
                             "source: text; who: text"),
        12: ("ChainJoined", "filing: filing reference; with: filing reference; because: because"),
        13: ("ChainSplit", "filing: filing reference; because: because"),
        14: ("FilingSkipped", "accession: accession; because: because"),
        15: ("TopicsSealed", "from: unsigned; size: unsigned; topics: unsigned; root: hash"),
        16: ("KeyRotated", "old: text; new: text; because: because"),
        17: ("ContentRedacted", "filing: filing reference; because: because"),
        18: ("FilingUncorrected", "filing: filing reference; correction: unsigned; because: because"),
        19: ("ClassRetracted", "class: class key; cusip: CUSIP?; entry: unsigned; because: because"),
    }

    @cached
    def event(self, kind, payload):
        """The event of its canonical bytes; values have one form each, so reading proves them."""
        need(kind in self.EVENTS, f"a kind that is listed, not {kind}")
        bytes = Bytes(payload)
        name, members = self.EVENTS[kind]
        event = {"event": name}
        for member in members.split("; "):
            key, what = member.split(": ", 1)
            event[key] = self.read(what, bytes)
        need(bytes.at == len(payload), "the end of the payload")
        if "content" not in event and "filing" in event:
            event["content"] = event["filing"]["content"]
        return event


def between(text, start, end):
    return text.split(start, 1)[1].split(end, 1)[0]


# ---------------------------------------------------------------- notes (21)

NAME = r"[^\s\x00-\x1f\x7f+]+"


def unbase64(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return None
    return data if base64.b64encode(data).decode() == text else None


def key_of(vkey):
    """(name, hash, public key) of a vkey, or None."""
    parts = vkey.split("+", 2)
    if len(parts) != 3 or not re.fullmatch(NAME, parts[0]) or not re.fullmatch("[0-9a-f]{8}", parts[1]):
        return None
    data = unbase64(parts[2])
    if data is None or len(data) != 33 or data[0] != 1:
        return None
    hash = hashlib.sha256(parts[0].encode() + b"\n" + data).digest()[:4]
    public = point(data[1:])
    if hash.hex() != parts[1] or public is None or weak(public):
        return None
    return parts[0], hash, data[1:]


class Refused(Exception):
    """A note that is not believed, with the class of fault that it is."""


class Keys:
    """The keys of a ledger, from the first one on (21.4): (the entry that names it, its vkey)."""

    def __init__(self, first):
        self.keys = ((-1, first),)

    def all(self):
        return [vkey for _, vkey in self.keys]

    def rotations(self):
        return [entry for entry, _ in self.keys[1:]]

    def name(self):
        return key_of(self.keys[0][1])[0]

    def of_size(self, size):
        """The key in force at a size."""
        return key_of([vkey for entry, vkey in self.keys if entry < size - 1][-1])

    def rotate(self, entry, event):
        """Rule 6 of section 5.5; whether the rotation may stand there."""
        new = key_of(event["new"])
        used = [key_of(vkey)[2] for vkey in self.all()]
        fits = event["old"] == self.keys[-1][1] and new is not None and new[0] == self.name()
        if not fits or new[2] in used or entry <= self.keys[-1][0]:
            return False
        self.keys += ((entry, event["new"]),)
        return True


def path_root(index, size, hash, path):
    """Where an inclusion proof leads (20.2), or None."""
    path, last = list(path), size - 1
    if index > last:
        return None
    while last:
        if index & 1 or index < last:
            if not path:
                return None
            other = path.pop(0)
            hash = node(other, hash) if index & 1 else node(hash, other)
        index, last = index >> 1, last >> 1
    return hash if not path else None


def is_note(data):
    """Whether bytes have the form of a note (21.2), whatever it says and whoever signed it."""
    try:
        text, signatures = data.decode("utf-8").rsplit("\n\n", 1)
    except (UnicodeDecodeError, ValueError):
        return False
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text + signatures) or not signatures.endswith("\n"):
        return False
    lines = [re.fullmatch(rf"\u2014 ({NAME}) (\S+)", line) for line in signatures[:-1].split("\n")]
    made = [line and unbase64(line[2]) for line in lines]
    return all(signature is not None and len(signature) > 4 for signature in made)


def rotations_of(data):
    """The proofs of rotations in their one form (22.5, 22.1): (index, entry, path, note). What they say is not
    looked at."""
    wrong = Refused("signature", "expected the proofs of the key's rotations")
    try:
        blocks = data.decode("utf-8").split("\n\n")
    except UnicodeDecodeError:
        raise wrong from None
    if blocks[0] != "blockholder key-rotations v1" or blocks[-1] != "" or len(blocks) % 3 != 2 or len(blocks) < 5:
        raise wrong
    proofs = []
    for at in range(1, len(blocks) - 1, 3):
        lines = blocks[at].split("\n")
        if len(lines) < 3 or lines[0] != "c2sp.org/tlog-proof@v1" or not lines[1].startswith("extra "):
            raise wrong
        entry, index = unbase64(lines[1][6:]), re.fullmatch("index (0|[1-9][0-9]{0,19})", lines[2])
        path = [unbase64(line) for line in lines[3:]]
        if entry is None or index is None or any(h is None or len(h) != 32 for h in path):
            raise wrong
        note = f"{blocks[at + 1]}\n\n{blocks[at + 2]}\n".encode()
        if int(index[1]) >= 1 << 64 or not is_note(note):
            raise wrong
        proofs.append((int(index[1]), entry, path, note))
    return proofs


def rotation_in(entry, index, codec):
    """The KeyRotated of a proof's entry (22.1, step 4; 22.5, step 3), or None."""
    if len(entry) < 88:
        return None
    version, kind, length, sequence = struct.unpack_from("<HHIQ", entry)
    sound = (version, kind, length, sequence) == (1, 16, len(entry) - 88, index)
    if not sound or entry[24:56] != derived("blockholder v1 payload", entry[88:]):
        return None
    try:
        return codec.event(kind, entry[88:])
    except Malformed:
        return None


def follow(proofs, codec):
    """The keys that the proofs lead to from the first one, the roots they rest on, whether all hold."""
    first = rotation_in(proofs[0][1], proofs[0][0], codec)
    if first is None or key_of(first["old"]) is None:
        return None, [], False
    keys, roots = Keys(first["old"]), []
    for index, entry, path, note in proofs:
        event = rotation_in(entry, index, codec)
        if event is None:
            return keys, roots, False
        try:
            # The old key alone must have signed it, and it is in force at that size.
            size, root = checkpoint_of(note, keys.of_size(1 << 64))
        except Refused:
            return keys, roots, False
        if size != index + 1 or path_root(index, size, leaf(entry), path) != root or not keys.rotate(index, event):
            return keys, roots, False
        roots.append((size, root))
    return keys, roots, True


@cached
def checkpoint_of(data, key, cosigned=False):
    """(size, root) of a note: three lines and one signature (21.2, 10), by a key or the one of Keys
    that is in force at its size. No key: whoever signed. Other signatures only where it may be cosigned."""
    try:
        text, line = data.decode("utf-8").rsplit("\n\n", 1)
        if cosigned:
            ours = [one for one in line.splitlines(True) if one.split(" ")[1] == text.split("\n")[0]]
            line = ours[0] if len(ours) == 1 else line
    except (UnicodeDecodeError, ValueError, IndexError):
        raise Refused("checkpoint", "expected a text, an empty line and a signature") from None
    if re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text + line):
        raise Refused("checkpoint", "expected no control characters but line feeds")
    lines = text.split("\n")
    signature = re.fullmatch(rf"\u2014 ({NAME}) (\S+)\n", line)
    root = unbase64(lines[2]) if len(lines) == 3 else None
    size = re.fullmatch("[1-9][0-9]{0,19}", lines[1]) if len(lines) == 3 else None
    if signature is None or size is None or root is None or len(root) != 32 or not lines[0]:
        raise Refused("checkpoint", "expected three lines and one signature")
    made = unbase64(signature[2])
    if int(lines[1]) >= 1 << 64 or made is None or len(made) < 5:
        raise Refused("checkpoint", "expected a size and a signature")
    if key is not None:
        name, hash, public = key.of_size(int(lines[1])) if isinstance(key, Keys) else key
        ours = signature[1] == name and made[:4] == hash and lines[0] == name
        if not ours or not signed_by(public, (text + "\n").encode(), made[4:]):
            raise Refused("signature", f"expected a signature by {name}")
    return int(lines[1]), root


def notes_of(data):
    """The notes of the file `checkpoints`, and what stands after the last one (section 10)."""
    notes, start, block, at = [], 0, 0, data.find(b"\n\n")
    while at >= 0:
        signatures = data.startswith("\u2014 ".encode(), block)
        block = at + 2
        if signatures:
            notes.append(data[start:at + 1])
            start = block
        at = data.find(b"\n\n", at + 1)
    return notes, data[start:]


# ---------------------------------------------------------------- exports (24)

def path_of(kind, number, width):
    digits = [f"{number % 1000:03}"]
    rest = number // 1000
    while rest:
        digits.insert(0, f"x{rest % 1000:03}")
        rest //= 1000
    partial = "" if width == 256 else f".p/{width}"
    return f"tile/{kind}/{'/'.join(digits)}{partial}"


def tiles(size, names):
    """(path, kind, number, width) of each tile of a size, path None for the first of a run without
    files; kind is a level, or "entries". As much work as there are names."""
    there = {}
    for name in names:
        parts = re.fullmatch(r"tile/(entries|[0-7])/([0-9x/]+)(?:\.p/([0-9]{1,3}))?", name)
        if parts:
            kind = parts[1] if parts[1] == "entries" else int(parts[1])
            digits = re.sub("[x/]", "", parts[2])
            there.setdefault(kind, set()).add((int(digits or 0), name))
    counts = [("entries", size)]
    counts += [(level, size >> 8 * level) for level in range(8) if size >> 8 * level]
    for kind, count in counts:
        def width(number):
            return min(256, count - number * 256)
        due, end = 0, (count + 255) // 256
        for number, name in sorted(there.get(kind, ())):
            if number >= end or name != path_of(kind, number, width(number)):
                continue
            if due < number:
                yield None, kind, due, width(due)
            yield name, kind, number, width(number)
            due = number + 1
        if due < end:
            yield None, kind, due, width(due)


def whole(data, at):
    """The end of the entry at a place whose length is that of its envelope, and its version."""
    if at + 2 + 88 > len(data):
        return None
    (length,) = struct.unpack_from(">H", data, at)
    version, _, payload = struct.unpack_from("<HHI", data, at + 2)
    if length != 88 + payload or at + 2 + length > len(data):
        return None
    return at + 2 + length, version


def cut(data):
    """The entries of a bundle: (bytes, whether their length is right)."""
    at = 0
    while at < len(data):
        end = whole(data, at)
        if end is not None:
            yield data[at + 2:end[0]], True
            at = end[0]
            continue
        following = at + 1
        while following < len(data):
            found = whole(data, following)
            if found is not None and found[1] == 1:
                break
            following += 1
        here = data[at + 2:following]
        length = data[at:at + 2]
        yield here, length == min(len(here), 65535).to_bytes(2, "big")
        at = following


class Verifier:
    def __init__(self, files, codec, vkey=None):
        self.files, self.codec, self.faults = files, codec, []
        self.left = set(files)
        self.vkey = vkey
        self.entries = []

    def fault(self, kind, entry, message):
        self.faults.append((kind, entry, message))

    def file(self, name):
        self.left.discard(name)
        data = self.files.get(name)
        if data is NO_FILE:
            raise OSError(f"expected a file, got something else: {name}")
        return data

    def run(self):
        self.policy()
        self.checkpoints()
        if self.size:
            self.tiles()
            self.chain()
            self.check_rotations()
            self.blobs()
            unread = len(self.entries) < self.size
            for name in sorted(self.left):
                # What an unreadable entry names is not known.
                if unread and name.startswith("blob/"):
                    continue
                self.fault("stray", None, f"expected no such file: {name}")
        self.faults.sort(key=lambda fault: (fault[0] == "stray", -1 if fault[1] is None else fault[1]))
        return self.faults

    # 24.3, step 1
    def policy(self):
        data = self.file("policy")
        text = (data or b"").decode("utf-8", "replace")
        line = re.fullmatch(r"log (\S+)\nquorum none\n", text)
        named = line[1] if line and key_of(line[1]) else None
        self.kept, self.rotated = [], []
        keys = self.rotations()
        if keys is None and named is not None:
            keys = Keys(named)
        if self.vkey and (keys is None or self.vkey not in keys.all()):
            keys = Keys(self.vkey)
        if named is None:
            self.fault("format", None, "expected a policy that trusts one key")
        elif keys.all()[-1] != named:
            self.fault("format", None, f"expected the key {keys.all()[-1]} in the policy, got {named}")
        self.key = keys if self.vkey or named else None

    def rotations(self):
        data = self.file("rotations")
        if data is None:
            return None
        try:
            keys, self.kept, whole = follow(rotations_of(data), self.codec)
        except Refused:
            keys, whole = None, False
        if not whole:
            self.fault("signature", None, "expected the proofs of the key's rotations, got others")
        return keys

    # Section 21.5, and 24.3, step 2
    def anchors(self):
        notes, tokens = {}, []
        for path in sorted(self.left):
            if not path.startswith("anchors/"):
                continue
            data, name = self.file(path), path[8:]
            note, dash, token = name.partition("-")
            too_long = dash and len(data) > 1 << 20
            if hashlib.sha256(data).hexdigest() != (token if dash else note) or not data or too_long:
                self.fault("anchor", None, f"expected {path} to be what its name says")
            elif dash:
                tokens.append(note)
            else:
                notes[note] = data
        for note, data in notes.items():
            try:
                self.kept.append(checkpoint_of(data, self.key, True))
            except Refused:
                self.fault("anchor", None, f"expected a checkpoint of this ledger in anchors/{note}")
        for note in set(tokens) - set(notes):
            self.fault("anchor", None, f"expected the checkpoint {note} that a token is for")

    # Whether the rotations in the entries are those that are proven; 24.3, step 4
    def check_rotations(self):
        proven = self.key.rotations() if self.key else []
        reach = min(len(self.entries), self.size)
        wrong = [entry for entry in self.rotated if entry not in proven]
        wrong += [entry for entry in proven if entry < reach and entry not in self.rotated]
        if wrong:
            self.fault("signature", wrong[0], "expected the proof of each rotation, and no other")
        for size, _ in self.kept:
            if size > self.size:
                self.fault("rollback", self.size, f"expected {size} entries, as the rotations say, got {self.size}")

    def vouched(self):
        """Whether the key that was given has signed any of it."""
        sizes = [size for size, _ in self.signed] + [entry + 1 for entry in self.key.rotations()] if self.key else []
        return not self.vkey or any(self.key.of_size(size) == key_of(self.vkey) for size in sizes)

    # step 2
    def checkpoints(self):
        notes, rest = notes_of(self.file("checkpoints") or b"")
        self.signed = []
        reach = 0
        for number, note in enumerate(notes, 1):
            try:
                size, root = checkpoint_of(note, self.key)
            except Refused as refused:
                self.fault(refused.args[0], None, f"{refused.args[1]} in note {number} of the checkpoints")
                continue
            if size <= reach:
                self.fault("checkpoint", None, f"expected more than {reach} entries in note {number}, got {size}")
                continue
            reach = size
            self.signed.append((size, root))
        if rest:
            self.fault("checkpoint", None, "expected the checkpoints to end with a note and an empty line")
        last = self.file("checkpoint")
        if not notes or last != notes[-1]:
            self.fault("checkpoint", None, "expected the last of the checkpoints as checkpoint")
            try:
                size, root = checkpoint_of(last or b"", self.key)
                if size > reach:
                    self.signed.append((size, root))
            except Refused:
                pass
        self.size = self.signed[-1][0] if self.signed else 0
        self.anchors()

    # steps 3 and 5: the stored hashes
    def tiles(self):
        self.hashes = {}
        for path, kind, number, width in tiles(self.size, self.left):
            if kind == "entries":
                continue
            data = b"" if path is None else self.file(path)
            got = len(data) // 32
            if len(data) != 32 * width:
                first = number * 256 + min(got, width) << 8 * kind
                what = path or f"one or more tiles from {path_of(kind, number, width)}"
                self.fault("node", min(first, self.size - 1), f"expected {width} hashes in {what}")
            for at in range(got):
                self.hashes[kind, number * 256 + at] = data[32 * at:32 * at + 32]

    # step 4, and section 13, steps 3 to 8
    def chain(self):
        self.stored, self.grown, self.differ, self.astray = Tree(), Tree(), [], None
        self.head, self.due, self.time, self.misfit = bytes(32), 0, 0, None
        self.misnumbered, self.open, self.judged, self.contents = None, None, 0, {}
        self.redacted = set()
        # Rules 3, 5 and 9 of section 5.5.
        self.noted, self.accessions, self.recorded, self.bare, self.conflicts = set(), {}, {}, {}, set()
        self.withdrawn = set()
        self.follow = True
        for path, kind, number, width in tiles(self.size, self.left):
            if kind != "entries" or path is None:
                continue
            for stored, right in cut(self.file(path)):
                if not right:
                    self.fault("frame", self.due, f"expected the length of the entry behind it in {path}")
                if len(stored) < 88:
                    if right:
                        self.fault("frame", self.due, f"expected at least 88 bytes, got {len(stored)}")
                    continue
                before = self.due
                self.entry(stored)
                if any(entry // 256 != number or entry >= number * 256 + width for entry in range(before, self.due)):
                    self.fault("frame", before, f"expected other entries in {path}, got entry {before}")
                whole = before < self.due <= self.size
                self.grow_over(before, self.due - 1 if whole else min(self.due, self.size))
                if whole:
                    self.grow(self.due - 1, leaf(stored))
        if self.due < self.size:
            self.fault("rollback", self.due, f"expected {self.size} entries, got {self.due}")
            self.grow_over(self.due, self.size)
        self.settle(False)
        if self.follow and self.open is not None:
            self.fault("event", self.due - 1, f"expected part {self.open[1]} of the filing before")
        self.settle_root()

    def settle(self, later_is_vouched_for):
        """Who is to blame for a link that does not fit (13, step 5)."""
        if self.misfit is None:
            return
        later, self.misfit = self.misfit, None
        if later_is_vouched_for and later > 0:
            self.fault("hash", later - 1, f"entry {later - 1} has another hash than entry {later} names")
        else:
            self.fault("prev", later, f"entry {later} names another entry before it")

    def entry(self, stored):
        version, kind, length, sequence, time = struct.unpack_from("<HHIQQ", stored)
        digest, previous, payload = stored[24:56], stored[56:88], stored[88:]
        # Step 3: where it stands.
        place, due, misnumbered = None, self.due, self.misnumbered
        self.misnumbered = None
        follows = previous == self.head
        if sequence == due or sequence == misnumbered:
            self.settle(follows)
            if not follows:
                self.misfit = sequence
            place = sequence
        elif follows:
            self.settle(True)
            self.fault("order", due, f"expected entry {due}, got its bytes numbered {sequence}")
            place = due
        elif sequence < due:
            self.settle(False)
            self.fault("order", sequence, f"expected entry {due}, got entry {sequence}")
        else:
            self.settle(False)
            self.fault("gap", due, f"expected entry {due}, got entry {sequence}")
            self.misnumbered = due + 1
            place = sequence
        # Steps 6 and 7: what it holds.
        event, at = None, sequence if place is None else place
        if version != 1:
            self.fault("codec", at, f"expected an envelope of version 1, got {version}")
        elif length != len(payload) or digest != derived("blockholder v1 payload", payload):
            self.fault("payload", at, "expected the payload that the envelope was made for")
        else:
            try:
                event = self.codec.event(kind, payload)
            except Malformed as why:
                self.fault("codec", at, str(why))
        if place is None:
            return
        # Step 4.
        if time <= self.time:
            self.fault("time", place, f"expected a time after {self.time}, got {time}")
        self.head, self.due, self.time = derived("blockholder v1 entry", stored[:88]), place + 1, time
        # 24.3, step 4: whoever is in its tile vouches for itself.
        if event is not None and self.misfit == place and self.hashes.get((0, place)) == leaf(stored):
            self.settle(True)
        # Step 8.
        if event is None:
            self.follow = False
            return
        if not self.follow and event["event"] != "FilingContinued":
            self.follow, self.open = True, None
        if self.follow:
            self.order(place, event)
        self.note(place, event)
        self.entries.append((place, event))

    def order(self, place, event):
        """Section 5.5, rules 1, 2, 4, 7 and 8."""
        before, self.open = self.open, None
        opening = event["event"] == "LedgerOpened"
        if event.get("continued"):
            self.open = (event["content"], 1, event["continued"])
        if opening != (place == 0):
            self.fault("event", place, "expected LedgerOpened as entry 0 and only there")
        elif event["event"] == "TopicsSealed" and not event["from"] < event["size"] <= place:
            self.fault("event", place, f"expected a seal of entries before entry {place}")
        elif event["event"] == "ContentRedacted" and not event["filing"]["entry"] < place:
            self.fault("event", place, f"expected a redaction of what an entry before {place} names")
        elif event["event"] == "FilingUncorrected" and not event["correction"] < place:
            self.fault("event", place, f"expected an entry before {place} to be taken back")
        elif event["event"] == "ClassRetracted" and not event["entry"] < place:
            self.fault("event", place, f"expected an entry before {place} to be taken back")
        elif event["event"] == "FilingContinued":
            if before is None:
                self.fault("event", place, "expected a filing that is to be continued")
            elif (event["content"], event["part"]) != before[:2]:
                self.fault("event", place, f"expected part {before[1]} of the filing before")
            elif before[1] < before[2]:
                self.open = (before[0], before[1] + 1, before[2])
        elif before is not None:
            self.fault("event", place, f"expected part {before[1]} of the filing before")

    def names(self, place, event):
        """What an event names that it may not, by rules 3, 5 and 9; of an entry that could not be read nothing."""
        whole = len(self.noted) == place
        if place in self.noted:
            return None
        self.noted.add(place)
        records = lambda entry, content: entry in self.recorded.get(content, ())
        if event["event"] == "FilingWithdrawn":
            self.withdrawn.add(event["filing"]["entry"])
        elif event["event"] == "FilingReinstated":
            self.withdrawn.discard(event["filing"]["entry"])
        if event["event"] == "FilingRecorded":
            own, content = event["reading"]["accession"], event["content"]
            number = own["value"] if own["state"] == "stated" else event["supplied"]["accession"]
            wrong = None
            if number is not None and number in self.accessions:
                wrong = f"accession number {number} is recorded in entry {self.accessions[number]}"
            elif number is None and content in self.recorded:
                wrong = f"the received bytes {content} are recorded before"
            elif whole and number is not None and self.bare.get(content, place) not in self.withdrawn | {place}:
                wrong = f"the received bytes {content} are recorded before, without a number"
            if number is None:
                self.bare.setdefault(content, place)
            else:
                self.accessions.setdefault(number, place)
            self.recorded.setdefault(content, set()).add(place)
            return wrong
        if event["event"] == "FilingConflicted":
            number, old, new = event["accession"], event["recorded"], event["content"]
            again = (number, new) in self.conflicts
            self.conflicts.add((number, new))
            if number not in self.accessions:
                return "expected a conflict with a recorded filing" if whole else None
            if not records(self.accessions[number], old):
                return f"expected entry {self.accessions[number]} to record {old}"
            return "expected other bytes, and once" if old == new or again else None
        if event["event"] != "ContentRedacted":
            for named in (event.get("filing"), event.get("with")):
                if named and named["entry"] >= place:
                    return f"expected a filing before entry {place}"
                if named and named["entry"] in self.noted and not records(named["entry"], named["content"]):
                    return f"expected entry {named['entry']} to record a filing with {named['content']}"
        return None

    def note(self, place, event):
        wrong = self.names(place, event)
        if wrong:
            self.fault("event", place, wrong)
        if event["event"] == "LedgerOpened" and self.key is not None and self.key.name() != event["origin"]:
            self.fault("format", 0, f"expected the origin {event['origin']}, got a key of {self.key.name()}")
        if event["event"] == "KeyRotated":
            self.rotated.append(place)
        if event["event"] == "ContentRedacted":
            first, _ = self.contents.get(event["content"], (None, None))
            if first == event["filing"]["entry"]:
                self.redacted.add(event["content"])
            else:
                self.fault("event", place, f"expected a redaction of the bytes that entry {event['filing']['entry']} names first")
        elif "content" in event:
            first, length = self.contents.get(event["content"], (place, None))
            said = event.get("content_len")
            if length is not None and said is not None and length != said:
                self.fault("blob", place, f"expected {length} received bytes, got {said} said")
            self.contents[event["content"]] = first, length if length is not None else said

    # Entries that are missing: where no hash is there either, a number far too large is not counted up to.
    def grow_over(self, entry, end):
        while entry < end:
            if self.stored is None and self.grown is None:
                sizes = [size for size, _ in self.kept + self.signed[self.judged:self.judged + 1] if size > entry]
                entry = min(sizes) - 1 if sizes else end
                if entry >= end:
                    return
            self.grow(entry, None)
            entry += 1

    # step 5, and section 20.4
    def grow(self, entry, hash):
        stored = self.hashes.get((0, entry))
        tree = self.stored and stored and self.stored.push(stored) or []
        if stored is None:
            self.stored = None
        own = hash or stored
        grown = self.grown and own and self.grown.push(own) or []
        if own is None:
            self.grown = None
        if hash and stored and hash != stored:
            self.differ.append(entry)
        for level in range(8, max(len(tree), len(grown)), 8):
            there = self.hashes.get((level // 8, entry >> level))
            if there is not None and there not in (tree[level:level + 1] + grown[level:level + 1]):
                self.fault("node", entry >> level << level, f"expected the hash of the {1 << level} entries to {entry}")
        if self.judged < len(self.signed) and self.signed[self.judged][0] == entry + 1:
            self.judge(*self.signed[self.judged])
            self.judged += 1
        for size, root in self.kept:
            if size == entry + 1 and (self.grown is None or self.grown.root() != root):
                self.fault("fork", entry, f"expected the root at {size} entries that a rotation rests on, got another")

    def judge(self, size, root):
        entries = self.grown is not None and self.grown.root() == root
        store = self.stored is not None and self.stored.root() == root
        differ, self.differ = self.differ, []
        if not entries and not store:
            self.astray = self.astray or size
            return
        self.settle_root()
        for entry in differ:
            self.fault("node" if entries else "leaf", entry, f"as the root at {size} entries shows")
        if entries:
            self.stored = self.stored and self.grown.copy()
        else:
            self.grown = self.stored.copy()

    def settle_root(self):
        if self.astray is not None:
            self.fault("root", self.astray - 1, f"expected the signed root at {self.astray} entries, got another")
            self.astray = None

    # step 6
    def blobs(self):
        for content, (entry, length) in sorted(self.contents.items()):
            data = self.file(f"blob/{content[:2]}/{content}")
            if data is None and content in self.redacted:
                continue
            if data is None:
                self.fault("blob", entry, f"expected the received bytes {content}, got no such file")
            elif blake3(data).hex() != content:
                self.fault("blob", entry, f"expected the received bytes {content}, got {blake3(data).hex()}")
            elif length is not None and length != len(data):
                self.fault("blob", entry, f"expected {length} received bytes, got {len(data)}")


# What stands where a file is expected, and is never opened (9.1).
NO_FILE = object()


def read_export(folder):
    files = {}
    for above, folders, names in os.walk(folder):
        # What is below a link is not there (24.1), but the link is.
        for name in names + [name for name in folders if os.path.islink(os.path.join(above, name))]:
            path = os.path.join(above, name)
            name = os.path.relpath(path, folder).replace(os.sep, "/")
            if not os.path.isfile(path):
                files[name] = NO_FILE
                continue
            with open(path, "rb") as file:
                files[name] = file.read()
    return files


def short(faults):
    return " ".join(f"{kind}:{'-' if entry is None else entry}" for kind, entry, _ in faults) or "none"


def cases(files, codec, lines, out):
    """Each line is a JSON object of changes to the export; prints the faults of each, a line each.

    {"flip": [NAME, OFFSET, XOR]}, or {"put": {NAME: HEX, ...}, "remove": [NAME, ...]}
    """
    for line in lines:
        case, changed = json.loads(line), dict(files)
        if "flip" in case:
            name, offset, mask = case["flip"]
            data = bytearray(changed[name])
            data[offset] ^= mask
            changed[name] = bytes(data)
        for name in case.get("remove", []):
            del changed[name]
        for name, hex in case.get("put", {}).items():
            changed[name] = bytes.fromhex(hex)
        print(short(Verifier(changed, codec).run()), file=out)


def vectors(codec, paths, out):
    """The vectors of events: one line for each file."""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            lines = [line for line in file.read().splitlines() if not line.startswith("#")]
        kind = next(int(line[6:]) for line in lines if line.startswith("kind: "))
        payload = bytes.fromhex("".join(lines[lines.index("bytes:") + 1:]))
        try:
            print("event", codec.event(kind, payload)["event"], file=out)
        except Malformed as why:
            print("refused:", why, file=out)


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Verify an export of a ledger.")
    parser.add_argument("export", nargs="?")
    parser.add_argument("--vkey", help="trust this key, not the one the export names")
    parser.add_argument("--spec", default=os.path.join(here, "..", "..", "ledger-spec.md"))
    parser.add_argument("--cases", help="a file of changes to try on a copy in memory")
    parser.add_argument("--codec", nargs="+", metavar="VECTOR", help="decode vectors of events instead")
    args = parser.parse_args()
    try:
        with open(args.spec, encoding="utf-8") as file:
            codec = Codec(file.read())
        if args.codec:
            vectors(codec, args.codec, sys.stdout)
            return 0
        if args.export is None or not os.path.isdir(args.export):
            parser.error("expected the folder of an export")
        files = read_export(args.export)
        if args.cases:
            with open(args.cases, encoding="utf-8") as file:
                cases(files, codec, file, sys.stdout)
            return 0
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    if args.vkey and key_of(args.vkey) is None:
        print("expected a vkey", file=sys.stderr)
        return 2
    verifier = Verifier(files, codec, args.vkey)
    try:
        faults = verifier.run()
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    for kind, entry, message in faults:
        print(f"fault {kind}{'' if entry is None else f' entry {entry}'}: {message}")
    count = len(verifier.faults)
    print(f"{'no fault' if not count else f'{count} faults'} in {verifier.size} entries")
    if not count and not verifier.vouched():
        print("cannot tell: the trusted key has signed none of it")
        return 3
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main())
