"""When a filing was due, as section 17.9 of ledger-spec.md says: the calendar and the duties.

Knows nothing of ledgers; answers.py asks it. Days count from 1970-01-01.
"""

import datetime
import functools

EPOCH = datetime.date(1970, 1, 1)


def day(year, month, of_month):
    return (datetime.date(year, month, of_month) - EPOCH).days


def date(number):
    return EPOCH + datetime.timedelta(days=number)


# ---------------------------------------------------------------- the calendar

# Closed by executive order; known to the end of 2025.
CLOSED = {
    day(*map(int, text.split("-")))
    for text in (
        "1994-4-27 2001-12-24 2002-12-24 2003-12-26 2004-6-11 2007-1-2 "
        "2007-12-24 2008-12-26 2012-12-24 2014-12-26 2018-12-5 "
        "2018-12-24 2019-12-24 2020-12-24 2024-12-24 2025-1-9 2025-12-24 2025-12-26"
    ).split()
}
KNOWN_TO = 2025
NEW_13D, NEW_13G = day(2024, 2, 5), day(2024, 9, 30)


def monday(year, month, nth):
    first = datetime.date(year, month, 1)
    start = day(year, month, 1) + (0 - first.weekday()) % 7
    return start + 7 * (nth - 1)


@functools.lru_cache(maxsize=None)
def holidays(year):
    """Federal holidays of a year, with the days on which they are observed."""
    fixed = [(1, 1), (7, 4), (11, 11), (12, 25)] + ([(6, 19)] if year >= 2021 else [])
    days = {day(year, *one) for one in fixed} | {day(year + 1, 1, 1)}
    for one in list(days):
        days.add(one + {5: -1, 6: 1}.get(date(one).weekday(), 0))
    last_of_may = monday(year, 6, 1) - 7
    first_thursday = day(year, 11, 1) + (3 - datetime.date(year, 11, 1).weekday()) % 7
    return days | {
        monday(year, 1, 3),
        monday(year, 2, 3),
        last_of_may,
        monday(year, 9, 1),
        monday(year, 10, 2),
        first_thursday + 21,
    }


def is_business_day(number):
    """None where the holidays are not known."""
    if date(number).year < 1993:
        return None
    return date(number).weekday() < 5 and number not in holidays(date(number).year) | CLOSED


class NotKnown(Exception):
    """A due date before the calendar begins."""


def rolled(number):
    while not is_business_day(number):
        if is_business_day(number) is None:
            raise NotKnown
        number += 1
    return number


def business_days_after(number, count):
    while count:
        number = rolled(number + 1)
        count -= 1
    return number


def month_end(number):
    of = date(number)
    return day(of.year + of.month // 12, of.month % 12 + 1, 1) - 1


def quarter_end(number):
    of = date(number)
    last = (of.month - 1) // 3 * 3 + 3
    return month_end(day(of.year, last, 1))


def year_end(number):
    return day(date(number).year, 12, 31)


def at_end(number, end):
    """Whether a day is the last of a period but a Saturday and a Sunday, or behind it."""
    last = end
    while date(last).weekday() > 4:
        last -= 1
    return last <= number <= end


def period_end(number):
    """The end of the period that regular amendments are due for."""
    quarter = quarter_end(number)
    year = year_end(number)
    return quarter if quarter >= NEW_13G else NEW_13G if year > NEW_13G else year


# ---------------------------------------------------------------- the duties


class Duty:
    """A rule, its time in words, and the day that is due; None where it says promptly."""

    def __init__(self, rule, duty, due):
        self.rule, self.duty, self.due = rule, duty, due

    def json(self):
        return {"rule": self.rule, "duty": self.duty, "due": date(self.due).isoformat()}


def of_both(event, changed, old, new):
    """The duty before and since a day of a change of rules: which of them an event may be under."""
    if event >= changed:
        return [new]
    if old.due is None or old.due < changed:
        return [old]
    return [old] + ([new] if new.due >= changed else [])


def first_13d(event):
    return of_both(
        event,
        NEW_13D,
        Duty("13d-1(a)", "10 days after the event", rolled(event + 10)),
        Duty("13d-1(a)", "5 business days after the event", business_days_after(event, 5)),
    )


def amended_13d(event):
    return of_both(
        event,
        NEW_13D,
        Duty("13d-2(a)", None, None),
        Duty("13d-2(a)", "2 business days after the event", business_days_after(event, 2)),
    )


def regular(event, rule):
    """45 days after the year, or after the quarter."""
    quarter = max(quarter_end(event), NEW_13G)
    return of_both(
        event,
        NEW_13G,
        Duty(rule, "45 days after the year", rolled(year_end(event) + 45)),
        Duty(rule, "45 days after the quarter", rolled(quarter + 45)),
    )


def after_month(event, rule, above):
    end = month_end(event)
    return of_both(
        event,
        NEW_13G,
        Duty(rule, f"10 days after the month, {above}", rolled(end + 10)),
        Duty(rule, f"5 business days after the month, {above}", business_days_after(end, 5)),
    )


def first_13g(event, rules, above):
    """Above 10 percent: True, False, or None where it cannot be told."""
    duties = []
    if "13d-1(b)" in rules:
        duties += regular(event, "13d-1(b)(2)") if above is not True else []
        duties += after_month(event, "13d-1(b)(2)", "above 10%") if above is not False else []
    if "13d-1(c)" in rules:
        duties += of_both(
            event,
            NEW_13G,
            Duty("13d-1(c)", "10 days after the event", rolled(event + 10)),
            Duty("13d-1(c)", "5 business days after the event", business_days_after(event, 5)),
        )
    return duties + (regular(event, "13d-1(d)") if "13d-1(d)" in rules else [])


def early_13g(event, rules):
    """Above 10 percent, and changed by more than 5."""
    why, duties = "above 10% and changed by 5%", []
    if "13d-1(b)" in rules:
        duties += after_month(event, "13d-2(c)", why)
    if "13d-1(c)" in rules:
        duties += of_both(
            event,
            NEW_13G,
            Duty("13d-2(d)", None, None),
            Duty(
                "13d-2(d)", f"2 business days after the event, {why}", business_days_after(event, 2)
            ),
        )
    return duties


def judged(filed, duties):
    """(verdict, the duties that are listed, days late)."""
    due = sorted((duty for duty in duties if duty.due is not None), key=lambda duty: duty.due)
    if due and filed > due[-1].due:
        return "late", due[-1:], filed - due[-1].due
    if len(due) == len(duties) and filed <= due[0].due:
        return "on-time", due[:1], None
    return "cannot-tell", due, None


# ---------------------------------------------------------------- what is due next (17.8)


def next_regular(last):
    """The regular duties that follow a day, one after the other."""
    end = period_end(last)
    if at_end(last, end):
        end = period_end(end + 1)
    while True:
        words = "45 days after the quarter" if end >= NEW_13G else "45 days after the year"
        yield Duty("13d-2(b)", words, rolled(end + 45))
        end = period_end(end + 1)
