#!/usr/bin/env python3
"""Checks the proof of an answer, as ledger-spec.md says in 22.3, with nothing but Python.

Written from the spec and not from the program. It takes the steps that need neither the reader nor the
rules of answers: 1 to 5 and 7; 5 as far as the answer cites what it rests on, which those of `holders` and
`person` do, and 7 as far as the seals say what is found. So it tells that the entries, the received bytes
and the seals are what was signed, and not that the answer follows from them (6 and 8).

    proof.py --vkey VKEY [--spec ledger-spec.md] PROOF...
    proof.py --vectors [--spec ledger-spec.md] VECTOR...

Exit status: 0 all hold, 1 not all, 2 usage or trouble with files.
"""

import argparse
import datetime
import json
import os
import re
import struct
import sys

from verify import Codec, Malformed, Refused, blake3, checkpoint_of, derived, is_note, key_of, leaf, node

NUMBER = "(0|[1-9][0-9]{0,19})"
VERBS = ("history", "group", "chains", "late", "person")


class Wrong(Exception):
    """What is wrong, and the step that says so."""

    def __init__(self, step, why):
        super().__init__(why)
        self.step = step


def right(fits, step, expected):
    if not fits:
        raise Wrong(step, "expected " + expected)


class Head:
    """The lines before the empty one, in their order."""

    def __init__(self, text):
        self.lines = text.split("\n")

    def next(self, name, pattern):
        line = self.lines.pop(0) if self.lines else ""
        found = re.fullmatch(f"{name} (?:{pattern})", line)
        right(found is not None, 1, f"a line {name!r}")
        return line[len(name) + 1:]

    def number(self, name):
        value = int(self.next(name, NUMBER))
        right(value < 1 << 64, 1, f"{name} below 2^64")
        return value

    def text(self, name):
        value = self.next(name, "[^\\x00-\\x1f\\x7f-\\x9f]+")
        right(value == value.strip(), 1, f"no space around {name}")
        return value


def a_time(text, form):
    """A day or an instant that is one, in the one spelling it has."""
    try:
        return datetime.datetime.strptime(text, form).strftime(form) == text
    except ValueError:
        return False


class Rest:
    """The bytes below the head."""

    def __init__(self, data, at):
        self.data, self.at = data, at

    def take(self, count):
        taken = self.data[self.at:self.at + count]
        right(len(taken) == count, 1, f"{count} bytes at {self.at}")
        self.at += count
        return taken

    def number(self, form):
        return struct.unpack(form, self.take(struct.calcsize(form)))[0]


class Proof:
    """A proof in its one form (step 1)."""

    def __init__(self, data):
        body, digest = data[:-32], data[-32:]
        right(derived("blockholder v1 answer proof", body) == digest, 1, "the digest of all before it")
        end = body.find(b"\n\n")
        right(end >= 0, 1, "an empty line")
        try:
            head = Head(body[:end].decode("utf-8"))
        except UnicodeDecodeError:
            raise Wrong(1, "expected a head in UTF-8") from None
        version = head.lines.pop(0)
        right(version in ("blockholder answer-proof v1", "blockholder answer-proof v2"), 1, "the first line")
        self.rules = head.number("rules")
        self.of = head.next("of", "|".join(VERBS)) if version.endswith("2") else "holders"
        self.asked = head.text("asked")
        one = self.of in ("holders", "history") and head.lines[:1] and head.lines[0].startswith("holder ")
        self.holder = head.text("holder") if one else None
        right(a_time(head.next("as-of", ".*"), "%Y-%m-%d"), 1, "a day")
        right(a_time(head.next("known-at", ".*"), "%Y-%m-%dT%H:%M:%SZ"), 1, "an instant")
        self.at = head.number("at")
        names = ("answer", "checkpoint", "entries", "hashes", "blobs", "seals")
        answer, note, entries, hashes, blobs, seals = (head.number(name) for name in names)
        self.tail = head.number("tail")
        right(self.tail <= self.at, 1, "a tail of at most the size")
        right(not head.lines, 1, "an empty line")
        rest = Rest(body, end + 2)
        self.answer, self.note = rest.take(answer), rest.take(note)
        right(is_note(self.note), 1, "a note")
        self.entries = [rest.take(rest.number("<I")) for _ in range(entries)]
        self.hashes = [rest.take(32) for _ in range(hashes)]
        self.blobs = [rest.take(rest.number("<Q")) for _ in range(blobs)]
        self.names = [blake3(blob).hex() for blob in self.blobs]
        right(all(a < b for a, b in zip(self.names, self.names[1:])), 1, "blobs by ascending content id")
        self.seals = [self.seal(rest) for _ in range(seals)]
        right(rest.at == len(body), 1, "the digest")

    @staticmethod
    def seal(rest):
        """23.3: the entry, the leaves as (place, topic id, digest or sequences), the hashes."""
        entry, leaves = rest.number("<Q"), []
        for _ in range(rest.number("<I")):
            place, topic, kind = rest.number("<Q"), rest.take(32), rest.number("<B")
            right(kind < 2, 1, "00 or 01")
            held = rest.take(32) if kind == 0 else [rest.number("<Q") for _ in range(rest.number("<I"))]
            leaves.append((place, topic, held))
        return entry, leaves, [rest.take(32) for _ in range(rest.number("<I"))]


def many(start, size, leaves, hashes):
    """The hash of a subtree (22.2): leaves that are known, the proof's hashes for what has none."""
    if not any(start <= place < start + size for place in leaves):
        if not hashes:
            raise ValueError("too few hashes")
        return hashes.pop(0)
    if size == 1:
        return leaves[start]
    k = 1
    while 2 * k < size:
        k *= 2
    left = many(start, k, leaves, hashes)
    return node(left, many(start + k, size - k, leaves, hashes))


def leads(size, leaves, hashes):
    """The root that leaves lead to, all hashes being used; or None."""
    hashes = list(hashes)
    if any(place >= size for place in leaves):
        return None
    try:
        root = many(0, size, leaves, hashes)
    except ValueError:
        return None
    return None if hashes else root


def check(data, vkey, codec):
    """Steps 1 to 5 and 7, and of 8 what takes no rules; what they show, in words."""
    proof = Proof(data)
    try:
        size, root = checkpoint_of(proof.note, key_of(vkey), True)
    except Refused as why:
        raise Wrong(2, str(why)) from None
    right(0 < proof.at <= size, 2, "a size that is signed")
    events, before, leaves = {}, -1, {}
    for stored in proof.entries:
        right(len(stored) >= 88, 3, "an entry")
        version, kind, length, sequence = struct.unpack_from("<HHIQ", stored)
        payload = stored[88:]
        right(version == 1 and length == len(payload) and sequence > before, 3, "entries in their order")
        right(stored[24:56] == derived("blockholder v1 payload", payload), 3, "the payload that was hashed")
        try:
            events[sequence] = codec.event(kind, payload)
        except Malformed as why:
            raise Wrong(3, str(why)) from None
        before, leaves[sequence] = sequence, leaf(stored)
    right(leads(size, leaves, proof.hashes) == root, 3, "entries that lead to the signed root")
    due = set(range(proof.tail, proof.at)) | {proof.at - 1}
    right(due <= set(events), 4, f"entry {min(due - set(events), default=0)}")
    check_blobs(proof, events)
    sealed = check_seals(proof, events)
    right(proof.answer or is_complete(proof, sealed), 8, "a complete proof that nobody is there")
    return proof, size, len(events), sealed


def is_complete(proof, sealed):
    """Whether nothing that bears on the answer was left out."""
    return proof.tail <= sealed or sealed >= proof.at


def check_blobs(proof, events):
    """Step 5, as far as the entries say: whose bytes they are, how long, and which may not be there."""
    recorded = {}
    for event in events.values():
        if event["event"] == "FilingRecorded":
            recorded.setdefault(event["content"], event["content_len"])
    redacted = {event["content"] for event in events.values() if event["event"] == "ContentRedacted"}
    for name, blob in zip(proof.names, proof.blobs):
        right(name in recorded, 5, f"received bytes of a filing, not {name}")
        right(recorded[name] == len(blob), 5, f"received bytes as long as was recorded of {name}")
        right(name not in redacted, 5, f"no received bytes that an entry redacts, not {name}")
    if proof.of in ("holders", "person"):
        try:
            answer = [json.loads(line) for line in proof.answer.decode().splitlines()]
        except ValueError:
            raise Wrong(8, "expected an answer in JSON") from None
        cited = {events[entry]["content"] for entry in cites(answer) if entry in events}
        right(cited - redacted == set(proof.names), 5, "the received bytes of exactly the filings that are cited")


def cites(value):
    """The entries whose bytes an answer cites: those of its values (18, `A`) that have a span."""
    if isinstance(value, dict):
        if {"value", "entry", "span", "carried"} <= set(value) and value["span"] is not None:
            yield value["entry"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from cites(one)


def check_seals(proof, events):
    """Step 7, as far as the seals say: up to where they reach."""
    sealed = 0
    for entry, leaves, hashes in proof.seals:
        seal = events.get(entry, {"event": None})
        fits = seal["event"] == "TopicsSealed" and seal["from"] == sealed and seal["size"] > sealed
        right(fits, 7, f"a seal from entry {sealed} in entry {entry}")
        known, last = {}, -1
        for place, topic, held in leaves:
            right(place > last, 7, "leaves by ascending place")
            last = place
            if isinstance(held, list):
                ordered = all(a < b for a, b in zip(held, held[1:]))
                within = all(seal["from"] <= one < seal["size"] for one in held)
                right(held and ordered and within, 7, "ascending entries of the seal")
                lacking = [one for one in held if one < proof.at and one not in events]
                right(not lacking, 7, f"entry {lacking[:1]} that the seal holds under a topic")
                held = derived("blockholder v1 postings", b"".join(struct.pack("<Q", one) for one in held))
            known[place] = leaf(topic + held)
        right(leads(seal["topics"], known, hashes) == bytes.fromhex(seal["root"]), 7, "the seal's root")
        sealed = seal["size"]
    return sealed


def verdict(data, vkey, codec):
    try:
        proof, size, entries, sealed = check(data, vkey, codec)
    except Wrong as why:
        return False, f"refused at step {why.step}: {why}"
    # Of what is asked for by which topics the seals need not say: that is for who makes the answer.
    whole = is_complete(proof, sealed)
    complete = "complete" if whole else "not complete"
    blobs = len(proof.blobs)
    return True, f"holds: {proof.of}, {entries} entries of {size}, {blobs} received, {complete}"


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Check the proof of an answer.")
    parser.add_argument("files", nargs="+")
    parser.add_argument("--vkey", help="the ledger's key")
    parser.add_argument("--vectors", action="store_true", help="the files are vectors, which name their key")
    parser.add_argument("--spec", default=os.path.join(here, "..", "..", "ledger-spec.md"))
    args = parser.parse_args()
    if not args.vectors and (args.vkey is None or key_of(args.vkey) is None):
        parser.error("expected a vkey")
    all_hold = True
    try:
        with open(args.spec, encoding="utf-8") as file:
            codec = Codec(file.read())
        for path in args.files:
            with open(path, "rb") as file:
                data, vkey = file.read(), args.vkey
            if args.vectors:
                lines = data.decode().splitlines()
                vkey = next(line[6:] for line in lines if line.startswith("vkey: "))
                data = bytes.fromhex("".join(lines[lines.index("bytes:") + 1:]))
            holds, words = verdict(data, vkey, codec)
            all_hold = all_hold and holds
            print(f"{os.path.basename(path)}: {words}")
    except OSError as error:
        print(error, file=sys.stderr)
        return 2
    return 0 if all_hold else 1


if __name__ == "__main__":
    sys.exit(main())
