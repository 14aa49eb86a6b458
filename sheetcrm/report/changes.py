"""What changed against the month before, in words: of this month so far, and of the last whole one.

Every figure comes from `funnel`; here it is only said.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from sheetcrm import funnel
from sheetcrm.funnel import Fact, Month
from sheetcrm.numerals import UNKNOWN, number_text, percent_text, signed_text
from sheetcrm.report.grid import Words, month_name

__all__ = ["changes"]


def changes(facts: Sequence[Fact], months: Sequence[Month], words: Words) -> tuple[str, ...]:
    """A few sentences; as many each day of the month. `months` is oldest first, this one last."""
    before_last, last, this = months[-3:]
    lines = [
        _compared("so-far", last, this, facts, words),
        _moved("grew-most", facts, last, this, words, upwards=True),
        _compared("whole-month", before_last, last, facts, words),
        _moved("moved-most", facts, before_last, last, words),
    ]
    return tuple(line[:1].upper() + line[1:] for line in lines)


def _compared(key: str, before: Month, now: Month, facts: Sequence[Fact], words: Words) -> str:
    """`7 new leads (+5), 2 won (±0) …`: each figure, and how much more or less than before."""
    language = words.language
    counts = [
        f"{words(f'n-{what}', n=n)} ({signed_text(n - earlier, language)})"
        for what, n, earlier in (
            ("created", now.created, before.created),
            ("won", now.won, before.won),
            ("lost", now.lost, before.lost),
        )
    ]
    return words(
        key,
        month=month_name(now.month, language),
        before=month_name(before.month, language),
        counts=", ".join(counts),
        rate=_rate(now.win_rate, before.win_rate, words),
        value=", ".join(_amounts(funnel.value_won(facts, now.month), funnel.value_won(facts, before.month), words))
        or UNKNOWN,
    )


def _rate(now: float | None, before: float | None, words: Words) -> str:
    said = percent_text(now, words.language)
    if now is None or before is None:
        return said
    return words("points", rate=said, points=signed_text((now - before) * 100, words.language, 1))


def _amounts(now: Mapping[str, Decimal], before: Mapping[str, Decimal], words: Words) -> Iterator[str]:
    """Each currency by itself, without cents: they stand in the list of what was won."""
    for currency in sorted({*now, *before}):
        amount, earlier = now.get(currency, Decimal(0)), before.get(currency, Decimal(0))
        change = signed_text(amount - earlier, words.language)
        yield f"{number_text(amount, words.language)} {currency or '?'} ({change})"


def _moved(key: str, facts: Sequence[Fact], before: Month, now: Month, words: Words, *, upwards: bool = False) -> str:
    """Where the greatest change was; nothing where there was none."""
    moved = funnel.moved_most(facts, now.month, before.month, upwards=upwards)
    if moved is None:
        return ""
    change = f"{number_text(moved.now, words.language)} ({signed_text(moved.now - moved.before, words.language)})"
    return words(key, what=words(f"moved-{moved.what}", group=moved.group or words("blank")), change=change)
