"""What reading one cell gives, and what it depends on.

Knows the shapes that every reader shares; reads nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from sheetcrm import messages
from sheetcrm.tables import Cell, raw_text

if TYPE_CHECKING:
    from sheetcrm.fields.picks import PickList

__all__ = ["BLANK", "Context", "Issue", "Read", "Reading", "failed", "guess", "shown"]

_SHOWN_LETTERS = 60


class Issue(NamedTuple):
    """Something wrong in one cell."""

    code: str
    """A key of `messages/problems.toml`."""
    values: Mapping[str, str]
    """What its message is filled in with."""


class Reading(NamedTuple):
    """What a cell means, and what is wrong with how it was written."""

    value: object | None
    """`None` for a blank cell, and for one that cannot be read."""
    issues: tuple[Issue, ...] = ()
    spelling: str | None = None
    """What sync may write into a pick-list cell; `None` where it stands right."""
    currency: str | None = None
    """The ISO code of the currency that an amount was written with."""


Read: TypeAlias = Callable[[Cell], Reading]

BLANK = Reading(None)


@dataclass(frozen=True)
class Context:
    """What the team's settings and lists say about reading."""

    language: str
    """`en` or `ro`: how dates and numbers that could be read either way are read."""
    country: str
    """ISO code; phones and tax IDs without a prefix are this country's."""
    currency: str
    today: date
    picks: Mapping[str, PickList]
    """Kind → its pick-list. Where a list is missing or empty, any word will do."""


def shown(cell: Cell) -> str:
    """A cell as a message quotes it: on one line, not too long."""
    text = " ".join(raw_text(cell).split())
    return text if len(text) <= _SHOWN_LETTERS else text[: _SHOWN_LETTERS - 1] + "…"


def failed(code: str, cell: Cell, **values: str) -> Reading:
    """A cell that cannot be read."""
    return Reading(None, (Issue(code, {"value": shown(cell), **values}),))


def guess(meant: str | None, language: str) -> str:
    """` Did you mean “Won”?`, ready to follow a sentence; "" where nothing is near."""
    if meant is None:
        return ""
    quoted = f"„{meant}”" if language == "ro" else f"“{meant}”"
    return f" {messages.text('words', 'did-you-mean', language).capitalize()} {quoted}?"
