"""Plain text as people type it: stray spaces, old letters, letters of another alphabet.

Knows how a text is put right for reading; the cell itself stays as typed.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from sheetcrm.columns import fold
from sheetcrm.fields.reading import BLANK, Context, Issue, Read, Reading, failed, shown
from sheetcrm.settings import YES
from sheetcrm.tables import Cell, raw_text

__all__ = ["Typed", "long_text", "put_right", "text", "tidy", "typed", "yes_no"]

_INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
_GAP = re.compile(r"\s+")
_STRAY = re.compile(r"^\s|\s\Z|[^\S\n]{2}|[^\S \n]|[\u00ad\u200b\u2060\ufeff]")

_LEGACY = str.maketrans("şţŞŢ", "șțȘȚ")
_LOOK_ALIKE = str.maketrans(
    "АВСЕНІЈКМОРЅТХУаеорсухіјѕԁһԛԝ" + "ΑΒΕΖΗΙΚΜΝΟΡΤΥΧο",
    "ABCEHIJKMOPSTXYaeopcyxijsdhqw" + "ABEZHIKMNOPTYXo",
)
_ODD = re.compile("[şţŞŢ\u0300-\u052f]")
"""Old letters, accents typed apart, other alphabets: whatever `put_right` may change."""
_OTHER_ALPHABET = re.compile("[\u0370-\u03ff\u0400-\u052f]")
_WORD = re.compile(r"[^\W\d_]+")

_NO = frozenset({"no", "n", "nu", "false", "fals", "0", "-", "☐", "off"})


class Typed(NamedTuple):
    """A typed text: how it is read, and the hints it earned."""

    text: str
    issues: tuple[Issue, ...] = ()


def tidy(text: str) -> str:
    """The text on one line with single spaces, and nothing invisible in it."""
    return _GAP.sub(" ", _INVISIBLE.sub("", text)).strip()


def put_right(text: str) -> str:
    """Romanian letters with commas; look-alikes inside Latin words made Latin."""
    text = unicodedata.normalize("NFC", text).translate(_LEGACY)
    if _OTHER_ALPHABET.search(text) is None:
        return text
    return _WORD.sub(lambda word: _latin(word[0]), text)


def _latin(word: str) -> str:
    latin = word.translate(_LOOK_ALIKE)
    mixed = _OTHER_ALPHABET.search(latin) is None and any(a == b for a, b in zip(word, latin, strict=True))
    return latin if mixed else word


def typed(raw: str) -> Typed:
    """How a text is read, with a hint for each oddity in how it was typed."""
    if _is_clean(raw):
        return Typed(raw)
    line = tidy(raw)
    right = put_right(line)
    issues = []
    if _STRAY.search(raw):
        issues.append(Issue("stray-spaces", {"value": shown(line)}))
    if right != line:
        modern = unicodedata.normalize("NFC", line)
        if modern != modern.translate(_LEGACY):
            issues.append(Issue("legacy-diacritics", {"value": shown(line)}))
        if modern.translate(_LEGACY) != right:
            issues.append(Issue("look-alike-letters", {"value": shown(line)}))
    return Typed(right, tuple(issues))


def _is_clean(text: str) -> bool:
    """Nothing to put right: the one case that must be quick."""
    if text[0] == " " or text[-1] == " " or "  " in text or not text.isprintable():
        return False
    return text.isascii() or _ODD.search(text) is None


def text(context: Context) -> Read:
    """One line of text: names, titles, places, references."""

    def read(cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return Reading(raw_text(cell))
        if _is_clean(cell):
            return Reading(cell)
        line, issues = typed(cell)
        return Reading(line, issues) if line else BLANK

    return read


def long_text(context: Context) -> Read:
    """Notes: lines and spaces as people like them."""

    def read(cell: Cell) -> Reading:
        if not isinstance(cell, str):
            return Reading(raw_text(cell))
        return Reading(put_right(_INVISIBLE.sub("", cell)).strip())

    return read


def yes_no(context: Context) -> Read:
    """A tick or a word for it, in either language."""

    def read(cell: Cell) -> Reading:
        if isinstance(cell, bool):
            return Reading(cell)
        line, issues = typed(cell if isinstance(cell, str) else raw_text(cell))
        word = fold(line)
        if word in YES or word in _NO:
            return Reading(word in YES, issues)
        return failed("bad-yes-no", cell)

    return read
