"""All that points at rows beside formulas in cells, and what becomes of it when rows come or go.

Merged blocks, links, conditional formats, drop-downs, filters, tables, notes,
pictures, charts, names, pivots. It knows where Excel writes places; it moves no cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from lxml import etree

from sheetcrm.workbooks.excel.formulas import (
    LAST_ROW,
    Shift,
    Shifts,
    areas,
    follow,
    follow_rule,
    text_of,
)
from sheetcrm.workbooks.excel.markup import (
    attribute,
    local_name,
    splice_attributes,
    splice_texts,
    start_tag,
    with_attribute,
)
from sheetcrm.workbooks.excel.package import Package, Sheet
from sheetcrm.workbooks.excel.skeleton import Skeleton
from sheetcrm.workbooks.excel.tables import follow_table

__all__ = [
    "follow_elsewhere",
    "follow_on_sheet",
    "reach_down",
]

_FORMULAS = ("formula", "formula1", "formula2", "f")
_GROUPS = {
    "mergeCells",
    "conditionalFormattings",
    "conditionalFormatting",
    "dataValidations",
    "hyperlinks",
    "ignoredErrors",
    "cellWatches",
    "protectedRanges",
    "smartTags",
    "sparklines",
    "sparklineGroup",
    "sparklineGroups",
    "rowBreaks",
    "scenarios",
    "scenario",
    "ext",
    "extLst",
}
"""Elements that are nothing without what they hold."""
_STAY = {"sheetViews", "dimension", "cols", "customSheetViews", "sheetPr", "sheetFormatPr"}


# ---------------------------------------------------------------- one sheet without its rows


def follow_on_sheet(skeleton: Skeleton, home: str, own: Shift | None, shifts: Shifts) -> None:
    """Let everything on a sheet follow. `own` is what happens to its own rows."""
    for child in list(skeleton.root):
        name = local_name(child)
        if name in _STAY or name == "sheetData":
            continue
        if not _follow_element(child, home, own, shifts):
            skeleton.root.remove(child)
    if own is not None and own.count:
        _follow_breaks_and_anchors(skeleton.root, own)
        dimension = skeleton.child("dimension")
        if dimension is not None:
            dimension.set("ref", own.list(dimension.get("ref", "")) or "A1")


def _follow_element(element: etree._Element, home: str, own: Shift | None, shifts: Shifts, lowered_by: int = 0) -> bool:
    """Let an element and what it holds follow; false where nothing of it is left.

    `lowered_by`: how many rows further down the first cell is for which its formulas are written.
    """
    name = local_name(element)
    if own is not None:
        own = own.rigid if name == "mergeCell" else own
        place = element.get("sqref") or _text_of_child(element, "sqref")
        lowered_by = _lowered_by(place, own) if place else lowered_by
        for key in ("sqref", "ref", *(("r",) if name in ("cellWatch", "inputCells", "cellSmartTags") else ())):
            text = element.get(key)
            if text is not None and areas(text):
                after = (own.rigid if key == "r" else own).list(text)
                if after is None:
                    return False
                element.set(key, after)
        if name == "sqref" and element.text:
            is_one = local_name(element.getparent()) == "sparkline"
            after = (own.rigid if is_one else own).list(element.text)
            if after is None:
                return False
            element.text = after
        if name == "mergeCell" and ":" not in element.get("ref", ":"):
            return False
    held = len(element)
    for child in list(element):
        if not isinstance(child.tag, str):
            continue
        kind = local_name(child)
        if kind in _FORMULAS and not len(child):
            if child.text:
                is_rule = own is not None and name != "sparkline"
                child.text = (
                    follow_rule(child.text, home, shifts, lowered_by) if is_rule else follow(child.text, home, shifts)
                )
            continue
        if kind == "cfvo" and child.get("type") == "formula" and child.get("val"):
            child.set("val", follow(child.get("val", ""), home, shifts))
        if not _follow_element(child, home, own, shifts, lowered_by):
            if kind == "sqref":
                return False
            element.remove(child)
    if held and not [c for c in element if isinstance(c.tag, str)] and name in _GROUPS:
        return False
    if held != len(element) and element.get("count") is not None:
        element.set("count", str(len(element)))
    return True


def _text_of_child(element: etree._Element, name: str) -> str:
    return next((child.text or "" for child in element if local_name(child) == name), "")


def _lowered_by(place: str, own: Shift) -> int:
    """How many rows further down the first cell of some blocks will be."""
    before = [area for area in areas(place) if own.area(area) is not None]
    if not before:
        return 0
    after = [own.area(area) for area in before]
    return min(area.top for area in after if area) - min(area.top for area in areas(place))


def _follow_breaks_and_anchors(root: etree._Element, own: Shift) -> None:
    """Page breaks, and what embedded objects and controls say of their place."""
    for element in root.iter():
        name = local_name(element)
        if name == "brk" and local_name(element.getparent()) == "rowBreaks":
            number = int(element.get("id", "0"))
            element.set("id", str((own.row(number + 1) or number + 1) - 1))
        elif name == "anchor":
            _follow_anchor(element, own)


def _follow_anchor(anchor: etree._Element, own: Shift) -> None:
    corners = {local_name(e): e for e in anchor if local_name(e) in ("from", "to")}
    places = {name: next((e for e in corner if local_name(e) == "row"), None) for name, corner in corners.items()}
    first, last = places.get("from"), places.get("to")
    stays = local_name(anchor) == "anchor" and anchor.get("moveWithCells") not in ("1", "true")
    if stays or first is None or not (first.text or "").strip().isdigit():
        return
    before = int(first.text or "0")
    after = _row_from_0(before, own)
    first.text = str(after)
    if last is not None and (last.text or "").strip().isdigit():
        bottom = int(last.text or "0")
        is_control = local_name(anchor) == "anchor"
        moves_only = anchor.get("editAs") == "oneCell" or (
            is_control and anchor.get("sizeWithCells") not in ("1", "true")
        )
        last.text = str(bottom + after - before if moves_only else _row_from_0(bottom, own))


def _row_from_0(row: int, own: Shift) -> int:
    return min((own.row(row + 1) or row + 1) - 1, LAST_ROW - 1)


def reach_down(skeleton: Skeleton, at: int, count: int) -> bool:
    """Let rules and filters that reach to the row above `at` reach over those that come there; whether any did."""
    changed = False

    def longer(text: str) -> str:
        parts = []
        for part in text.split():
            found = areas(part)
            area = found[0] if found else None
            reaches = area is not None and area.top <= at and at - 1 <= area.bottom < at - 1 + count
            grows = reaches and area is not None and (area.top < area.bottom or area.bottom > 1)
            parts.append(text_of(area._replace(bottom=at - 1 + count)) if area and grows else part)
        return " ".join(parts)

    for element in skeleton.root.iter():
        name = local_name(element)
        if name in ("conditionalFormatting", "dataValidation", "autoFilter"):
            key = "ref" if name == "autoFilter" else "sqref"
            if element.get(key):
                after = longer(element.get(key, ""))
                changed |= after != element.get(key)
                element.set(key, after)
        elif name == "sqref" and local_name(element.getparent()) in ("conditionalFormatting", "dataValidation"):
            after = longer(element.text or "")
            changed |= after != element.text
            element.text = after
    return changed


# ---------------------------------------------------------------- other parts


def follow_elsewhere(package: Package, sheet: Sheet, shift: Shift) -> None:
    """Let every part but the cells follow: what belongs to that sheet, and what points at it from anywhere."""
    shifts = {sheet.title.casefold(): shift}
    for part in package.related(sheet.part, "table"):
        package.put(part, follow_table(package.text(part), sheet.title, shift))
    for part in package.related(sheet.part, "tableSingleCells"):
        _put(package, part, splice_attributes(package.text(part), ["singleXmlCell"], ["r"], shift.rigid.list))
    for part in package.related(sheet.part, "comments"):
        _put_xml(package, part, lambda root: _notes(root, shift))
    for part in package.related(sheet.part, "threadedComment", "threadedComments"):
        _put_xml(package, part, lambda root: _notes(root, shift))
    for part in package.related(sheet.part, "vmlDrawing"):
        _put(package, part, _vml(package.part(part), shift))
    for part in package.related(sheet.part, "pivotTable"):
        _put(package, part, splice_attributes(package.text(part), ["location"], ["ref"], shift.rigid.list))
    if shift.count:
        for part in package.related(sheet.part, "drawing"):
            _put_xml(package, part, lambda root: _drawing(root, shift))
    for part, tags, names in _pointing(package):
        data = package.text(part)
        if tags:
            data = splice_texts(data, tags, lambda text: _changed(text, sheet.title, shifts))
        if names:
            data = splice_attributes(data, *names, lambda text: _changed(text, sheet.title, shifts))
        _put(package, part, data)
    for part in package.names:
        if "pivotcachedefinition" in part and not part.endswith(".rels"):
            _put(package, part, _pivot_source(package.text(part), sheet.title, shift))
    _names(package, shifts)


def _put(package: Package, part: str, data: bytes) -> None:
    if data != package.part(part):
        package.put(part, data)


def _put_xml(package: Package, part: str, change: Callable[[etree._Element], bool]) -> None:
    root = package.xml(part)
    if change(root):
        package.put_xml(part, root)


def _changed(formula: str, home: str, shifts: Shifts) -> str | None:
    after = follow(formula, home, shifts)
    return None if after == formula else after


def _pointing(package: Package) -> Iterator[tuple[str, list[str], tuple[list[str], list[str]] | None]]:
    """Parts that hold formulas of their own: the elements, or elements and attributes, in which they stand."""
    for part in package.names:
        if part.endswith(".rels"):
            continue
        if "/charts/" in part and part.endswith(".xml"):
            yield part, ["f"], None
        elif "/drawings/" in part and part.endswith(".xml"):
            yield part, [], (["sp", "cxnSp", "pic", "graphicFrame"], ["textlink", "fLocksText"])
        elif "/ctrlprops/" in part:
            yield part, [], (["formControlPr"], ["fmlaLink", "fmlaRange", "fmlaTxbx", "fmlaGroup"])


def _notes(root: etree._Element, shift: Shift) -> bool:
    changed = False
    for note in [e for e in root.iter() if local_name(e) in ("comment", "threadedComment")]:
        after = shift.rigid.list(note.get("ref", ""))
        if after is None:
            parent = note.getparent()
            if parent is not None:
                parent.remove(note)
            changed = True
        elif after != note.get("ref"):
            note.set("ref", after)
            changed = True
    return changed


_SHAPE = re.compile(rb"<v:shape(?=[\s>])[^>]*(?:/>|>.*?</v:shape>)\s*", re.DOTALL)
_NOTE_ROW = re.compile(rb"(<x:Row>\s*)(\d+)(\s*</x:Row>)")
_NOTE_COLUMN = re.compile(rb"<x:Column>\s*(\d+)\s*</x:Column>")
_ANCHOR = re.compile(rb"(<x:Anchor>\s*)([-\d,\s]+?)(\s*</x:Anchor>)")


def _vml(data: bytes, shift: Shift) -> bytes:
    """The shapes of notes and old controls. VML is not always XML, so it is searched."""

    def moved(match: re.Match[bytes]) -> bytes:
        shape = match[0]
        row, column = _NOTE_ROW.search(shape), _NOTE_COLUMN.search(shape)
        if b'ObjectType="Note"' in shape and row and column:
            if not shift.holds(int(column[1]) + 1):
                return shape
            after = shift.row(int(row[2]) + 1)
            if after is None:
                return b""
            by = after - 1 - int(row[2])
            shape = _NOTE_ROW.sub(lambda m: m[1] + b"%d" % (after - 1) + m[3], shape)
            return _ANCHOR.sub(lambda m: m[1] + _anchor(m[2], lambda r: max(r + by, 0)) + m[3], shape) if by else shape
        if shift.count:
            return _ANCHOR.sub(lambda m: m[1] + _anchor(m[2], lambda r: _row_from_0(r, shift)) + m[3], shape)
        return shape

    return _SHAPE.sub(moved, data)


def _anchor(text: bytes, move: Callable[[int], int]) -> bytes:
    numbers = text.split(b",")
    if len(numbers) == 8:
        for place in (2, 6):
            before = numbers[place].strip()
            if before.isdigit():
                numbers[place] = numbers[place].replace(before, b"%d" % move(int(before)))
    return b",".join(numbers)


def _drawing(root: etree._Element, shift: Shift) -> bool:
    for anchor in root:
        if local_name(anchor) in ("twoCellAnchor", "oneCellAnchor") and anchor.get("editAs") != "absolute":
            _follow_anchor(anchor, shift)
        elif local_name(anchor) == "AlternateContent":
            for inner in anchor.iter():
                if local_name(inner) in ("twoCellAnchor", "oneCellAnchor") and inner.get("editAs") != "absolute":
                    _follow_anchor(inner, shift)
    return True


def _pivot_source(data: bytes, title: str, shift: Shift) -> bytes:
    def moved(match: re.Match[bytes]) -> bytes:
        tag, place = match[0], attribute(match[0], b"ref")
        if place is None or (attribute(tag, b"sheet") or "").casefold() != title.casefold() or b"r:id" in tag:
            return tag
        after = shift.list(place)
        return tag if after is None or after == place else with_attribute(tag, b"ref", after)

    return start_tag("worksheetSource").sub(moved, data)


def _names(package: Package, shifts: Shifts) -> None:
    data = package.text(package.workbook_part)
    _put(package, package.workbook_part, splice_texts(data, ["definedName"], lambda text: _changed(text, "", shifts)))
