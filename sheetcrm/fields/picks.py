"""Words that people pick from a list: the team's own lists and our closed ones.

Knows how a word is found however it is spelt, and which word was probably
meant. Knows no list by itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from rapidfuzz import fuzz, process

from sheetcrm.columns import fold
from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, failed, guess, shown
from sheetcrm.fields.texts import put_right, tidy
from sheetcrm.tables import Cell, raw_text

__all__ = ["KINDS", "PickList", "choice"]

KINDS = (
    "source",
    "stage",
    "loss_reason",
    "channel",
    "competitor",
    "industry",
    "owner",
    "activity_type",
    "activity_status",
    "offer_status",
    "confirmed_by",
)

_UNKNOWN = {"stage": "unknown-stage", "owner": "unknown-owner", "loss_reason": "unknown-loss-reason"}
_NEAR_ENOUGH = 72


class PickList:
    """The words of one list: each with its permanent code and other spellings."""

    def __init__(self, choices: Iterable[tuple[str, str, Sequence[str]]]) -> None:
        self._known: dict[str, tuple[str, str]] = {}
        choices = tuple(choices)
        for code, label, _ in choices:
            self._known.setdefault(fold(label), (code, label))
        for code, label, aliases in choices:
            for alias in aliases:
                self._known.setdefault(fold(alias), (code, label))
        self._known.pop("", None)

    def __bool__(self) -> bool:
        return bool(self._known)

    def find(self, text: str) -> tuple[str, str] | None:
        """Code and label of a word; case, spaces and diacritics do not count."""
        return self._known.get(fold(text))

    def nearest(self, text: str) -> str | None:
        """The label that was probably meant, if one stands out."""
        near = process.extract(
            fold(text), list(self._known), scorer=_likeness, score_cutoff=_NEAR_ENOUGH, limit=len(self._known)
        )
        if not near:
            return None
        best = {self._known[spelling][1] for spelling, score, _ in near if score == near[0][1]}
        return best.pop() if len(best) == 1 else None


def _likeness(one: str, other: str, *, score_cutoff: float | None = None) -> float:
    """0 to 100. Some of the words of a name (“Ana” for “Ana Pop”) are near too, if there are enough letters."""
    score = fuzz.ratio(one, other, score_cutoff=score_cutoff)
    if len(one) > 2 and set(one.split()) < set(other.split()):
        return max(score, 90.0)
    return max(score, fuzz.token_sort_ratio(one, other, score_cutoff=score_cutoff))


def choice(kind: str) -> Callable[[Context], Read]:
    """What makes the reader of a pick-list kind. The value is the code."""
    unknown = _UNKNOWN.get(kind, "unknown-choice")

    def make(context: Context) -> Read:
        picks = context.picks.get(kind)

        def read(cell: Cell) -> Reading:
            word = _word(cell)
            line = tidy(word)
            if not line:
                return BLANK
            right = put_right(line)
            if not picks:
                return Reading(right)
            found = picks.find(right)
            if found is None:
                return failed(unknown, cell, guess=guess(picks.nearest(right), context.language))
            code, label = found
            if word == label:
                return Reading(code)
            codes = [("stray-spaces", line != word), ("spelling", line != label)]
            values = {"value": shown(line), "right": label}
            return Reading(code, tuple(Issue(c, values) for c, applies in codes if applies), label)

        return read

    return make


def _word(cell: Cell) -> str:
    if isinstance(cell, bool):  # a tick box where a word was expected
        return "yes" if cell else "no"
    return cell if isinstance(cell, str) else raw_text(cell)
