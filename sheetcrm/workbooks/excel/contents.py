"""What a workbook holds beside cells, counted: what a careful editor must keep.

It looks at the kinds of parts and, for what hides inside a tab, at its XML. It
changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import NamedTuple

from sheetcrm.workbooks.excel.package import Package

__all__ = ["TabContents", "contents_of", "tabs_of"]

_PARTS = {
    "table": "tables",
    "comments": "comments",
    "threadedcomments": "conversations",
    "chart": "charts",
    "chartex": "charts",
    "pivottable": "pivots",
    "slicer": "slicers",
    "timeline": "slicers",
    "vbaproject": "macros",
    "controlproperties": "controls",
    "activex": "controls",
    "oleobject": "embedded",
    "connections": "connections",
    "querytable": "connections",
    "externallink": "external-links",
    "sheetmetadata": "dynamic-arrays",
    "chartsheet": "other-sheets",
    "dialogsheet": "other-sheets",
    "macrosheet": "other-sheets",
    "webextension": "add-ins",
    "diagramdata": "shapes",
}
"""By the last word of a part's content type."""

_IN_DRAWINGS = {"pictures": rb"<(?:\w+:)?pic[\s>]", "shapes": rb"<(?:\w+:)?(?:sp|cxnSp)[\s>]"}
_IN_SHEETS = {
    "rules": rb"<(?:\w+:)?cfRule[\s>]",
    "drop-downs": rb"<(?:\w+:)?dataValidation[\s>]",
    "links": rb"<(?:\w+:)?hyperlink[\s>]",
    "merged": rb"<(?:\w+:)?mergeCell[\s>/]",
    "sparklines": rb"<(?:\w+:)?sparkline>",
    "formulas": rb"<(?:\w+:)?f[\s>]",
}


class TabContents(NamedTuple):
    """One tab as a file lists it."""

    title: str
    kind: str
    """worksheet, chartsheet, dialogsheet, …"""
    state: str
    """visible, hidden or veryHidden."""
    rows: int
    """How many rows have cells."""
    is_protected: bool


def tabs_of(package: Package) -> list[TabContents]:
    """Every tab, in the order of the file."""
    found = []
    for sheet in package.sheets:
        xml = package.text(sheet.part) if sheet.part else b""
        rows = len(re.findall(rb"<(?:\w+:)?row[\s>][^>]*[^>/]>", xml))
        lock = re.search(rb"<(?:\w+:)?sheetProtection[^>]*\ssheet=\"(?:1|true)\"", xml)
        found.append(TabContents(sheet.title, sheet.kind, sheet.state, rows, lock is not None))
    return found


def contents_of(package: Package) -> dict[str, int]:
    """Kind of thing → how many there are; only what is there."""
    count: Counter[str] = Counter()
    for name, content_type in package.content_types.items():
        kind = content_type.lower().removesuffix("+xml").rpartition(".")[2]
        if kind in _PARTS:
            count[_PARTS[kind]] += 1
        elif kind == "drawing":
            count.update({what: len(re.findall(pattern, package.text(name))) for what, pattern in _IN_DRAWINGS.items()})
        elif kind == "worksheet":
            count.update({what: len(re.findall(pattern, package.text(name))) for what, pattern in _IN_SHEETS.items()})
    if package.is_signed:
        count["signatures"] = 1
    return {what: number for what, number in sorted(count.items()) if number}
