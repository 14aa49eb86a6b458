"""What a fast reader of cells leaves out: formulas, errors, and how far a tab reaches.

It searches the bytes of one tab's XML. Files that write their cells as Excel does
are searched without being parsed; all others are parsed, slowly and surely.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO

from lxml import etree

from sheetcrm.workbooks.excel.markup import local_name

__all__ = ["Scan", "place_of", "scan"]

# A column beyond ZZ, or a cell that does not say where it is.
_UNUSUAL = re.compile(rb'<c(?: r="[A-Z]{3}|(?! r="[A-Z])[ />])')
_SECOND_LETTER = re.compile(rb'<c r="[A-Z]{2}')
_FORMULA = re.compile(rb"<f(?:\s[^>]*?)?(?:/>|>([^<]*)</f>)")
_ERROR = re.compile(rb'<c r="([A-Z]+\d+)"[^<>]*? t="e"[^<>]*>(?:<f[^<>]*?(?:/>|>[^<]*</f>))?<v>([^<]*)</v>')
_LAST_ROW = re.compile(rb'<row[^>]*? r="(\d+)"')
_PLACE = re.compile(r"([A-Z]+)(\d+)")


@dataclass(slots=True)
class Scan:
    """What stands where in one tab's XML. Rows and columns count from 0."""

    formulas: dict[tuple[int, int], str] = field(default_factory=dict)
    errors: dict[tuple[int, int], str] = field(default_factory=dict)
    height: int = 0
    width: int = 0
    """No cell lies beyond these; the tab may be smaller, unless they are exact."""
    is_exact: bool = False


def place_of(reference: str) -> tuple[int, int]:
    """Row and column of `B7`."""
    match = _PLACE.fullmatch(reference)
    if match is None:
        raise ValueError(f"no such place: {reference}")
    column = 0
    for letter in match[1]:
        column = column * 26 + ord(letter) - 64
    return int(match[2]) - 1, column - 1


def scan(xml: bytes) -> Scan:
    """Look through one tab."""
    start = xml.find(b"<sheetData")
    if start < 0 or _UNUSUAL.search(xml, start):
        return _parsed(xml)
    end = xml.rfind(b"</sheetData>")
    last = _LAST_ROW.match(xml, max(xml.rfind(b"<row ", start), 0))
    width = 26 * 27 if _SECOND_LETTER.search(xml, start) else 26
    found = Scan(height=int(last[1]) if last else xml.count(b"<row", start), width=width)
    before = start
    for match in _FORMULA.finditer(xml, start, max(end, start)):
        cell = xml.rfind(b'<c r="', before, match.start()) + 6
        if cell < 6:  # a formula outside of any cell
            return _parsed(xml)
        before = match.end()
        place = place_of(xml[cell : xml.index(b'"', cell)].decode("ascii"))
        found.formulas[place] = "=" + unescape((match[1] or b"").decode("utf-8"))
    if xml.find(b' t="e"', start) >= 0:
        for match in _ERROR.finditer(xml, start):
            found.errors[place_of(match[1].decode("ascii"))] = unescape(match[2].decode("utf-8"))
    return found


def _parsed(xml: bytes) -> Scan:
    found = Scan(is_exact=True)
    row = column = -1
    steps = etree.iterparse(
        BytesIO(xml), events=("start", "end"), resolve_entities=False, no_network=True, huge_tree=False
    )
    for event, element in steps:
        name = local_name(element)
        if event == "start" and name == "row":
            row, column = _row_number(element.get("r"), row), -1
        elif event == "start" and name == "c":
            reference = element.get("r")
            row, column = place_of(reference.replace("$", "").upper()) if reference else (row, column + 1)
        elif event == "end" and name == "c":
            _note(found, element, (row, column))
        elif event == "end" and name == "row":
            element.clear()
    return found


def _row_number(text: str | None, before: int) -> int:
    return int(float(text)) - 1 if text else before + 1


def _note(found: Scan, cell: etree._Element, place: tuple[int, int]) -> None:
    parts = {local_name(part): part for part in cell}
    if "f" in parts:
        found.formulas[place] = "=" + (parts["f"].text or "")
    if cell.get("t") == "e" and "v" in parts:
        found.errors[place] = parts["v"].text or ""
    if parts:
        found.height = max(found.height, place[0] + 1)
        found.width = max(found.width, place[1] + 1)
