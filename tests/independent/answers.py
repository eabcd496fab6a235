#!/usr/bin/env python3
"""Answers questions about an export of a ledger, as ledger-spec.md says, with nothing but Python.

Written from the spec and not from the program: section numbers are the spec's. Entries are decoded
by verify.py, which holds them against their hashes; here they are believed. Due dates are told by
deadlines.py.

    answers.py EXPORT [--spec ledger-spec.md] < QUESTIONS > ANSWERS

A question is a line of JSON: {"ask": "holders"|"late"|"chains", "issuer": a CIK or a CUSIP,
"as_of": DAY, "known_at": INSTANT, "at": SIZE}. Its answer is a line, the list of the objects that
section 18 describes; or a text that says why it is not answered here: nothing is found, or several
issuers are. Every key that is given must be the program's. Left out are

- words: `why` of `late`, `means` of `stale`;
- what 17.3 and 17.4 tell of other issuers and classes: `printed_by_others`, `named_by`,
  `named_since`, `several_classes`, `classes_named_by`; titles of several classes;
- of `chains` the oddities, the items, and all but `by` of how a filing is joined.
"""

import argparse
import copy
import datetime
import functools
import json
import os
import re
import struct
import sys
from fractions import Fraction

import deadlines
import verify

cached = functools.lru_cache(maxsize=None)
EPOCH = datetime.date(1970, 1, 1)
POWERS = ("sole_voting", "shared_voting", "sole_dispositive", "shared_dispositive")
ROWS = POWERS + ("aggregate", "percent", "types")
FORMS = (
    "SC 13D",
    "SC 13D/A",
    "SC 13G",
    "SC 13G/A",
    "SCHEDULE 13D",
    "SCHEDULE 13D/A",
    "SCHEDULE 13G",
    "SCHEDULE 13G/A",
)
RULES = ("13d-1(b)", "13d-1(c)", "13d-1(d)")
NOTHING = {"state": "absent", "value": None, "span": None}


def value(field):
    return field["value"] if field["state"] == "stated" else None


def values(fields):
    return [field["value"] for field in fields if field["state"] == "stated"]


def ordered(things):
    """Each once, in the order in which they come first."""
    return list(dict.fromkeys(things))


# --------------------------------------------------------------------- days and instants (17.2, 18)


def date(day):
    return EPOCH + datetime.timedelta(days=day)


def day_of(text):
    return (datetime.date.fromisoformat(text) - EPOCH).days


def day_text(day):
    return None if day is None else date(day).isoformat()


def instant_text(at):
    moment = datetime.datetime(1970, 1, 1) + datetime.timedelta(seconds=at)
    return moment.isoformat() + "Z"


def instant_of(text):
    moment = datetime.datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ")
    return int((moment - datetime.datetime(1970, 1, 1)).total_seconds())


def sunday(year, month, nth):
    """The nth Sunday of a month as a day, counted from 1; -1 is the last."""
    if nth == -1:
        first_of_next = datetime.date(year + month // 12, month % 12 + 1, 1)
        last = first_of_next - datetime.timedelta(days=1)
        return (last - EPOCH).days - (last.weekday() + 1) % 7
    first = datetime.date(year, month, 1)
    return (first - EPOCH).days + (6 - first.weekday()) % 7 + 7 * (nth - 1)


@cached
def daylight(year):
    """The days of a year on which New York's clocks change, at 2:00; None where they do not."""
    if year >= 2007:
        return sunday(year, 3, 2), sunday(year, 11, 1)
    if year >= 1987:
        return sunday(year, 4, 1), sunday(year, 10, -1)
    return (sunday(year, 4, -1), sunday(year, 10, -1)) if year >= 1967 else None


def new_york(at):
    """An instant as seconds on New York's clock."""
    change = daylight(date(at // 86400).year)
    ahead = change and change[0] * 86400 + 7 * 3600 <= at < change[1] * 86400 + 6 * 3600
    return at - (4 if ahead else 5) * 3600


def end_of_day(day):
    """The last second of a day in New York."""
    change = daylight(date(day).year)
    ahead = change and change[0] <= day < change[1]
    return day * 86400 + 86399 + (4 if ahead else 5) * 3600


# -------------------------------------------------------------------- names and numbers (17.3-17.5)

SPELT = dict(
    incorporated="inc",
    corporation="corp",
    company="co",
    companies="cos",
    limited="ltd",
    international="intl",
    management="mgmt",
    associates="assoc",
    brothers="bros",
    partnership="partners",
    trustees="trustee",
    holdings="holding",
    junior="jr",
    senior="sr",
    second="2d",
    third="3d",
    **{"and": "", "the": ""},
)
KINDS = set(
    "inc corp co cos ltd llc lp llp lllp plc sa ag nv bv gmbh ab asa spa trust fund funds "
    "partners capital holding group mgmt foundation plan bank estate assoc".split()
)
SUFFIXES = set("inc corp co ltd llc lp llp plc sa ag nv holding".split())


@cached
def name_key(name):
    """A name with spellings set aside (17.5)."""
    before = name.split("(", 1)[0]
    if len(before.strip().encode()) > 2:
        name = before
    parts = name.rstrip().rstrip("/").rsplit("/", 1)
    if len(parts) == 2 and parts[0] and 2 <= len(parts[1].strip().encode()) <= 3:
        name = parts[0]
    name = re.sub("[.'\u2018\u2019`]", "", name).lower()
    words, run = [], []

    def end_run():
        joined = "".join(run)
        words.extend([joined] if joined in KINDS else run)
        run.clear()

    for word in re.split(r"[\W_]+", name):
        word = SPELT.get(word, word)
        if len(word.encode()) == 1:
            run.append(word)
        elif word:
            end_run()
            words.append(word)
    end_run()
    return " ".join(words)


def same_person(a, b):
    """Whether two keys are one person's: words in any order, initials for names or left out."""
    a, rest, whole, unmatched = a.split(), b.split(), 0, []
    if max(len(a), len(rest)) > 6 or KINDS & set(a + rest):
        return False
    for word in a:
        if word in rest:
            rest.remove(word)
            whole += len(word) > 1
        else:
            unmatched.append(word)
    initials = lambda words: all(len(word) == 1 for word in words)
    if whole >= 2 and not rest and initials(unmatched):
        return True
    for word in unmatched:
        fits = [other for other in rest if 1 in (len(word), len(other)) and other[0] == word[0]]
        if not fits:
            return False
        rest.remove(fits[0])
    return whole >= 2 and initials(rest)


def same_name(a, b):
    a, b = name_key(a), name_key(b)
    return bool(a and b) and (a == b or same_person(a, b))


def but_for_kind(a, b):
    """Whether two names differ by words at the end that tell a kind and one leaves out."""

    def parted(name):
        words, kind = name_key(name).split(), []
        while len(words) > 1 and words[-1] in SUFFIXES:
            kind.append(words.pop())
        return words, kind

    (a, a_kind), (b, b_kind) = parted(a), parted(b)
    return bool(a) and a == b and not (a_kind and b_kind)


def letters(text):
    """A text but for case and punctuation."""
    return "".join(c for c in text.lower() if c.isalnum())


def tax_key(text):
    return re.sub("[^0-9A-Za-z]", "", text)


@cached
def valid_cusip(cusip):
    """Nine characters, not zeros, and the right check digit."""
    if len(cusip) != 9 or not cusip[8].isdigit() or not cusip.strip("0"):
        return False
    total = 0
    for at, c in enumerate(cusip[:8]):
        number = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*@#".index(c) * (1 + at % 2)
        total += number // 10 + number % 10
    return (10 - total % 10) % 10 == int(cusip[8])


CURRENCIES = ("usd eur gbp chf cad aud hkd sgd jpy cny rmb nis ils sek nok dkk brl inr zar").split()


@cached
def plain_title(title):
    """A title without what is said of par value (17.4)."""
    words = [word for word in re.split(r"[\s-]+", title) if word]
    bare = [re.sub(r"^[^\w.]+|[^\w.]+$", "", word).lower() for word in words]
    number = lambda word: (
        re.fullmatch(r"[0-9.][0-9.,]*", word or "") and any(map(str.isdigit, word))
    )
    at = lambda place: bare[place] if 0 <= place < len(bare) else ""

    def says_par(place):
        word, code = bare[place], lambda text: text in CURRENCIES
        both = (
            word[:3] in CURRENCIES
            and number(word[3:])
            or word[-3:] in CURRENCIES
            and number(word[:-3])
        )
        return (
            re.search("[$\u20ac\u00a3\u00a5]", words[place])
            or word.strip(".") in ("par", "nominal")
            and (at(place + 1).strip(".") == "value" or at(place - 1) in ("no", "without"))
            or number(word)
            and (code(at(place - 1)) or code(at(place + 1)))
            or code(word)
            and (number(at(place - 1)) or number(at(place + 1)))
            or both
        )

    end = next((place for place in range(len(words)) if says_par(place)), None)
    if end is None:
        return letters(title)
    while end > 0:
        word = at(end - 1)
        if (
            word == "a"
            and at(end - 2) in ("with", "having")
            or word in ("no", "without", "of", "with", "having")
            or word in CURRENCIES
            or number(word)
            and "." in word
        ):
            end -= 1
        else:
            break
    return letters("".join(words[:end])) or letters(title)


def same_title(a, b):
    return letters(a) == letters(b)


def same_plain(a, b):
    """The same title, what is said of par value aside or not."""
    return same_title(a, b) or plain_title(a) == plain_title(b)


def words_of(title):
    return [word for word in re.split(r"[\W_]+", title.lower()) if word]


def title_letters(title):
    words = words_of(title)
    return ordered(
        b for a, b in zip(words, words[1:]) if a in ("class", "series", "classes") and len(b) == 1
    )


def stock(title):
    """Whether a title is of preferred stock; None where no word tells."""
    for word in words_of(title):
        if word.startswith("prefer"):
            return True
        if word in ("common", "ordinary"):
            return False
    return None


class Union:
    """Sets that grow together, each called by its least member's first name."""

    def __init__(self):
        self.above = {}

    def find(self, one):
        while self.above.get(one, one) != one:
            one = self.above[one]
        return one

    def join(self, a, b):
        a, b = self.find(a), self.find(b)
        if a != b:
            self.above[max(a, b)] = min(a, b)


# -------------------------------------------------------------- a filing as it is understood (17.6)


class Filing:
    def __init__(self, entry, recorded_at, event, codes):
        self.codes = codes
        self.entry, self.recorded_at, self.event = entry, recorded_at, event
        self.reading = dict(event["reading"])
        self.supplied, self.content = event["supplied"], event["content"]
        self.reread_by, self.withdrawn, self.corrected = None, False, {}
        self.exceeded_since, self.exceeded = None, False

    def settle(self):
        """What is told by the reading once all decisions about it are applied."""
        r, supplied = self.reading, self.supplied
        stated = lambda key: value(r[key]) if value(r[key]) is not None else supplied.get(key)
        self.form = stated("form")
        self.schedule = "13D" if self.form in (0, 1, 4, 5) else "13G"
        self.amendment = bool(self.form & 1)
        self.number = value(r["amendment_number"])
        self.accession = stated("accession")
        self.holders = r["holders"]
        self.cik = value(r["issuer"]["cik"]) or supplied["issuer_cik"]
        self.issuer_name = value(r["issuer"]["name"]) or supplied["issuer_name"]
        self.cusips = ordered(values(r["cusips"]))
        self.valid = [cusip for cusip in self.cusips if valid_cusip(cusip)]
        self.title = value(r["class_title"])
        self.rules = ordered(values(r["rules"]))
        self.box = value(r["five_percent_or_less"]) if self.schedule == "13G" else None
        self.previous = value(r["previous_accession"])
        self.event_day = value(r["event_date"])
        # 17.2: known since
        at, filed = stated("accepted_at"), stated("filed_date")
        if at is not None:
            self.known, self.known_by = at, "acceptance"
        elif filed is not None:
            self.known, self.known_by = end_of_day(filed), "filing-date"
        else:
            self.known, self.known_by = self.recorded_at // 1_000_000, "recording"
        self.known_day = new_york(self.known) // 86400
        # 17.2: true since
        dates = [value(one["date"]) for one in r["signatures"]]
        dates += [value(one["date"]) for each in r["signatures"] for one in each["capacities"]]
        self.signed = [day for day in dates if day is not None]
        self.signers = values([one["name"] for one in r["signatures"]])
        up_to = [day for day in self.signed if day <= self.known_day]
        if self.event_day is not None and self.event_day <= self.known_day:
            self.dated = self.event_day
        else:
            self.dated = (
                max(up_to, default=self.known_day)
                if self.known_by == "recording"
                else self.known_day
            )
        self.true_since(self.dated)
        self.rows = self.lend()

    def true_since(self, day):
        """Since when it is true, and what tells that (17.2)."""
        self.since = day
        if day == self.event_day:
            self.since_by = "event-date"
        elif day < self.known_day:
            self.since_by = "signature"
        else:
            self.since_by = "recording" if self.known_by == "recording" else "known"

    def lend(self):
        """Each row's CIK, tax number and name (17.5)."""
        r = self.reading
        rows = [
            {"cik": value(h["cik"]), "tax": value(h["tax_id"]), "name": value(h["name"])}
            for h in self.holders
        ]
        parties = [
            {
                "cik": value(p["cik"]),
                "tax": value(p["tax_id"]),
                "names": [value(p["name"])] + values(p["former_names"]),
            }
            for p in r["filed_by"]
        ]
        # Beside what a reading lends, what was supplied is a party too.
        if self.supplied["filer_cik"] and all(
            p["cik"] != self.supplied["filer_cik"] for p in parties
        ):
            parties.append(
                {
                    "cik": self.supplied["filer_cik"],
                    "tax": None,
                    "names": [self.supplied["filer_name"]],
                }
            )
        ciks = {p["cik"] for p in parties if p["cik"]}
        own = {row["cik"] for row in rows}
        sole = len(rows) == 1 and len(ciks) == 1
        alike = lambda a, b: same_name(a, b) or sole and but_for_kind(a, b)
        fits = lambda row, party: (
            row["cik"] is None
            and row["name"]
            and party["cik"]
            and party["cik"] not in own
            and any(name and alike(row["name"], name) for name in party["names"])
        )
        pairs = [
            (row, party)
            for row in range(len(rows))
            for party in range(len(parties))
            if fits(rows[row], parties[party])
        ]
        for row, party in pairs:
            if (
                sole
                or sum(row == a for a, _ in pairs) == 1
                and sum(party == b for _, b in pairs) == 1
            ):
                rows[row]["cik"] = rows[row]["cik"] or parties[party]["cik"]
                rows[row]["tax"] = rows[row]["tax"] or parties[party]["tax"]
        self.parties = ciks
        for row in rows:
            tax = tax_key(row["tax"] or "")
            none = not tax or len(tax) > 1 and len(set(tax)) == 1
            row["ids"] = [] if row["cik"] is None else [("cik", row["cik"])]
            row["tax_key"] = None if none else tax
            row["ids"] += [] if none else [("tax", tax)]
            row["key"] = name_key(row["name"] or "") or None
            row["ids"] += [("name", row["key"])] if row["key"] else []
        return rows

    def order(self):
        number = -1 if self.number is None else self.number
        return (
            self.since,
            self.known,
            self.amendment,
            number if self.amendment else 0,
            -1 if self.accession is None else self.accession,
            self.entry,
        )

    # Holders' rows by themselves (17.8).

    def amount(self, i):
        text = None if self.exceeded else value(self.holders[i]["aggregate"])
        return None if text is None else Fraction(text)

    def zero(self, i):
        return self.amount(i) == 0

    def affirms(self, i):
        return value(self.holders[i]["group"]) == 0

    def says(self, i):
        """Beside 5 percent: "more", "less", "five"; None where the row's percent tells nothing."""
        return None if self.exceeded else beside_five(value(self.holders[i]["percent"]))

    def total_percent(self):
        """What Item 5(a) of a 13D says beside 5 percent."""
        return (
            beside_five(value(self.reading["item_5"]["percent"]))
            if self.schedule == "13D"
            else None
        )

    def ticked(self):
        return self.schedule == "13G" and self.box is True

    def ends(self):
        """Whether it is of a kind that can report an exit."""
        return self.amendment or self.ticked()

    def words(self):
        """Whether Item 5(e) of a 13D says that they ceased, and nothing contradicts it."""
        return self.ceased() and self.total_percent() != "more"

    def ceased(self):
        return self.schedule == "13D" and value(self.reading["item_5"]["ceased"]) is True

    def dissolves(self):
        return self.schedule == "13G" and value(self.reading["item_9"]["dissolved"]) is True

    def own(self, i):
        """What tells of the holder by itself: ("more" or "less", evidence), or (None, None)."""
        says = self.says(i)
        if says == "more":
            return "more", "percent"
        if says == "five" and self.box is not None and not self.zero(i):
            return ("less" if self.box else "more"), "item-5"
        if self.ticked():
            return "less", "item-5"
        if says in (None, "five") and not self.zero(i) and self.words():
            return "less", "item-5e"
        if says == "less":
            return "less", "percent"
        return ("less", "zero") if self.zero(i) else (None, None)

    def others_more(self, i):
        return any(j != i and self.own(j)[0] == "more" for j in range(len(self.holders)))

    def status(self, i):
        """(status, evidence) of a holder by this filing (17.8); of the unknown nothing tells."""
        status, evidence = self.tells(i)
        return status, None if status == "unknown" else evidence

    def tells(self, i):
        if self.exceeded:
            return "holding", "event-date"
        says, evidence = self.own(i)
        affirms, nought = self.affirms(i), self.zero(i)
        if says == "more":
            return "holding", evidence
        if says is None:
            return "unknown", None
        exit = ("exited" if self.ends() else "unknown"), evidence
        if self.dissolves() or nought and not affirms:
            return exit
        if self.others_more(i):
            return "holding", "percent-of-another"
        if not affirms or evidence == "item-5" or self.words():
            return exit
        total = self.total_percent()
        if total == "more":
            return ("unknown", evidence) if self.ceased() else ("holding", "item-5a")
        if total == "less" and self.ends():
            return "exited", "item-5a"
        if self.ends() and self.sum_is_less():
            return "exited", evidence
        return "unknown", evidence

    def sum_is_less(self):
        """Whether the percents of all rows come to no more than 5, and nobody else signs."""
        groups = {}
        for i, holder in enumerate(self.holders):
            percent = value(holder["percent"])
            told = percent is not None or self.zero(i)
            percent = Fraction((percent or "0").lstrip("<")) if told else None
            powers = [holder["sole_voting"], holder["sole_dispositive"]]
            alone = any(
                p["state"] == "unreadable" or value(p) not in (None, "0") and Fraction(value(p))
                for p in powers
            )
            group = i if alone or self.amount(i) is None else ("of", self.amount(i))
            groups.setdefault(group, []).extend([] if percent is None else [percent])
        if not all(groups.values()):
            return False
        total = sum(map(max, groups.values()))
        names = [row["name"] for row in self.rows if row["name"]]
        return total < 5 and all(
            any(same_name(name, signer) for name in names) for signer in self.signers
        )

    def strangers(self):
        """Whether somebody signs who has no cover page here (`holder-without-cover`)."""
        return any(
            self.codes[trouble["code"]] == "holder-without-cover"
            for trouble in self.reading["troubles"]
        )

    def leaves(self, i):
        """An exit by the holder's own row, whatever others have (17.8, closing)."""
        return self.amendment and self.own(i)[0] == "less"


def beside_five(text):
    if text is None:
        return None
    number = Fraction(text.lstrip("<"))
    if text.startswith("<"):
        return "less" if number <= 5 else None
    return "five" if number == 5 else "more" if number > 5 else "less"


# ----------------------------------------------------------------------------- the ledger at a size


class Ledger:
    """All entries of an export."""

    def __init__(self, folder, spec):
        self.codec = verify.Codec(spec)
        troubles = verify.between(spec, "<!-- troubles:", "<!-- end of troubles -->").split(
            "Fields, from 0:"
        )
        self.codes, self.fields = (re.findall(r"[0-9]+\s+`([^`]+)`", part) for part in troubles)
        files = verify.read_export(folder)
        size, _ = verify.checkpoint_of(files["checkpoint"], None)
        self.entries = []
        for path, kind, _, _ in verify.tiles(size, files):
            if kind == "entries":
                self.entries += [self.entry(stored) for stored, _ in verify.cut(files[path])]
        self.views = {}

    def entry(self, stored):
        _, kind, _, _, time = struct.unpack_from("<HHIQQ", stored)
        return stored[:88], time, self.codec.event(kind, stored[88:])

    def at(self, size):
        if size not in self.views:
            self.views = {size: View(self, size)}
        return self.views[size]


class View:
    """What the entries below a size say, whatever the other clocks: filings as understood."""

    def __init__(self, ledger, size):
        self.ledger, self.size = ledger, size
        self.filings, self.classes, self.links, self.chains = {}, [], [], {}
        notes, whole, retracted = {}, None, set()
        for entry in range(size):
            _, time, event = ledger.entries[entry]
            name = event["event"]
            if name == "FilingRecorded":
                self.filings[entry] = Filing(entry, time, event, ledger.codes)
                whole = self.filings[entry].reading
            elif name == "FilingContinued":
                whole["holders"] = whole["holders"] + event["holders"]
                whole["troubles"] = whole["troubles"] + event["troubles"]
            elif name == "FilingReread":
                whole = dict(event["reading"])
                notes.setdefault(event["filing"]["entry"], []).append((entry, event, whole))
            elif name in ("HoldersLinked", "HoldersUnlinked"):
                self.links.append((entry, event))
            elif name in ("ClassChanged", "ClassSizeReported"):
                self.classes.append((entry, event))
            elif name == "ClassRetracted":
                retracted.add(
                    (
                        event["entry"],
                        event["class"]["issuer"],
                        event["class"]["cusip"],
                        event["class"]["title"],
                    )
                )
            elif name in ("ChainJoined", "ChainSplit"):
                self.chains[event["filing"]["entry"]] = (entry, event)
            elif "filing" in event:
                notes.setdefault(event["filing"]["entry"], []).append((entry, event, None))
        self.classes = [
            (entry, event)
            for entry, event in self.classes
            if (entry, *(event["class"][key] for key in ("issuer", "cusip", "title")))
            not in retracted
        ]
        for entry, filing in self.filings.items():
            self.understand(filing, notes.get(entry, []))

    def changes(self, kind):
        """The changes of classes that count at the size, whatever the other clocks."""
        return [
            event
            for _, event in self.classes
            if event["event"] == "ClassChanged" and event["change"][0] == kind
        ]

    def understand(self, filing, notes):
        taken_back = {
            event["correction"] for _, event, _ in notes if event["event"] == "FilingUncorrected"
        }
        readings = [filing.reading] + [reading for _, _, reading in notes if reading]
        filing.ever = {filing.supplied["issuer_cik"] and str(filing.supplied["issuer_cik"])}
        for reading in readings:
            cik = value(reading["issuer"]["cik"])
            filing.ever |= {cik and str(cik), *values(reading["cusips"])}
        for _, event, _ in notes:
            if (
                event["event"] == "FilingCorrected"
                and event["new"][0] == "stated"
                and self.ledger.fields[event["field"]] in ("issuer_cik", "cusips")
            ):
                filing.ever |= set(event["new"][1].split())
        for entry, event, reading in notes:
            if event["event"] == "FilingReread":
                filing.reading, filing.reread_by = reading, entry
            elif event["event"] in ("FilingWithdrawn", "FilingReinstated"):
                filing.withdrawn = event["event"] == "FilingWithdrawn"
        corrections = [
            (entry, event)
            for entry, event, _ in notes
            if event["event"] == "FilingCorrected" and entry not in taken_back
        ]
        filing.reading = dict(
            filing.reading,
            issuer=dict(filing.reading["issuer"]),
            holders=[dict(holder) for holder in filing.reading["holders"]],
        )
        read = filing.reading["form"]
        forms = [
            self.corrected_form(event)
            for _, event in corrections
            if self.ledger.fields[event["field"]] == "form"
        ]
        if forms and forms[-1] is not None and forms[-1] & 2 != (value(read) or 0) & 2:
            self.other_schedule(filing.reading, forms[-1] & 2 == 0)
        for entry, event in corrections:
            self.correct(filing, entry, event)
        filing.settle()

    @staticmethod
    def corrected_form(event):
        return FORMS.index(event["new"][1]) if event["new"][0] == "stated" else None

    @staticmethod
    def other_schedule(reading, is_13d):
        """What the other schedule lacks is not there, whatever was read (17.6)."""
        if is_13d:
            reading.update(
                rules=[],
                five_percent_or_less=NOTHING,
                item_8=[],
                item_9={"dissolved": NOTHING, "on": NOTHING},
            )
        else:
            reading["item_5"] = {
                key: NOTHING for key in ("amount", "percent", "ceased", "ceased_on")
            }

    def correct(self, filing, entry, event):
        name, place = self.ledger.fields[event["field"]], event["holder"]
        if place is not None:
            place = self.found(filing.reading["holders"], place, event["name"])
            if place is None:
                return
        state, text = event["new"]
        field = {
            "state": "absent" if state == "nothing" else state,
            "value": None,
            "span": event["span"],
        }
        fields = []
        if state == "stated":
            texts = (
                [part for part in text.split(" ") if part]
                if name in ("cusips", "rules", "funds", "types")
                else [text]
            )
            fields = [dict(field, value=self.parsed(name, one)) for one in texts]
        elif state == "unreadable":
            fields = [field]
        reading = filing.reading
        if name in ("cusips", "rules"):
            reading[name] = fields
        elif name.startswith("item_"):
            reading[name[:6]] = dict(
                reading[name[:6]], **{name[7:]: fields[0] if fields else field}
            )
        elif name in ("issuer_name", "issuer_cik"):
            reading["issuer"][name[7:]] = fields[0] if fields else field
        elif place is None:
            reading[name] = fields[0] if fields else field
        elif name in ("funds", "types"):
            reading["holders"][place][name] = fields
        else:
            reading["holders"][place][name] = fields[0] if fields else field
        filing.corrected[place, name] = entry, event["span"]

    @staticmethod
    def found(holders, place, name):
        """The row that a correction is of, if any."""
        keys = [name_key(value(holder["name"]) or "") for holder in holders]
        if name is None or place < len(keys) and keys[place] == name_key(name) != "":
            return place if place < len(keys) else None
        named = [at for at, key in enumerate(keys) if key == name_key(name)]
        unnamed = place < len(keys) and value(holders[place]["name"]) is None
        return named[0] if len(named) == 1 else place if unnamed and not named else None

    @staticmethod
    def parsed(name, text):
        if name == "form":
            return FORMS.index(text)
        if name == "rules":
            return RULES.index(text)
        if name == "group":
            return "ab".index(text)
        if name in ("issuer_cik", "cik", "amendment_number"):
            return int(text)
        if name == "previous_accession":
            return int(text.replace("-", ""))
        if name in ("event_date", "filed_date", "item_5_ceased_on", "item_9_on"):
            return day_of(text)
        if name == "accepted_at":
            return instant_of(text)
        boxes = (
            "legal_proceedings",
            "excludes_shares",
            "five_percent_or_less",
            "item_5_ceased",
            "item_9_dissolved",
        )
        return text == "true" if name in boxes else text


# ------------------------------------------------------------- originals that report an exit (17.2)


def report_exits(filings):
    """Since when an issuer's originals that report an exit are true, and what corrects them."""
    filings = sorted((f for f in filings if not f.withdrawn), key=lambda f: (f.known, f.entry))
    corrected = {}
    for place, filing in enumerate(filings):
        filing.exceeded_since = None
        filing.true_since(filing.dated)
        if not reports_exit(filing):
            continue
        last = next((other for other in reversed(filings[:place]) if shared(other, filing)), None)
        if last and not any(last.status(i)[0] == "exited" for i in shared(last, filing)):
            continue
        days = [day for day in filing.signed if filing.event_day <= day <= filing.known_day]
        since = max(
            days, default=filing.event_day if filing.known_by == "recording" else filing.known_day
        )
        if since - filing.event_day > 411:
            continue
        filing.exceeded_since = filing.event_day
        filing.true_since(since)
        for other in filings[place + 1 :]:
            day = other.event_day
            if (
                other.amendment
                and day is not None
                and filing.event_day <= day < since
                and shared(other, filing)
            ):
                corrected[other.entry] = max(since, corrected.get(other.entry, since))
    for filing in filings:
        if filing.entry in corrected:
            filing.true_since(corrected[filing.entry])


def reports_exit(filing):
    rules = [RULES[rule] for rule in filing.rules]
    return (
        filing.schedule == "13G"
        and not filing.amendment
        and filing.ticked()
        and filing.holders
        and ("13d-1(b)" in rules or "13d-1(c)" in rules)
        and "13d-1(d)" not in rules
        and filing.event_day is not None
        and filing.event_day <= filing.known_day
        and all(filing.says(i) != "more" for i in range(len(filing.holders)))
    )


def shared(filing, other):
    """The rows of a filing that are holders of another, by a CIK or a name that both print."""
    printed = lambda holder: (
        {value(holder["cik"]), name_key(value(holder["name"]) or "")} - {None, ""}
    )
    theirs = set().union(*map(printed, other.holders))
    return [i for i, holder in enumerate(filing.holders) if printed(holder) & theirs]


# ----------------------------------------------------------------------------------- issuers (17.3)


class NotAsked(Exception):
    """A question that is not answered here: nothing is found, or several issuers are."""


def of_issuer(view, text):
    """The filings of the issuer that is asked for by CIK or CUSIP, and the CUSIP."""
    found = under(view, text)
    issuers = [own for own in all_issuers(view) if found & {filing.entry for filing in own}]
    # Where filings found have a CIK, they tell whose it is.
    ciks = {view.filings[entry].cik for entry in found} - {None}
    issuers = [
        own
        for own in issuers
        if not ciks or {f.cik for f in own} & ciks or not any(f.cik for f in own)
    ]
    cusip = text if re.fullmatch("[0-9A-Z*@#]{9}", text) else None
    if not cusip and text.isdigit():
        issuers = [own for own in issuers if any(f.cik == int(text) for f in own)]
    if not issuers:
        raise NotAsked("no such issuer")
    if len(issuers) > 1:
        raise NotAsked("several issuers")
    return issuers[0], cusip


def under(view, text):
    """The entries of filings that said so once, or say so now; of a CUSIP that none ever did, those
    under what it was before."""
    named = lambda f: text in f.ever or text.isdigit() and str(int(text)) in f.ever
    found = {f.entry for f in view.filings.values() if named(f)}
    for event in view.changes("cusip") if not found else []:
        if event["change"][1] == text:
            old = event["class"]["cusip"] or event["class"]["issuer"]
            found |= under(view, str(old)) if old else set()
    return found


def all_issuers(view):
    """Every issuer's filings: each CIK is one, and whoever has none is of all that it fits."""
    same, groups = Union(), {}
    for event in view.changes("cusip"):
        if event["class"]["cusip"]:
            same.join(event["class"]["cusip"], event["change"][1])
    cusips = lambda f: {same.find(cusip) for cusip in f.valid}
    without = [f for f in view.filings.values() if not f.cik]
    for f in view.filings.values():
        if f.cik:
            groups.setdefault(f.cik, []).append(f)
    groups = [grown(own, without, cusips) for own in groups.values()]
    for f in without:
        if f.valid and not any(f in own for own in groups):
            groups.append(grown([f], without, cusips))
    name = lambda f: letters(f.issuer_name or "")
    for f in without:
        if not f.valid:
            of = [own for own in groups if name(f) and name(f) in map(name, own)]
            if not of:
                groups.append([f])
            for own in of:
                own.append(f)
    return [sorted(own, key=lambda f: f.entry) for own in groups]


def grown(own, without, cusips):
    """What CUSIPs reach of the filings without a CIK."""
    while True:
        of = set().union(*map(cusips, own))
        more = [f for f in without if f not in own and cusips(f) & of]
        if not more:
            return own
        own = own + more


# ------------------------------------------------- the filings that count, and their classes (17.4)


class Class:
    def __init__(self):
        self.filings, self.cusips, self.titles = [], [], []

    def take(self, filing):
        self.filings.append(filing)
        self.cusips += [cusip for cusip in filing.told if cusip not in self.cusips]
        if filing.title:
            self.titles.append(filing.title)

    def valid(self):
        return [cusip for cusip in self.cusips if valid_cusip(cusip)]


class Asked:
    """One question about one issuer: everything is told by the filings that count."""

    def __init__(self, view, filings, as_of, known_at, cusip=None):
        self.view, self.as_of, self.known_at, self.cusip = view, as_of, known_at, cusip
        self.fields, self.codes = view.ledger.fields, view.ledger.codes
        self.all = filings
        self.filings = []
        for filing in filings:
            started = (
                filing.exceeded_since is not None and filing.exceeded_since <= as_of < filing.since
            )
            if (
                not filing.withdrawn
                and filing.known <= known_at
                and (filing.since <= as_of or started)
            ):
                self.filings.append(exceeded(filing) if started else filing)
        self.filings.sort(key=Filing.order)
        for place, filing in enumerate(self.filings):
            filing.place = place
        self.changes = [
            (entry, event)
            for entry, event in view.classes
            if event["since"] <= as_of
            and (end_of_day(event["since"]) if event["known_at"] is None else event["known_at"])
            <= known_at
        ]
        self.classes = self.classify()
        if cusip:
            self.classes = [
                own
                for own in self.classes
                if self.same.find(cusip) in map(self.same.find, own.cusips)
            ]
        self.people = People(self)

    def in_order(self, codes):
        """Codes of troubles, each once, in the order of 5.4."""
        return sorted(set(codes), key=self.codes.index)

    def of_whole(self, filing):
        """What troubles the whole of a filing, but for fields that a person corrected."""
        return self.in_order(
            self.codes[t["code"]]
            for t in filing.reading["troubles"]
            if t["holder"] is None and (None, self.fields[t["field"]]) not in filing.corrected
        )

    def classify(self):
        same, self.retitled = Union(), []
        for _, event in self.changes:
            if (
                event["event"] == "ClassChanged"
                and event["change"][0] == "cusip"
                and event["class"]["cusip"]
            ):
                same.join(event["class"]["cusip"], event["change"][1])
        self.same = same
        for filing in self.filings:
            filing.told = ordered(filing.cusips)
            filing.canonical = ordered(same.find(cusip) for cusip in filing.valid)
        # CUSIPs of two classes: whose own filings print titles, none of them the same.
        titles = {}
        for filing in self.filings:
            if len(filing.canonical) == 1 and filing.title:
                titles.setdefault(filing.canonical[0], []).append(filing.title)

        def of_two(filing):
            own = [titles[cusip] for cusip in filing.canonical if cusip in titles]
            return any(
                not any(same_plain(x, y) for x in a for y in b)
                for at, a in enumerate(own)
                for b in own[at + 1 :]
            )

        classes = []
        waiting = [filing for filing in self.filings if of_two(filing)]
        for filing in [f for f in self.filings if f not in waiting] + waiting:
            own = self.class_of(filing, classes)
            if own is None:
                own = Class()
                classes.append(own)
            taken = {
                same.find(cusip) for other in classes if other is not own for cusip in other.cusips
            }
            filing.told = [cusip for cusip in filing.cusips if same.find(cusip) not in taken]
            own.take(filing)
        for own in classes:
            own.filings.sort(key=lambda f: f.place)
        return sorted(classes, key=lambda own: own.filings[0].place)

    def titles_of(self, own):
        """Its titles, and those that a ClassChanged makes one with them."""
        titles = list(own.titles)
        for _, event in self.changes:
            if (
                event["event"] == "ClassChanged"
                and event["change"][0] == "title"
                and self.about(event["class"], own, titles)
            ):
                titles.append(event["change"][1])
        return titles

    def about(self, key, own, titles=None):
        """Whether a class key is a class's: by its CUSIP, else by its title."""
        if key["cusip"]:
            return self.same.find(key["cusip"]) in map(self.same.find, own.cusips)
        return bool(key["title"]) and any(
            same_title(key["title"], title) for title in titles or own.titles
        )

    def class_of(self, filing, classes):
        find = self.same.find
        for own in classes:
            valid = own.valid()
            if valid:
                if set(filing.canonical) & set(map(find, valid)):
                    return own
            elif set(map(find, filing.cusips)) & set(map(find, own.cusips)) and not self.two_kinds(
                filing, own
            ):
                return own
        title = filing.title
        alike = lambda own, same: (
            any(same(title, other) for other in self.titles_of(own)) if title else False
        )
        bare = lambda own: not filing.cusips or not own.cusips
        for own in classes:
            if bare(own) and alike(own, same_title):
                return own
        if not filing.cusips and len(classes) == 1 and not self.two_kinds(filing, classes[0]):
            return classes[0]
        mistyped = lambda own: filing.cusips and not filing.valid or own.cusips and not own.valid()
        same = [own for own in classes if alike(own, same_plain)]
        if len(same) == 1 and mistyped(same[0]) and not self.two_kinds(filing, same[0]):
            return same[0]
        if (
            len(classes) == 1
            and mistyped(classes[0])
            and not (title and self.titles_of(classes[0]))
        ):
            return classes[0]
        return None

    def two_kinds(self, filing, own):
        title, titles = filing.title, self.titles_of(own)
        if not title or not titles or any(same_title(title, other) for other in titles):
            return False
        letter = title_letters(title)
        if len(letter) > 1:
            return False
        others = [title_letters(other) for other in titles]
        apart = letter and any(len(other) == 1 and other != letter for other in others)
        return bool(apart) or any(bool(stock(title)) != bool(stock(other)) for other in titles)


def exceeded(filing):
    """An original that reports an exit, before the day its rows are true since (17.2)."""
    early = copy.copy(filing)
    early.exceeded, early.since, early.since_by, early.exact = (
        True,
        filing.exceeded_since,
        "event-date",
        filing.since,
    )
    early.box = None
    early.reading = dict(filing.reading, item_9={"dissolved": NOTHING, "on": NOTHING})
    early.holders = [
        dict(
            holder,
            parts=[],
            aggregate=NOTHING,
            percent=NOTHING,
            excludes_shares=NOTHING,
            **{power: NOTHING for power in POWERS},
        )
        for holder in filing.holders
    ]
    return early


# ----------------------------------------------------------------------------------- persons (17.5)


class Person:
    def __init__(self):
        self.ids, self.filings, self.names, self.name, self.cik = set(), [], [], None, None


class People:
    """Which rows of the filings that count are one person's."""

    def __init__(self, asked):
        self.asked, self.persons, self.of = asked, [], {}
        self.decided()
        for filing in asked.filings:
            self.take(filing)

    def decided(self):
        """What decisions make one, and what they keep apart; of several about a pair the last."""
        pairs = {}
        for _, event in self.asked.view.links:
            since, known = event["since"], event["known_at"]
            if (since is None or since <= self.asked.as_of) and (
                known is None or known <= self.asked.known_at
            ):
                a, b = self.id_of(event["a"]), self.id_of(event["b"])
                if a and b:
                    pairs[frozenset((a, b))] = event["event"] == "HoldersLinked"
        self.union, self.linked, self.apart = Union(), set(), []
        for pair, linked in pairs.items():
            a, b = (list(pair) * 2)[:2]
            if linked:
                self.union.join(a, b)
                self.linked |= pair
            else:
                self.apart.append((a, b))

    def id_of(self, key):
        kind, id = key["id"]
        ciks = {filing.cik for filing in self.asked.all}
        if kind == "name" and key["issuer"] is not None and key["issuer"] not in ciks:
            return None
        return kind, id

    def fits(self, rule, row, person):
        if any(
            a in row["ids"] and b in person.ids or b in row["ids"] and a in person.ids
            for a, b in self.apart
        ):
            return False
        kinds = {kind for kind, _ in set(row["ids"]) & person.ids}
        if rule == 1:
            return "cik" in kinds
        if rule in (2, 3):
            sets = lambda ids: {self.union.find(id) for id in ids if id in self.linked}
            linked = sets(row["ids"]) & sets(person.ids)
            return bool(linked) and (rule == 3 or bool(kinds & {"tax", "name"}))
        ciks = {key for kind, key in person.ids if kind == "cik"}
        if row["cik"] is not None and ciks and row["cik"] not in ciks:
            return False
        return ("tax" if rule == 4 else "name") in kinds

    def take(self, filing):
        rows, taken = filing.rows, {}
        for rule in range(1, 6):
            for i, row in enumerate(rows):
                if i in taken:
                    continue
                fits = [
                    p for p in self.persons if p not in taken.values() and self.fits(rule, row, p)
                ]
                if fits:
                    taken[i] = fits[0]
        for i, row in enumerate(rows):
            if i not in taken:
                taken[i] = Person()
                self.persons.append(taken[i])
            person = taken[i]
            person.filings.append((filing, i))
            person.name = row["name"] or person.name
            person.names += [row["name"]] if row["name"] else []
            person.cik = person.cik or row["cik"]
        for i, person in taken.items():
            person.ids |= set(rows[i]["ids"])
            self.of[filing.entry, i] = person

    def on(self, filing):
        """The persons with a cover page on a filing, in the order of its rows."""
        return [self.of[filing.entry, i] for i in range(len(filing.holders))]


# ------------------------------------------------------------------------------------ chains (17.7)


class Chain:
    def __init__(self, filings):
        self.filings = filings
        self.schedule = filings[0].schedule
        self.entry = filings[0].entry


class Chains:
    """How the filings of one class are joined."""

    def __init__(self, asked, filings):
        self.asked, self.people, self.filings = asked, asked.people, filings
        self.decisions, self.union, self.by = asked.view.chains, Union(), {}
        self.here = {filing.entry: filing for filing in filings}
        self.numbers = {(f.accession, f.schedule): f for f in filings if f.accession is not None}
        for filing in filings:
            self.decide(filing)
        doubted = [filing for filing in filings if self.doubted(filing)]
        self.named = {}
        for filing in filings:
            if (
                filing.entry not in self.by
                and filing.previous is not None
                and filing not in doubted
            ):
                self.point(filing)
        self.started = []
        for filing in filings:
            if self.by.get(filing.entry) is None:
                self.place(filing, filing in doubted)
            self.started.append(filing)
        chains = {}
        for filing in filings:
            chains.setdefault(self.union.find(filing.place), []).append(filing)
        self.chains = [Chain(own) for own in chains.values()]
        self.of = {filing.entry: chain for chain in self.chains for filing in chain.filings}

    def join(self, a, b, by):
        self.union.join(a.place, b.place)
        self.by[a.entry] = by

    def decide(self, filing):
        _, event = self.decisions.get(filing.entry, (None, None))
        if event and event["event"] == "ChainJoined":
            other = self.here.get(event["with"]["entry"])
            if other:
                self.join(filing, other, "decision")
        elif event:
            self.by[filing.entry] = "decision"

    def named_by(self, filing):
        """The filing that one names, or where that is not here the first that names it, too."""
        named = self.numbers.get((filing.previous, filing.schedule))
        if named is None:
            first = next(
                f
                for f in self.filings
                if f.previous == filing.previous
                and f.schedule == filing.schedule
                and self.by.get(f.entry) != "decision"
            )
            named = first if first is not filing else None
        return named

    def doubted(self, filing):
        if filing.previous is None or filing.entry in self.by:
            return False
        other = self.named_by(filing)
        if other is None or not (other.holders and filing.holders):
            return False
        return not set(self.people.on(filing)) & set(self.people.on(other))

    def point(self, filing):
        named = self.numbers.get((filing.previous, filing.schedule))
        if named is not None:
            if named is not filing:
                self.join(filing, named, "pointer")
            return
        first = self.named.setdefault((filing.schedule, filing.previous), filing)
        if first is not filing:
            self.join(filing, first, "pointer")

    def so_far(self):
        chains = {}
        for filing in self.started:
            chains.setdefault(self.union.find(filing.place), []).append(filing)
        return list(chains.values())

    def place(self, filing, doubted):
        """Rules 3 and 4."""
        if doubted:
            named = self.named_by(filing)
            of = self.union.find(named.place)
            own = [
                f
                for f in self.filings
                if self.union.find(f.place) == of and (f in self.started or f.entry in self.by)
            ]
            if any(set(self.people.on(f)) & set(self.people.on(filing)) for f in own):
                return self.join(filing, named, "pointer")
        alone = "pointer" if filing.previous is not None else None
        if not filing.amendment:
            self.by[filing.entry] = "original"
            return None
        best = self.best(filing) if filing.holders else self.by_parties(filing)
        if best == "cannot-tell":
            self.by[filing.entry] = alone or best
        elif best is not None:
            by = "holders" if filing.holders else "parties"
            self.join(filing, best[-1], by if doubted else alone or by)
        elif doubted:
            self.join(filing, self.named_by(filing), "pointer")
        else:
            self.by[filing.entry] = alone or "no-original"
        return None

    def candidates(self, filing):
        for chain in self.so_far():
            own = [f for f in chain if f.schedule == filing.schedule]
            if own and filing not in own:
                yield own

    @staticmethod
    def next_number(own, filing):
        last = next((f.number for f in reversed(own) if f.number is not None), 0)
        return filing.number is not None and filing.number == last + 1

    def best(self, filing):
        persons = self.people.on(filing)

        def rank(own):
            theirs = {p for f in own for p in self.people.on(f)}
            common = [(i, p) for i, p in enumerate(persons) if p in theirs]
            printed = sum(any(self.prints(filing.rows[i], f, p) for f in own) for i, p in common)
            return len(common), printed, self.next_number(own, filing), own[-1].place

        ranked = [(rank(own), own) for own in self.candidates(filing)]
        ranked = [pair for pair in ranked if pair[0][0]]
        return max(ranked, key=lambda pair: pair[0])[1] if ranked else None

    def prints(self, row, filing, person):
        for other, own in zip(filing.rows, self.people.on(filing)):
            if own is person:
                if row["cik"] and other["cik"]:
                    if row["cik"] == other["cik"]:
                        return True
                elif row["key"] and row["key"] == other["key"]:
                    return True
        return False

    def by_parties(self, filing):
        signers = {
            name_key(name) for name in values([s["name"] for s in filing.reading["signatures"]])
        }

        def rank(own):
            ciks = set().union(*(f.parties for f in own)) | {
                r["cik"] for f in own for r in f.rows if r["cik"]
            }
            names = {r["key"] for f in own for r in f.rows} | {
                name_key(n)
                for f in own
                for n in values([s["name"] for s in f.reading["signatures"]])
            }
            filers = len(ciks & filing.parties)
            named = len(signers & names)
            fits = filers or named and not (ciks and filing.parties)
            return fits, filers, named, self.next_number(own, filing)

        ranked = [(rank(own), own) for own in self.candidates(filing)]
        ranked = [pair for pair in ranked if pair[0][0]]
        if not ranked:
            return None
        top = max(pair[0][1:] for pair in ranked)
        best = [own for rank, own in ranked if rank[1:] == top]
        return best[0] if len(best) == 1 else "cannot-tell"


# ------------------------------------------------------- the fold (17.6), lives and closings (17.8)


class Cell:
    """A row as it stands: what was said last, and where."""

    def __init__(self, filing, text, span, corrected, troubles):
        self.filing, self.text, self.span, self.corrected = filing, text, span, corrected
        self.troubles, self.carried = troubles, False

    def json(self):
        return {
            "value": self.text,
            "accession": accession_text(self.filing.accession),
            "entry": self.filing.entry,
            "span": self.span,
            "carried": self.carried,
            "since": day_text(self.filing.since),
            "corrected_by": self.corrected,
            "reread_by": self.filing.reread_by,
            "troubles": self.troubles,
        }


def accession_text(number):
    text = None if number is None else f"{number:018}"
    return text and f"{text[:10]}-{text[10:12]}-{text[12:]}"


class Holding:
    """What one person holds in one class."""

    def __init__(self, person):
        self.person, self.rows, self.closed, self.chains = person, {}, set(), {}
        self.last = self.chain = self.life = self.began = self.began_in = self.exit = None

    def said(self, filing, i, chain):
        """Whether this report moves the holding; what closes its chain changes nothing else."""
        self.last, self.place, self.chain = filing, i, chain
        status, evidence = filing.status(i)
        if self.life is None or self.exit and (not filing.amendment or status == "holding"):
            self.life, self.exit = (self.life or 0) + 1, None
            dated = filing.event_day is not None and filing.event_day <= filing.since
            self.began, self.began_in = filing.event_day if dated else filing.since, filing.entry
        if status == "exited" and not self.exit:
            stated = (
                value(filing.reading["item_5"]["ceased_on"]) if filing.schedule == "13D" else None
            )
            self.exit = {
                "since": day_text(filing.since),
                "entry": filing.entry,
                "evidence": evidence,
                "stated": day_text(stated),
            }


class Folded:
    """One class: its chains, and who holds what."""

    def __init__(self, asked, own):
        self.asked, self.own = asked, own
        self.chains = Chains(asked, own.filings)
        self.holdings = {}
        for filing in own.filings:
            self.fold(filing, self.chains.of[filing.entry])

    def fold(self, filing, chain):
        before = {(p, c): h.chains[c] for p, h in self.holdings.items() for c in h.chains}
        persons = self.asked.people.on(filing)
        for i, person in enumerate(persons):
            holding = self.holdings.setdefault(person, Holding(person))
            self.rows(holding, filing, i, chain)
            if self.closes(holding, filing, i, chain, before):
                holding.closed.add(filing.entry)
            else:
                holding.said(filing, i, chain)
            holding.chains.setdefault(chain, []).append(filing)

    def closes(self, holding, filing, i, chain, before):
        """Whether an amendment closes its chain for a holder (17.8)."""
        if (
            not filing.amendment
            or holding.last is None
            or holding.chain is chain
            or chain not in holding.chains
        ):
            return False
        if holding.exit:
            return False
        began = holding.chain.filings[0] is holding.last and holding.last.since == filing.since
        if holding.chain.schedule != chain.schedule:
            return filing.leaves(i) or began
        there = {
            p
            for f in holding.chain.filings
            for p in self.asked.people.on(f)
            if f.place < filing.place
        }
        others = any(p not in there for p in self.asked.people.on(filing))
        return filing.leaves(i) and (began or not filing.amount(i) and others)

    def rows(self, holding, filing, i, chain):
        if not filing.amendment or chain not in holding.rows:
            holding.rows[chain] = {}
        cells, holder = holding.rows[chain], filing.holders[i]
        for row in ROWS + ("group",):
            fields = holder[row] if isinstance(holder[row], list) else [holder[row]]
            stated = [field for field in fields if field["state"] in ("stated", "unreadable")]
            # A list has the span of its first member, and cannot be read where one of them cannot.
            troubles = self.troubles(filing, i, row)
            if stated:
                readable = all(field["state"] == "stated" for field in stated)
                text = values(stated) if isinstance(holder[row], list) else stated[0]["value"]
                corrected = filing.corrected.get((i, row), (None, None))[0]
                cells[row] = Cell(
                    filing, text if readable else None, stated[0]["span"], corrected, troubles
                )
            elif row in cells:
                cell = cells[row]
                if (
                    row == "percent"
                    and filing.zero(i)
                    and cell.text
                    and not cell.text.startswith("<")
                    and Fraction(cell.text)
                ):
                    troubles = troubles + ["percent-mismatch"]
                cell.carried = True
                cell.troubles = self.asked.in_order(cell.troubles + troubles)

    def troubles(self, filing, i, row):
        return self.asked.in_order(
            self.asked.codes[t["code"]]
            for t in filing.reading["troubles"]
            if t["holder"] == i and self.asked.fields[t["field"]] in (row, "*")
        )

    # What the answer says of one holder

    def holder(self, holding):
        filing, chain, person = holding.last, holding.chain, holding.person
        cells = holding.rows[chain]
        status, evidence = filing.status(holding.place)
        types = cells.get("types")
        answer = {"name": person.name, "cik": None if person.cik is None else str(person.cik)}
        answer.update(
            {row: cells[row].json() if row in cells else None for row in ROWS if row != "types"}
        )
        answer["types"] = (types.text or []) if types else []
        later = [
            f.entry
            for f in self.own.filings
            if person in self.asked.people.on(f) and f is not filing and f.known > filing.known
        ]
        uncovered = [f.entry for f in chain.filings if f.place > filing.place and not f.holders]
        answer.update(
            {
                "event_date": day_text(filing.event_day),
                "known_at": instant_text(filing.known),
                "known_by": filing.known_by,
                "true_since_by": filing.since_by,
                "status": status,
                "evidence": evidence,
                "entry": filing.entry,
                "accession": accession_text(filing.accession),
                "filing_troubles": self.asked.of_whole(filing),
                "chain": chain.entry,
                "left": Members(self, chain).left.get(person),
                "known_later": later,
                "uncovered_since": uncovered,
                "life": {
                    "number": holding.life,
                    "began": day_text(holding.began),
                    "began_in": holding.began_in,
                    "reports_on": reports_on(filing),
                    "exit": holding.exit,
                },
            }
        )
        answer["stale"] = self.stale(holding, answer["left"])
        answer["recomputed_percent"] = self.recomputed(
            filing.holders[holding.place]["parts"], filing, cells.get("aggregate")
        )
        adjusted = {
            row: self.adjusted(cells[row]) for row in POWERS + ("aggregate",) if row in cells
        }
        answer["adjusted"] = {row: said for row, said in adjusted.items() if said}
        return answer

    # Splits and sizes (17.4)

    def of_class(self, kind):
        """What was reported of the class on the clocks asked about, by day, then by entry."""
        events = [
            (entry, event)
            for entry, event in self.asked.changes
            if event["event"] == kind and self.asked.about(event["class"], self.own)
        ]
        return sorted(events, key=lambda pair: (pair[1]["since"], pair[0]))

    def splits(self):
        return [
            (entry, event["since"], *event["change"][1])
            for entry, event in self.of_class("ClassChanged")
            if event["change"][0] == "split"
        ]

    def scaled(self, number, day, to):
        """An amount of a day, as one of another."""
        for _, since, new, old in self.splits():
            if day < since <= to:
                number = number * new / old
            elif to < since <= day:
                number = number * old / new
        return number

    def adjusted(self, cell):
        by = [split for split in self.splits() if split[1] > cell.filing.since]
        if not by or cell.text is None:
            return None
        exact = self.scaled(Fraction(cell.text), cell.filing.since, by[-1][1])
        said = decimal(exact, 6)
        return {"value": said, "exact": Fraction(said) == exact, "by": [entry for entry, *_ in by]}

    def recomputed(self, parts, filing, aggregate):
        sizes = self.of_class("ClassSizeReported")
        if not sizes or aggregate is None or aggregate.text is None:
            return None
        day = self.asked.as_of
        outstanding = self.scaled(Fraction(sizes[-1][1]["shares"]), sizes[-1][1]["since"], day)
        held = self.scaled(Fraction(aggregate.text), aggregate.filing.since, day)
        acquirable = sum(self.scaled(Fraction(part["amount"]), filing.since, day) for part in parts)
        percent = lambda beside: (
            decimal(held * 100 / (outstanding + beside), 4) if outstanding + beside else None
        )
        if parts:
            return {
                "least": percent(acquirable),
                "most": percent(acquirable),
                "acquirable": decimal(acquirable, 6),
            }
        return {"least": percent(held), "most": percent(0), "acquirable": None}

    def stale(self, holding, left):
        """How old the last report is, and which regular filings would have followed it."""
        filing, i, as_of = holding.last, holding.place, self.asked.as_of
        told = {
            "days": None if filing.since_by == "recording" else as_of - filing.since,
            "next_due": None,
            "upcoming": None,
        }
        unsaid = filing.holders[i]["percent"]["state"] in ("absent", "blank")
        own = filing.says(i) == "less" or unsaid and filing.zero(i)
        alone = (
            left
            and left["evidence"] == "item-9"
            and left["entry"] == filing.entry
            and value(filing.holders[i]["percent"])
        )
        if (
            told["days"] is None
            or holding.exit
            and filing.status(i)[0] != "unknown"
            or own
            or filing.schedule == "13D"
            or left
            and not alone
        ):
            return told
        try:
            first = True
            for duty in deadlines.next_regular(filing.since):
                if duty.due >= as_of:
                    told["upcoming"] = duty.json()
                    return told
                if first:
                    told["next_due"], first = duty.json(), False
        except deadlines.NotKnown:
            return told


def decimal(number, places):
    """A number rounded to some decimals, a half to the even digit, without zeros behind."""
    digits = str(round(number * 10**places)).zfill(places + 1)
    return f"{digits[:-places]}.{digits[-places:]}".rstrip("0").rstrip(".")


def reports_on(filing):
    rules = ", ".join(RULES[rule] for rule in sorted(filing.rules))
    return filing.schedule + (f" ({rules})" if rules and filing.schedule == "13G" else "")


class Members:
    """Who is in the statement of a chain, and who has left it (17.10)."""

    def __init__(self, folded, chain):
        people, self.there, self.left = folded.asked.people, {}, {}
        for filing in chain.filings:
            covered = people.on(filing)
            for person in covered:
                self.there[person] = filing
                self.left.pop(person, None)
                if filing.entry in folded.holdings[person].closed:
                    self.leave(person, filing, "closed")
            if filing.amendment and covered and not self.cannot_tell(filing):
                signs = lambda person: any(
                    same_name(name, signer) for name in person.names for signer in filing.signers
                )
                for person in [
                    p for p in self.there if p not in covered and p.names and not signs(p)
                ]:
                    self.leave(person, filing, "no-cover-and-no-signature")
            if filing.dissolves():
                for person in list(self.there):
                    self.leave(person, filing, "item-9")

    def leave(self, person, filing, absence):
        del self.there[person]
        self.left[person] = {
            "since": day_text(filing.since),
            "entry": filing.entry,
            "evidence": absence,
        }

    @staticmethod
    def cannot_tell(filing):
        unnamed = any(row["name"] is None for row in filing.rows)
        unread = any(one["name"]["state"] == "unreadable" for one in filing.reading["signatures"])
        return not filing.signers or unread or unnamed or filing.strangers()


# ------------------------------------------------------------------------------ what was due (17.9)

NEW_HOURS = deadlines.NEW_13D
LITTLE = Fraction(1, 10**12)

# What a verdict rests on (18).
RESTS_ON = ("form", "amendment_number", "rules", "event_date", "filed_date", "accepted_at")


# ------------------------------------------------------------------------- the day filed on (17.9)


def filed_on(filing):
    """The header's day, or as supplied; else that of acceptance; None where neither is told."""
    stated = lambda key: (
        value(filing.reading[key])
        if value(filing.reading[key]) is not None
        else filing.supplied.get(key)
    )
    if stated("filed_date") is not None:
        return stated("filed_date")
    if stated("accepted_at") is None:
        return None
    day, second = divmod(new_york(stated("accepted_at")), 86400)
    closing = 22 * 3600 if day >= NEW_HOURS else 17 * 3600 + 1800
    try:
        return deadlines.rolled(day if second <= closing else day + 1)
    except deadlines.NotKnown:
        return None


# --------------------------------------------------------------------------- percents (17.9)


def percent_of(filing, i):
    """What a row's percent may be: (least, most, whether most is reached); None where nothing."""
    text = None if filing.exceeded else value(filing.holders[i]["percent"])
    if text is None:
        return (Fraction(0), Fraction(0)) if filing.zero(i) else None
    if text.startswith("<"):
        return Fraction(0), max(Fraction(text[1:]) - LITTLE, Fraction(0))
    return Fraction(text), Fraction(text)


def row_above(percent):
    """Whether a row is above 10 percent; None where it does not tell."""
    if percent is None:
        return None
    least, most = percent
    return True if least > 10 else False if most <= 10 else None


def above(filing):
    """Whether a filing is above 10 percent: that of a row is; None where it cannot be told."""
    percents = [percent_of(filing, i) for i in range(len(filing.holders))]
    if any(row_above(percent) for percent in percents):
        return True
    small = [filing.amount(i) for i, p in enumerate(percents) if row_above(p) is False]
    most = max((amount for amount in small if amount is not None), default=None)

    def told(i):
        """A row without a percent has no more than one of 10 percent or less."""
        amount = filing.amount(i)
        if percents[i] is None:
            return most is not None and amount is not None and amount <= most
        return row_above(percents[i]) is False

    return False if percents and all(map(told, range(len(percents)))) else None


def moved(old, new):
    """Whether a percent changed: it is above 10 and was not, or was and is another by over 5."""

    def points(least, most, other):
        near = [10, 10 + LITTLE] + [x + d + e for x in other for d in (-5, 5) for e in (0, LITTLE)]
        near += [x + d - LITTLE for x in other for d in (-5, 5)]
        return {least, most} | {p for p in near if least <= p <= most}

    said = {
        b > 10 if a <= 10 else abs(b - a) > 5 for a in points(*old, new) for b in points(*new, old)
    }
    return said.pop() if len(said) == 1 else None


# --------------------------------------------------------------------------------- duties (17.9)


class Judged(Folded):
    """One class: each filing is judged by what comes before it, so while it is folded."""

    def __init__(self, asked, own):
        self.told = {}
        super().__init__(asked, own)

    def fold(self, filing, chain):
        self.told[filing.entry] = self.judge(filing, chain)
        super().fold(filing, chain)

    def before(self, filing, chain):
        return [f for f in chain.filings if f.place < filing.place]

    def judge(self, filing, chain):
        """(day filed, verdict, duties listed, days late)."""
        filed = filed_on(filing)
        event = filing.event_day
        if event is None or event > (filing.known_day if filed is None else filed):
            return filed, "cannot-tell", [], None
        try:
            duties = self.duties(filing, chain, event)
        except deadlines.NotKnown:
            return filed, "cannot-tell", [], None
        if filed is None:
            return filed, "cannot-tell", [], None
        verdict, listed, days = deadlines.judged(filed, duties)
        if verdict == "cannot-tell" and any(duty.due is None for duty in duties):
            listed = sorted((duty for duty in duties if duty.due is not None), key=lambda d: d.due)
        if verdict == "late" and self.not_called_late(filing, chain):
            return filed, "cannot-tell", listed, None
        return filed, verdict, listed, days

    def duties(self, filing, chain, event):
        if filing.schedule == "13D":
            if filing.amendment:
                return deadlines.amended_13d(event)
            duties = deadlines.first_13d(event)
            return duties + (deadlines.amended_13d(event) if self.wrong_form(filing) else [])
        rules = [RULES[rule] for rule in sorted(filing.rules)]
        if filing.amendment:
            return self.amended_13g(filing, chain, event, rules)
        duties = deadlines.first_13g(event, rules or RULES, above(filing))
        again = self.wrong_form(filing)
        return duties + (deadlines.regular(event, "13d-2(b)") if again else [])

    def wrong_form(self, filing):
        """Whether an original may be an amendment of another chain on its schedule."""
        chain = self.chains.of[filing.entry]
        persons = self.on_it(filing, chain)
        for other in self.chains.chains:
            if other is chain or other.schedule != filing.schedule:
                continue
            if not other.filings[0].place < chain.filings[0].place:
                continue
            begun = self.before(filing, other)
            up_to = [f for f in other.filings if f.since <= filing.since]
            if (
                begun
                and any(set(self.asked.people.on(f)) & persons for f in begun)
                and not self.exit_of_all(up_to[-1])
            ):
                return True
        return False

    def on_it(self, filing, chain):
        """Who has a cover page on it, or where none was read, in its chain."""
        own = set(self.asked.people.on(filing))
        return own or {person for f in chain.filings for person in self.asked.people.on(f)}

    @staticmethod
    def exit_of_all(filing):
        rows = range(len(filing.holders))
        return bool(rows) and all(filing.status(i)[0] == "exited" for i in rows)

    # 13G, amendments

    def amended_13g(self, filing, chain, event, rules):
        duties = deadlines.regular(event, "13d-2(b)")
        if rules == ["13d-1(d)"]:
            return duties
        early = deadlines.early_13g(event, rules or RULES)
        at_end = deadlines.at_end(event, deadlines.period_end(event))
        ways = [self.changed(filing, chain, i) for i in range(len(filing.holders))]
        if "early" in ways or "changed" in ways:
            certain = (
                "early" in ways
                and not at_end
                and rules
                and "13d-1(d)" not in rules
                and all(duty.due is not None for duty in early)
            )
            return early if certain else early + duties
        untold = "unknown" in ways or not ways
        if untold and not (at_end and self.before(filing, chain)):
            return early + duties
        return duties

    def changed(self, filing, chain, i):
        """Of a holder: "no", "unknown", "changed", or "early" where its shares and the numbers of
        amendments bear it out."""
        person = self.asked.people.on(filing)[i]
        new, last, unread = percent_of(filing, i), None, False
        for other in self.before(filing, chain):
            for j, theirs in enumerate(self.asked.people.on(other)):
                if theirs is person and percent_of(other, j) is not None:
                    last, unread = (other, j), False
                elif theirs is person and other.holders[j]["percent"]["state"] == "unreadable":
                    unread = True
        old = percent_of(*last) if last else None
        if unread:
            return "unknown"
        if old is None or new is None:
            return "unknown" if self.may_be_above(filing, i) else "no"
        way = moved(old, new)
        if way is None:
            was = row_above(old) is not False
            return "unknown" if was or self.may_be_above(filing, i) else "no"
        if not way:
            return "no"
        then, now = last[0].amount(last[1]), filing.amount(i)
        same_way = (
            then is not None
            and now is not None
            and (now > then if new[0] > old[0] else now < then)
        )
        return "early" if same_way and not self.left_out(last[0], filing, chain) else "changed"

    @staticmethod
    def may_be_above(filing, i):
        """Whether a row may be above 10 percent, as the filing tells."""
        percent = percent_of(filing, i)
        if percent is not None:
            return row_above(percent) is not False
        amount = filing.amount(i)
        small = [
            filing.amount(j)
            for j in range(len(filing.holders))
            if row_above(percent_of(filing, j)) is False and filing.amount(j) is not None
        ]
        return amount is None or not small or amount > max(small)

    @staticmethod
    def left_out(first, last, chain):
        """Whether the number of an amendment between two filings is of none in the chain."""
        of = lambda f: f.number if f.amendment else 0
        if of(first) is None or of(last) is None:
            return False
        here = {f.number for f in chain.filings if f.amendment}
        return any(number not in here for number in range(of(first) + 1, of(last)))

    # What is not called late

    def not_called_late(self, filing, chain):
        if filing.amendment:
            return self.may_correct(filing, chain) or self.switched(filing, chain)
        return filing.schedule == "13G" and self.goes_back(filing)

    @staticmethod
    def number(filing):
        return filing.number if filing.amendment else filing.number or 0

    def may_correct(self, filing, chain):
        before = self.before(filing, chain)
        if not before or any(f.event_day == filing.event_day for f in before):
            return True
        last = self.number(before[-1])
        return None not in (filing.number, last) and filing.number > last + 1

    def switched(self, filing, chain):
        """Whether holders of its chain report on the other schedule by then."""
        people = self.asked.people
        upto = self.before(filing, chain) + [filing]
        persons = {person for f in upto for person in people.on(f)} or self.on_it(filing, chain)
        for other in self.chains.chains:
            if other.schedule == chain.schedule or other.filings[0].since < chain.filings[0].since:
                continue
            for person in persons:
                rows = [
                    f.status(people.on(f).index(person))[0]
                    for f in other.filings
                    if f.since <= filing.since and person in people.on(f)
                ]
                if rows and rows[-1] != "exited":
                    return True
        return False

    def goes_back(self, filing):
        """Whether one of its holders had the last cover page before it on a 13D, without exit."""
        people, chain = self.asked.people, self.chains.of[filing.entry]
        for person in self.on_it(filing, chain):
            last = [
                f
                for other in self.chains.chains
                if other is not chain
                for f in self.before(filing, other)
                if person in people.on(f)
            ]
            last = max(last, key=lambda f: f.place, default=None)
            if last and last.schedule == "13D":
                i = people.on(last).index(person)
                if last.status(i)[0] != "exited":
                    return True
        return False


# ------------------------------------------------------------------------------------- answers (18)


def basis(view, as_of, known_at):
    head = verify.derived("blockholder v1 entry", view.ledger.entries[view.size - 1][0]).hex()
    return {
        "size": view.size,
        "head": head,
        "as_of": day_text(as_of),
        "known_at": instant_text(known_at),
    }


def issuer_json(asked):
    filings = asked.filings or asked.all
    names = [filing.issuer_name for filing in filings if filing.issuer_name]
    ciks = [filing.cik for filing in asked.all if filing.cik]
    return {"name": names[-1] if names else None, "cik": str(ciks[0]) if ciks else None}


def renamed(asked, own, title):
    """The title that a ClassChanged gave it, beside the one shown (17.4)."""
    given = sorted(
        (event["since"], entry, event["change"][1])
        for entry, event in asked.changes
        if event["event"] == "ClassChanged"
        and event["change"][0] == "title"
        and asked.about(event["class"], own)
    )
    if not given or title is not None and same_title(given[-1][2], title):
        return None
    since, entry, new = given[-1]
    printed = min((f.since for f in own.filings if f.title == title), default=None)
    later = printed is not None and printed > since
    return {
        "title": new,
        "since": day_text(since),
        "entry": entry,
        "printed_since": day_text(printed) if later else None,
    }


def class_json(asked, own):
    several = lambda title: len(title_letters(title)) > 1
    titles = [f.title for f in own.filings if f.title]
    one = [title for title in titles if not several(title)] or titles
    same = [
        cusip
        for _, event in asked.changes
        if event["event"] == "ClassChanged" and event["change"][0] == "cusip"
        for cusip in (event["class"]["cusip"], event["change"][1])
        if cusip and asked.same.find(cusip) in map(asked.same.find, own.cusips)
    ]
    cusips = sorted({cusip for f in own.filings for cusip in f.cusips} | set(same))
    title = one[-1] if one else None
    return {
        "title": title,
        "cusips": cusips,
        "renamed": renamed(asked, own, title),
        "invalid_cusips": [cusip for cusip in cusips if not valid_cusip(cusip)],
        "exceeded": [
            {
                "entry": f.entry,
                "accession": accession_text(f.accession),
                "on": day_text(f.event_day),
                "true_since": day_text(f.exact),
            }
            for f in own.filings
            if f.exceeded
        ],
    }


def holders(asked, basis):
    if not asked.classes:
        return [
            {"v": 1, "basis": basis, "issuer": issuer_json(asked), "class": None, "holders": []}
        ]
    answers = []
    for own in asked.classes:
        folded = Folded(asked, own)
        sizes = folded.of_class("ClassSizeReported")
        size = (
            sizes
            and {
                "shares": sizes[-1][1]["shares"],
                "since": day_text(sizes[-1][1]["since"]),
                "entry": sizes[-1][0],
                "source": sizes[-1][1]["source"],
            }
            or None
        )
        splits = [
            {"since": day_text(since), "new": new, "old": old, "entry": entry}
            for entry, since, new, old in folded.splits()
        ]
        answers.append(
            {
                "v": 1,
                "basis": basis,
                "issuer": issuer_json(asked),
                "class": class_json(asked, own),
                "size": size,
                "splits": splits,
                "holders": [folded.holder(h) for h in folded.holdings.values()],
            }
        )
    return answers


def answer(ledger, question):
    view = ledger.at(question.get("at") or len(ledger.entries))
    filings, cusip = of_issuer(view, question["issuer"])
    as_of, known_at = day_of(question["as_of"]), instant_of(question["known_at"])
    report_exits(filings)
    asked = Asked(view, filings, as_of, known_at, cusip)
    return ASK[question["ask"]](asked, basis(view, as_of, known_at))


def late_json(asked, filing, told):
    filed, verdict, duties, days = told
    one = duties[0].json() if verdict != "cannot-tell" else dict(rule=None, duty=None, due=None)
    troubles = asked.in_order(
        asked.codes[t["code"]]
        for t in filing.reading["troubles"]
        if t["holder"] is None
        and asked.fields[t["field"]] in RESTS_ON
        and (None, asked.fields[t["field"]]) not in filing.corrected
    )
    return {
        "entry": filing.entry,
        "filing": {
            "accession": accession_text(filing.accession),
            "form": FORMS[filing.form],
            "event_date": day_text(filing.event_day),
            "troubles": troubles,
        },
        "filed": day_text(filed),
        "verdict": verdict,
        **one,
        "duties": [duty.json() for duty in duties],
        "days": days,
    }


def late(asked, basis):
    filings = []
    for own in asked.classes:
        judged = Judged(asked, own)
        for chain in judged.chains.chains:
            for filing in chain.filings:
                told = judged.told[filing.entry]
                if told[1] == "on-time":
                    continue
                filings.append(late_json(asked, filing, told))
    return [
        {
            "v": 1,
            "basis": basis,
            "issuer": issuer_json(asked),
            "filings": filings,
            "closings_known_to": deadlines.KNOWN_TO,
        }
    ]


def chains(asked, basis):
    answers = []
    if not asked.classes:
        return [{"v": 1, "basis": basis, "issuer": issuer_json(asked), "class": None, "chains": []}]
    for own in asked.classes:
        joined = Chains(asked, own.filings)
        answers.append(
            {
                "v": 1,
                "basis": basis,
                "issuer": issuer_json(asked),
                "class": class_json(asked, own),
                "chains": [chain_json(joined, chain) for chain in joined.chains],
            }
        )
    return answers


def chain_json(joined, chain):
    asked, first = joined.asked, chain.filings[0]
    others = [
        other
        for other in joined.chains
        if other.schedule != chain.schedule
        and other.filings[0].place < first.place
        and any(
            set(asked.people.on(f)) & set(asked.people.on(first))
            for f in other.filings
            if f.place < first.place
        )
    ]
    touched = lambda other: max(f.place for f in other.filings if f.place < first.place)
    return {
        "chain": chain.entry,
        "schedule": chain.schedule,
        "switched_from": max(others, key=touched).entry if others else None,
        "filings": [
            {
                "entry": f.entry,
                "accession": accession_text(f.accession),
                "form": FORMS[f.form],
                "number": f.number,
                "since": day_text(f.since),
                "join": {"by": joined.by[f.entry]},
                "troubles": asked.of_whole(f),
            }
            for f in chain.filings
        ],
        "troubles": asked.of_whole(chain.filings[-1]),
    }


ASK = {"holders": holders, "late": late, "chains": chains}


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="Answer questions about an export of a ledger.")
    parser.add_argument("export")
    parser.add_argument("--spec", default=os.path.join(here, "..", "..", "ledger-spec.md"))
    args = parser.parse_args()
    with open(args.spec, encoding="utf-8") as file:
        ledger = Ledger(args.export, file.read())
    for line in sys.stdin:
        try:
            said = answer(ledger, json.loads(line))
        except NotAsked as why:
            said = str(why)
        print(json.dumps(said, ensure_ascii=False), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
