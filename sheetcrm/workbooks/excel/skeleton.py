"""A sheet without its rows, as XML: columns, views, merged blocks, rules, links.

It is small however many rows there are. It knows the order in which the schema
wants things; it knows no cells.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from copy import deepcopy

from lxml import etree

from sheetcrm.workbooks.excel.formulas import LAST_COLUMN, Area, areas, text_of
from sheetcrm.workbooks.excel.markup import REST_OF_TAG, local_name, parse_xml
from sheetcrm.workbooks.excel.package import insert_in_order
from sheetcrm.workbooks.excel.rows import Blocked, Rows

__all__ = ["Skeleton"]

ORDER = (
    "sheetPr dimension sheetViews sheetFormatPr cols sheetData sheetCalcPr sheetProtection protectedRanges scenarios "
    "autoFilter sortState dataConsolidate customSheetViews mergeCells phoneticPr conditionalFormatting dataValidations "
    "hyperlinks printOptions pageMargins pageSetup headerFooter rowBreaks colBreaks customProperties cellWatches "
    "ignoredErrors smartTags drawing legacyDrawing legacyDrawingHF drawingHF picture oleObjects controls "
    "webPublishItems tableParts extLst"
).split()


class Skeleton:
    """What stands around the rows of one tab."""

    def __init__(self, rows: Rows) -> None:
        start = re.search(rb"<[A-Za-z_]", rows.head)
        self._prolog = rows.head[: start.start() if start else 0]
        try:
            self.root = parse_xml(rows.head + rows.tail)
        except etree.XMLSyntaxError as error:
            raise Blocked("damaged-file") from error

    def around(self, rows: Rows) -> tuple[bytes, bytes]:
        """What stands before the rows and after them now."""
        data = self._prolog + etree.tostring(self.root, encoding="UTF-8", xml_declaration=False)
        match = re.search(rb"<((?:[\w.-]+:)?)sheetData(?=[\s/>])(" + REST_OF_TAG + rb")(/>|>\s*</\1sheetData>)", data)
        if match is None:
            raise Blocked("damaged-file")
        name = match[1] + b"sheetData"
        head = data[: match.start()] + b"<" + name + match[2].rstrip() + b">"
        return head, b"</" + name + b">" + data[match.end() :]

    # ------------------------------------------------------------ looking

    def child(self, name: str) -> etree._Element | None:
        """The child of that name."""
        return next((child for child in self.root if local_name(child) == name), None)

    @property
    def merged(self) -> list[Area]:
        """Every merged block."""
        group = self.child("mergeCells")
        return [] if group is None else [area for e in group for area in areas(e.get("ref", ""))]

    @property
    def sparklines(self) -> list[Area]:
        """Every cell with a small chart in it."""
        cells = (e for e in self.root.iter() if local_name(e) == "sqref" and local_name(e.getparent()) == "sparkline")
        return [area for cell in cells for area in areas(cell.text or "")]

    @property
    def filtered(self) -> Area | None:
        """The block of the tab's own filter."""
        group = self.child("autoFilter")
        return None if group is None else next(iter(areas(group.get("ref", ""))), None)

    @property
    def is_protected(self) -> bool:
        """Whether the team protected the tab against being changed."""
        lock = self.child("sheetProtection")
        return lock is not None and lock.get("sheet") in ("1", "true")

    def column_style(self, column: int) -> int:
        """The style that a new cell of a column has."""
        look = self._column(column)
        return int(look.get("style", "0")) if look is not None else 0

    def _column(self, column: int) -> etree._Element | None:
        group = self.child("cols")
        spans = () if group is None else group
        return next((c for c in spans if int(c.get("min", "0")) <= column <= int(c.get("max", "0"))), None)

    def links(self) -> Iterator[tuple[Area, etree._Element]]:
        """Every hyperlink with its block."""
        group = self.child("hyperlinks")
        for link in group if group is not None else ():
            for area in areas(link.get("ref", "")):
                yield area, link

    # ------------------------------------------------------------ changing

    def ensure(self, name: str) -> etree._Element:
        """The child of that name, made where the schema wants it if it is not there."""
        child = self.child(name)
        if child is None:
            child = self.element(name)
            insert_in_order(self.root, child, ORDER)
        return child

    def element(self, name: str, **attributes: str) -> etree._Element:
        """A new element of the sheet's namespace."""
        element = etree.Element(f"{{{etree.QName(self.root).namespace or ''}}}{name}")
        for key, value in attributes.items():
            element.set(key, value)
        return element

    def unmerge(self, blocks: Iterable[Area]) -> None:
        """Divide merged blocks."""
        gone, group = {text_of(block) for block in blocks}, self.child("mergeCells")
        if group is None or not gone:
            return
        for element in list(group):
            if element.get("ref") in gone:
                group.remove(element)
        if len(group):
            group.set("count", str(len(group)))
        else:
            self.root.remove(group)

    def set_column(self, column: int, *, width: float | None = None, like: etree._Element | None = None) -> None:
        """How wide a column is, and how it looks, for this column alone, to be seen: neighbours may share one entry."""
        group = self.ensure("cols")
        shared = self._column(column)
        entry = self.element("col") if shared is None else deepcopy(shared)
        if shared is not None:
            first, last = int(shared.get("min", "1")), int(shared.get("max", "1"))
            place = group.index(shared)
            group.remove(shared)
            for low, high in ((column + 1, last), (first, column - 1)):
                if low <= high:
                    part = deepcopy(shared)
                    part.set("min", str(low))
                    part.set("max", str(high))
                    group.insert(place, part)
        if like is not None:
            for name in ("width", "style", "customWidth"):
                if like.get(name) is not None:
                    entry.set(name, like.get(name, ""))
        if width is not None:
            entry.set("width", str(width))
            entry.set("customWidth", "1")
        for name in ("hidden", "collapsed"):
            entry.attrib.pop(name, "")
        entry.set("min", str(column))
        entry.set("max", str(min(column, LAST_COLUMN)))
        if entry.get("width") is None:
            entry.set("width", "9.140625")
        later = next((n for n, other in enumerate(group) if int(other.get("min", "0")) > column), len(group))
        group.insert(later, entry)

    def column_like(self, column: int) -> etree._Element | None:
        """The entry of a column, to make another like it."""
        return self._column(column)

    def hide_grid(self) -> None:
        """Show no lines between cells."""
        self._view().set("showGridLines", "0")

    def freeze_first_row(self) -> None:
        """Let the first row stand while the others scroll."""
        pane = self.element("pane", ySplit="1", topLeftCell="A2", activePane="bottomLeft", state="frozen")
        self._view().insert(0, pane)

    def print_across(self) -> None:
        """Print a new tab in landscape, as wide as a page."""
        self.ensure("sheetPr").append(self.element("pageSetUpPr", fitToPage="1"))
        page = self.ensure("pageSetup")
        for name, value in (("paperSize", "9"), ("orientation", "landscape"), ("fitToHeight", "0")):
            page.set(name, value)

    def _view(self) -> etree._Element:
        views = self.ensure("sheetViews")
        if not len(views):
            views.append(self.element("sheetView", workbookViewId="0"))
        return views[0]

    def add_link(self, area: Area, link: etree._Element) -> None:
        """A hyperlink over a block."""
        link.set("ref", text_of(area))
        self.ensure("hyperlinks").append(link)
