"""Who judges an edited workbook as a package: the shared checker, and what it does not look at.

A judge is told what an edit did and says in lines what else is different; no lines
is a good word. None of them uses our editor.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from benchmarks.corpus_edits import NEW_TAB, Made, Place, checker, letters

__all__ = ["LIMITS", "Limit", "checked", "reason_of", "stray_headers", "stray_rules", "stray_shapes"]


@dataclass(frozen=True)
class Limit:
    """A false alarm of the checker that was looked into."""

    file: str
    edits: str
    line: str
    """A pattern of all that it says."""
    reason: str


LIMITS = (
    Limit(
        "paper-xlsx__conditional-formatting.xlsx",
        "insert fill",
        r"sheet element lost .*<conditionalFormatting> 1 of 30: .*'A1:A1048576'\)\]$",
        "a block that ends in the last row would end below it",
    ),
    Limit(
        "open-xml-sdk__missingcalcchainpart.xlsx",
        "insert fill",
        r"sheet element lost .*<rowBreaks> 1 of 1",
        "the number of a page break is its row and follows",
    ),
    Limit(
        "paper-xlsx__gauntlet.xlsx",
        "remove",
        r"sheet element lost .*<extLst> 1 of 1: extLst \[\('sqref', 'F3'\)\]",
        "of two extensions one lay in a row that is gone",
    ),
    Limit(
        "closedxml__SingleRowAutoFilter.xlsx",
        "remove",
        r"sheet element lost .*<autoFilter> 1 of 1: autoFilter \[\('autoFilter@ref', 'A1:B1'\)\]",
        "the row of the filter is gone, and how it sorted with it",
    ),
    Limit(
        "closedxml__SampleSparklines.xlsx",
        "remove",
        r"sheet element lost .*<extLst> 1 of 1: extLst \[\('sqref', 'B2'\)\]",
        "of several sparklines one lay in a row that is gone",
    ),
    *(
        Limit(
            file,
            "remove",
            r"part changed: xl/drawings/vmlDrawing1\.vml .*; elements lost: pathx2, shapex2, fillx2, shadowx2$",
            "both notes lay in rows that are gone, and their frames with them",
        )
        for file in ("poi__57828.xlsx", "poi__64759.xlsx")
    ),
    Limit(
        "poi__stress002.xlsx",
        "insert fill",
        r"part changed: xl/ctrlProps/ctrlProp2[14]\.xml \((195 -> 195|213 -> 213) bytes\)",
        "the cell that a control is linked to follows",
    ),
    *(
        Limit(
            file,
            "insert remove",
            r"checked stumbled: IndexError: .*\(check_lossless\.py:460 ",
            "cells that are mapped one by one stand in xl/tables, and are no table",
        )
        for file in ("npoi__GLIMP2.xlsx", "phpspreadsheet__issue.3665.xlsx", "poi__55924.xlsx")
    ),
    *(
        Limit(
            file,
            "set append replace fill",
            r"cells: style: [^;]+ cell\(s\)(; [A-Z]+\d+ \('default',\) -> \(0,\))+$",
            "the file had no styles; the first of the new ones looks the same",
        )
        for file in ("calamine__inlineStr_cdata.xlsx", "poi__59021.xlsx")
    ),
    *(
        Limit(
            file,
            "fill",
            r"sheet element lost .*: Sheet1: <(controls|oleObjects)> 1 of 1: \1 \[\] \(structure\)$",
            "controls and objects that move with cells stand further down, in the sheet's own part",
        )
        for file in ("open-xml-sdk__ActiveXControls-O12-XL-Controls.xlsx", "open-xml-sdk__OLE-O12-XL-OLE.xlsx")
    ),
)


def reason_of(line: str, file: str, edit: str) -> str:
    """Why a line of the checker is a false alarm; empty where it is not known to be one."""
    known = (it for it in LIMITS if it.file == file and edit in it.edits.split() and re.match(it.line, line))
    return next((it.reason for it in known), "")


# ---------------------------------------------------------------- the checker


def checked(original: Path, edited: Path, made: Made) -> list[str]:
    """What the checker has against an edit."""
    args = argparse.Namespace(allow=None, allow_part=None, caches="strict", bytes_strict=False, full=False, no_lo=True)
    before, after = _book(original), _book(edited)
    told: dict[str, Any] = {"sheets": made.spec(), "parts": _renamed_columns(before, after)}
    # A file without any styles gets some; a new tab is a new part.
    new_parts = [after.styles_part] if not before.styles_part else []
    lines = []
    if made.title == NEW_TAB:
        lines = list(_new_tab(before.meta, after.meta))
        new_parts.append(after.sheets.get(NEW_TAB, ("", ""))[1])
    told["new_parts"] = [part for part in new_parts if part]
    report, _ = checker().check(str(original), str(edited), args, told)
    if made.title == NEW_TAB:
        report.errors.pop("sheet list changed", None)
    if made.removed or made.inserted:
        # For the checker this is a warning, because a row that comes at the end may stretch a name.
        report.errors["defined name"] = report.warns.get("defined name geometry", [])
    return lines + [f"{kind}: {line}" for kind, found in report.errors.items() for line in found]


@lru_cache(maxsize=2)
def _book(path: Path) -> Any:
    """A workbook as the checker reads it. It is kept from one judge to the next: no file is judged and edited again."""
    return checker().Book(checker().Pkg(str(path)))


def _new_tab(before: Sequence[tuple[str, str, str]], after: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """The checker calls every new sheet a damage; here is what must be true of it."""
    if after[:-1] != before or after[-1][0::2] != (NEW_TAB, "visible"):
        yield f"sheet list: {before} became {after}"
    if after[-1][1] in {number for _, number, _ in before}:
        yield f"sheet list: the number {after[-1][1]} was taken"


def _renamed_columns(before: Any, after: Any) -> list[str]:
    """Parts of tables in which nothing but names of columns changed; `stray_headers` looks at these."""

    def without_names(book: Any, part: str) -> Any:
        root = deepcopy(book.p.tree(part))
        for column in root.iter():
            if checker().ln(column) == "tableColumn":
                column.set("name", "")
        return checker().canon(root)

    parts = [part for part in before.p.parts if "/tables/" in part and part.endswith(".xml") and part in after.p.parts]
    return [part for part in parts if without_names(before, part) == without_names(after, part)]


# ---------------------------------------------------------------- tables


def stray_headers(original: Path, edited: Path, made: Made) -> list[str]:
    """Headers that no longer say what their table calls the column, which Excel takes for a damaged file."""
    before, after = (dict(_headers(_book(path))) for path in (original, edited))
    was_so = {made.moved(place) for place, (name, said) in before.items() if name != said}
    return [
        f"table header: {place[0]}!{letters(place[2])}{place[1]} says {said!r}, its table {name!r}"
        for place, (name, said) in after.items()
        if name != said and place not in was_so
    ]


def _headers(book: Any) -> Iterator[tuple[Place, tuple[str, object]]]:
    """Each header of a table: what the table calls the column, and what the cell says if that is text."""
    for tab, (kind, part) in book.sheets.items():
        related = book.p.rels(part).values() if kind == "worksheet" and part else ()
        for table in (book.p.tree(book.p.get(target)) for type_, target, _ in related if type_ == "table"):
            if table.get("headerRowCount") == "0":
                continue
            cells = book.sheet(tab)[0]
            ((left, top, _, _),) = checker().sq(table.get("ref"))
            names = [it.get("name") for it in table.iter() if checker().ln(it) == "tableColumn"]
            for column, name in enumerate(names, left):
                kind, value, *_ = cells.get((top, column), ("empty", None))
                name = re.sub("_x([0-9A-Fa-f]{4})_", lambda code: chr(int(code[1], 16)), name)
                yield (tab, top, column), (name, value[0] if kind == "text" else value)


# ---------------------------------------------------------------- rules, which the checker does not read


def stray_rules(original: Path, edited: Path, made: Made) -> list[str]:
    """Formulas of conditional formats, drop-downs and sparklines that do not follow the rows."""
    if not (made.removed or made.inserted):
        return []
    have = {(tab, formula) for tab, _, formula, _ in _rules(_book(edited))}
    wanted = ((tab, _rule_after(*rule, made)) for rule in _rules(_book(original)) for tab in rule[:1])
    astray = sorted({(tab, formula) for tab, formula in wanted if formula and (tab, formula) not in have})
    return [f"rule: {tab} has none with {formula!r}" for tab, formula in astray]


def _rules(book: Any) -> Iterator[tuple[str, tuple[int, int], str, bool]]:
    """Tab, first cell, formula, and whether what is relative in it goes with that cell."""
    for tab, (kind, part) in book.sheets.items():
        for element in book.p.tree(part).iter() if kind == "worksheet" and part else ():
            own = element.get("sqref") or next((it.text for it in element if checker().ln(it) == "sqref"), None)
            if blocks := checker().sq(own):
                column, row = min(block[0] for block in blocks), min(block[1] for block in blocks)
                relative = checker().ln(element) != "sparkline"
                for it in element.iter():
                    if checker().ln(it) in ("formula", "formula1", "formula2", "f") and (it.text or "").strip():
                        yield tab, (row, column), it.text, relative


def _rule_after(tab: str, first: tuple[int, int], formula: str, relative: bool, made: Made) -> str:
    """The formula after the edit; empty where its first cell is gone, for then another cell is the first."""
    now = made.moved((tab, *first))
    if now is None:
        return ""
    maps = {made.title: checker().RowMap(made.spec()[made.title])}

    def after(sheet: str | None, *corners: str | None) -> str:
        column, row, last_column, last_row = corners
        text = (column or "") + (row or "") + (f":{last_column or ''}{last_row}" if last_row else "")
        if relative and any(it and not it.startswith("$") for it in (row, last_row)):
            return str(checker().translate(text, now[1] - first[0], 0))
        prefix = sheet + "!" if sheet else ""
        return str(checker().remap_formula(prefix + text, tab, maps)).removeprefix(prefix)

    return str(checker().map_formula(formula, after))


# ---------------------------------------------------------------- what Excel repairs


def stray_shapes(original: Path, edited: Path, made: Made) -> list[str]:
    """Sheets that Excel would want to repair: empty groups, merged blocks that overlap, elements out of order."""
    return sorted({*_shapes(_book(edited))} - {*_shapes(_book(original))})


def _shapes(book: Any) -> Iterator[str]:
    name_of = checker().ln
    for tab, (kind, part) in book.sheets.items():
        root = book.p.tree(part) if kind == "worksheet" and part else ()
        order = [ORDER.index(name_of(child)) for child in root if name_of(child) in ORDER]
        if order != sorted(order):
            yield f"shape: {tab} has its elements out of order"
        for element in root.iter() if len(root) else ():
            if name_of(element) in GROUPS and not len(element):
                yield f"shape: {tab} has <{name_of(element)}> with nothing in it"
        merged = [checker().sq(it.get("ref"))[0] for child in root if name_of(child) == "mergeCells" for it in child]
        for number, (left, top, right, bottom) in enumerate(merged):
            for other in merged[:number]:
                if left <= other[2] and other[0] <= right and top <= other[3] and other[1] <= bottom:
                    yield f"shape: {tab} merges {letters(left)}{top} twice"


ORDER = (
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations "
    "hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
    "ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls "
    "webPublishItems tableParts extLst"
).split()

GROUPS = (
    "cols protectedRanges scenarios mergeCells conditionalFormatting conditionalFormattings dataValidations hyperlinks "
    "cellWatches ignoredErrors smartTags oleObjects controls tableParts sparklines sparklineGroups extLst ext"
).split()
