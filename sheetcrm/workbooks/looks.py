"""How the tabs that sync lays out look, in every kind of workbook: colours, widths, formats, drop-downs.

Data alone. A store turns it into what its program understands.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sheetcrm import messages
from sheetcrm.columns import tab_title
from sheetcrm.schema import PIPELINE_TABS, Field

__all__ = [
    "AMOUNT",
    "BRAND",
    "CHART_INKS",
    "Choice",
    "INK",
    "LISTS",
    "Look",
    "NUMBERS",
    "PERCENT",
    "RULE",
    "TAB_COLOURS",
    "choice_of",
    "column_format",
    "date_format",
    "frozen",
    "header_look",
    "is_folded",
    "look_of",
    "moment_format",
    "width_of",
]

INK = "1F2937"
QUIET = "6B7280"
BRAND = "1D4E89"
RULE = "D1D5DB"
SYNC_PAPER = "F7F8FA"
PROBLEM_PAPER, PROBLEM_INK, ROW_PAPER = "FEF3C7", "B45309", "FFFBEB"

CHART_INKS = {"main": BRAND, "pale": "A9C1DE", "won": "0F766E", "lost": "C2703D"}
"""What charts are drawn in: they are told apart in grey too."""

NUMBERS = ("count", "amount", "percent", "days")
"""Styles of numbers, which stand at the right; so does the header above them."""

AMOUNT = "#,##0.00"
PERCENT = "0%"


class Look(NamedTuple):
    """How a cell looks."""

    size: int = 11
    ink: str = INK
    bold: bool = False
    italic: bool = False
    underline: bool = False
    paper: str = ""
    line: Literal["", "hair", "thin", "medium"] = ""
    """The kind of line below."""
    line_colour: str = RULE
    right: bool = False
    middle: bool = False
    wrap: bool = False
    format: str = ""


_HEADERS = {
    "people": (BRAND, "FFFFFF"),
    "fill": (BRAND, "FFFFFF"),
    "command": ("0F766E", "FFFFFF"),
    "sync": ("E5E7EB", "4B5563"),
}
_FONTS = {
    "title": Look(20, BRAND, bold=True),
    "heading": Look(14, BRAND, bold=True, line="medium", line_colour=BRAND),
    "words": Look(12),
    "header": Look(bold=True),
    "header right": Look(bold=True),
    "note": Look(10, QUIET, italic=True),
    "good": Look(ink="166534", bold=True, paper="DCFCE7"),
    "bad": Look(ink="991B1B", bold=True, paper="FEE2E2"),
    # An alert has no paper of its own: most days it is blank.
    "alert": Look(ink="991B1B", bold=True),
    "late": Look(ink="991B1B", bold=True),
    "link": Look(ink="2563EB", underline=True),
}


def date_format(language: str) -> str:
    """How a date is shown."""
    return "dd.mm.yyyy" if language == "ro" else "yyyy-mm-dd"


def moment_format(language: str) -> str:
    """How a date with its time is shown."""
    return f"{date_format(language)} hh:mm"


def look_of(style: str, language: str) -> Look:
    """A style of `Styled` cells; also `header right`, above numbers."""
    look = _FONTS.get(style, Look())
    if style.startswith("header"):
        look = look._replace(paper="EFF3F8", line="thin", line_colour=BRAND)
    elif style not in ("heading", "good", "bad", "title", "note", "words"):
        look = look._replace(line="hair")
    formats = {
        "count": "#,##0",
        "amount": AMOUNT,
        "percent": "0.0%",
        "days": "0",
        "date": date_format(language),
        "late": date_format(language),
        "moment": moment_format(language),
    }
    return look._replace(
        right=style in NUMBERS or style == "header right",
        middle=style in ("title", "heading") or style.startswith("header"),
        wrap=style.startswith("header"),
        format=formats.get(style, ""),
    )


def header_look(writer: str) -> Look:
    """The header of a column, by who writes the column."""
    paper, ink = _HEADERS[writer]
    return Look(ink=ink, bold=True, paper=paper, line="medium", line_colour=BRAND, middle=True, wrap=True)


# ---------------------------------------------------------------- columns

_WIDTHS = {
    "id": 9,
    "number": 18,
    "check": 46,
    "company": 26,
    "name": 28,
    "contact": 22,
    "phone": 17,
    "email": 27,
    "next_step": 26,
    "title": 24,
    "record": 22,
    "subject": 30,
    "address": 30,
    "link": 30,
    "file": 34,
    "meaning": 110,
    "setting": 28,
    "description": 40,
    "loss_reason": 24,
    "may_go_on_to": 38,
}
_WIDTHS_BY_KIND = {"date": 14, "moment": 17, "amount": 15, "percent": 13, "count": 11, "yes-no": 14, "long-text": 40}

TAB_COLOURS = {
    "today": "16A34A",
    "report": "16A34A",
    "problems": "F59E0B",
    "stages": "9CA3AF",
    "lists": "9CA3AF",
    "settings": "9CA3AF",
    "history": "D1D5DB",
}
"""By mark; the others have the brand's."""


def width_of(field: Field) -> int:
    """Characters that a column shows."""
    return _WIDTHS.get(field.name) or _WIDTHS_BY_KIND.get(field.kind, 17)


def column_format(field: Field, language: str) -> str:
    """How the values of a column are shown; `@` is text, "" is as it comes."""
    return {
        "date": date_format(language),
        "moment": moment_format(language),
        "amount": AMOUNT,
        "percent": PERCENT,
        "phone": "@",
        "tax_id": "@",
    }.get(field.kind, "")


def is_folded(field: Field) -> bool:
    """Whether a column lies folded away under *Details*."""
    return field.details or field.name.endswith("_code")


def frozen(mark: str) -> tuple[int, int]:
    """Rows and columns of a list that do not scroll."""
    return 1, {"stages": 2, "lists": 0, "settings": 2, "history": 0, "state": 0}.get(mark, 3)


# ---------------------------------------------------------------- drop-downs

LISTS = {
    "stage": ("stages", "stage"),
    "loss_reason": ("lists", "loss_reason"),
    "source": ("lists", "source"),
    "channel": ("lists", "channel"),
    "competitor": ("lists", "competitor"),
    "industry": ("lists", "industry"),
    "owner": ("lists", "owner"),
}
"""Kind of a column → tab and column where the team keeps its words."""
_CLOSED = ("activity_type", "activity_status", "offer_status", "confirmed_by")
"""Kinds whose words are fixed."""
_WORDS = {"outcome": ("open", "won", "lost"), "reason_for": ("leads", "opportunities", "both")}


class Choice(NamedTuple):
    """A drop-down: where its words come from, and what is said of a word that is not there."""

    kind: str
    """A key of `LISTS`, or "" where the words are fixed."""
    words: tuple[str, ...]
    advice: str


def choice_of(field: Field, mark: str, language: str) -> Choice | None:
    """The drop-down of a column. It warns and never blocks: sync says what is wrong, and how to mend it."""
    if mark in ("stages", "lists"):
        if field.name == "home":
            return _closed([tab_title(name, language) for name in PIPELINE_TABS], language)
        if field.name in _WORDS:
            return _closed([messages.text("words", word, language) for word in _WORDS[field.name]], language)
    elif field.kind in LISTS and field.writer != "sync":
        advice = messages.text("dress", "not-in-list-text", language, tab=tab_title(LISTS[field.kind][0], language))
        return Choice(field.kind, (), advice)
    if field.kind in _CLOSED:
        entries = messages.area("defaults")
        return _closed([str(e[language]) for k, e in entries.items() if k.startswith(f"{field.kind}-")], language)
    if field.name in ("active", "owner_active", "counts_in_rates"):
        return _closed([messages.text("words", word, language) for word in ("yes", "no")], language)
    return None


def _closed(words: list[str], language: str) -> Choice:
    return Choice("", tuple(words), messages.text("dress", "not-in-list-closed", language))
