"""A template filled with an offer: placeholders say what the offer says, rows come once per line, totals stay alive.

The template is edited as it lies in the file, so whatever else its makers put there
stays. People's texts are texts, whatever they begin with. It knows placeholders and
offers; where they stand is known to `template`, how rows repeat to `repeating`.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import NamedTuple

from sheetcrm.money import minor_digits
from sheetcrm.offers import Offer
from sheetcrm.placeholders import NAMES, Value, filled, line_values, offer_values, vat_values
from sheetcrm.problems import UsageError
from sheetcrm.tables import Formula
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.formats import percent_of, showing, shows_percent
from sheetcrm.workbooks.excel.formulas import Area, text_of
from sheetcrm.workbooks.excel.markup import check_whole, splice_texts, unescaped
from sheetcrm.workbooks.excel.record import record_of, write_record
from sheetcrm.workbooks.excel.repeating import Copies, Say, fill_copies, repeat, widen_sums
from sheetcrm.workbooks.excel.results import put_right
from sheetcrm.workbooks.excel.roominess import Written, make_rows_high_enough
from sheetcrm.workbooks.excel.rows import NewCell
from sheetcrm.workbooks.excel.tab import TabEditor
from sheetcrm.workbooks.excel.template import Block, Spot, Template, drawing_parts, places
from sheetcrm.workbooks.excel.values import content_of
from sheetcrm.workbooks.looks import date_format

__all__ = ["fill_template", "standard_template", "suffix_for"]

MAX_HEADER = 255
"""Signs that Excel takes in a header or footer."""


_TYPES = "[Content_Types].xml"
_OF_TEMPLATES = {
    b"application/vnd.openxmlformats-officedocument.spreadsheetml.template.main+xml": (
        b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    ),
    b"application/vnd.ms-excel.template.macroEnabled.main+xml": (
        b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    ),
}
"""What Excel calls its own templates (.xltx, .xltm), and what their workbooks."""


def standard_template(language: str) -> tuple[str, bytes]:
    """The template that comes with sheetcrm: its name, and what it holds."""
    name = "offer_template_ro.xlsx" if language == "ro" else "offer_template.xlsx"
    package = Path(str(files("sheetcrm")))
    # In a checkout they stand beside the package, where people find them.
    path = next(folder / name for folder in (package / "templates", package.parent / "templates") if folder.is_dir())
    return name, path.read_bytes()


def suffix_for(template: str | Path) -> str:
    """How the name of a file ends that is made from that template: with macros, Excel wants another."""
    return ".xlsm" if Path(template).suffix.lower() in (".xlsm", ".xltm") else ".xlsx"


def fill_template(template: str | Path, offer: Offer, *, data: bytes | None = None) -> bytes:
    """The file of an offer. `data` is what the template holds, where that is known; it is not written.

    Raises `UsageError` where the template has mistakes (`check_template` names them),
    and `Unsupported` where it is no file that can be edited, or holds what cannot be divided.
    """
    file = XlsxFile(template, data=data)
    file.book.day_format = date_format(offer.language)
    found = Template(file)
    if found.errors:
        first, *others = found.errors
        raise UsageError("offers/template-wrong", file=file.path.name, first=first, more=len(others))
    with file.package.guarded():
        _Filling(file, found, offer).fill()
        write_record(file.package, record_of(offer))
        _make_workbook(file)
    file.finish()
    with file.package.guarded():
        for name in file.package.changed_names:
            if name.endswith((".xml", ".rels")) and name in file.package.names:
                check_whole(file.package.part(name))
    out = BytesIO()
    file.package.write(out)
    return out.getvalue()


_PIECES = re.compile(rb"<(?:[\w.-]+:)?t(?:\s[^>]*)?>([^<]*)</")


def _plain(number: Decimal) -> str:
    return format(number.normalize(), "f")


def _piece(piece: str, values: Mapping[str, Value], offer: Offer) -> str | None:
    """A piece of a text, filled; None where it has no placeholder."""
    return filled(piece, values, offer) if "{{" in piece else None


def _for_header(text: str) -> str:
    return " ".join(text.replace("&", "&&").split())


def _make_workbook(file: XlsxFile) -> None:
    """What is made from one of Excel's own templates is a workbook, or Excel does not open it."""
    before = after = file.package.text(_TYPES)
    for template, workbook in _OF_TEMPLATES.items():
        after = after.replace(template, workbook)
    if after != before:
        file.package.put(_TYPES, after)


class _Place(NamedTuple):
    """A placeholder that has a cell of its own."""

    title: str
    row: int
    column: int
    block: Block | None


class _Filling:
    """One template, and one offer for it."""

    def __init__(self, file: XlsxFile, template: Template, offer: Offer) -> None:
        self._file, self._template, self._offer = file, template, offer
        self._styles = file.book.styles
        self._digits = minor_digits(offer.currency)
        self._values = offer_values(offer)
        self._places = self._found_places()
        self._lines = self._places.get("line.value")
        self._written: list[Written] = []
        """Texts that may need room, in the rows where they stand at last."""
        self._known: set[tuple[str, int, int]] = set()
        """Formulas of ours: what they come to is known."""
        self._filled: dict[str, list[Area]] = defaultdict(list)

    def fill(self) -> None:
        """All that is to be done but the record."""
        file, blocks = self._file, self._template.blocks
        singles = {
            (title, place): spot
            for title, spots in self._template.spots.items()
            for place, spot in spots.items()
            if not any(block.top <= place[0] <= block.bottom for block in blocks[title])
        }
        counts = {"line": len(self._offer.lines), "vat": len(self._offer.totals.vat)}
        for title in file.tabs:
            mine = {place: spot for (tab, place), spot in singles.items() if tab == title}
            cells = {place: self._single(title, place, spot, counts) for place, spot in mine.items()}
            file.tab(title).write(cells)
            self._fill_header(file.tab(title))
        self._fill_drawings()
        widen_sums(file, blocks)
        copies, moves, before = repeat(file, blocks, counts)
        fill_copies(file, copies, moves, before, self._said_in)
        for one in copies:
            self._filled[one.title].append(Area(1, one.top, 1 << 14, one.bottom))
        for title in file.tabs:
            file.tab(title).carry_out()
        put_right(file, self._filled, self._known)
        make_rows_high_enough(file, self._written)

    def _found_places(self) -> dict[str, _Place]:
        """The first cell of each placeholder that stands alone."""
        found: dict[str, _Place] = {}
        for title, spots in self._template.spots.items():
            for (row, column), spot in sorted(spots.items()):
                block = next((b for b in self._template.blocks[title] if b.top <= row <= b.bottom), None)
                if spot.name and spot.name not in found:
                    found[spot.name] = _Place(title, row, column, block)
        return found

    # ------------------------------------------------------------ cells that stand once

    def _single(self, title: str, place: tuple[int, int], spot: Spot, counts: Mapping[str, int]) -> NewCell:
        row, column = place
        above = (b for b in self._template.blocks[title] if b.bottom < row)
        at_last = row + sum((counts[b.kind] - 1) * b.height for b in above)
        self._filled[title].append(Area(column, at_last, column, at_last))
        formula = self._total(spot.name, title)
        return self._cell(title, spot, self._values, formula, (at_last, column))

    def _total(self, name: str, home: str) -> str:
        """The formula of a total; "" where the template has not what it needs."""
        net = self._range("line.value", home)
        if name == "offer.net":
            return f"SUM({net})" if net else ""
        if name == "offer.vat":
            return self._vat(home)
        if name == "offer.total" and net:
            said = self._one("offer.net", home) or f"SUM({net})"
            vat = self._one("offer.vat", home) or self._vat(home)
            return f"{said}+{vat}" if vat else ""
        return ""

    def _vat(self, home: str) -> str:
        """The tax of all rates."""
        amounts, rates, values = (self._range(name, home) for name in ("vat.amount", "line.vat_rate", "line.value"))
        if amounts:
            return f"SUM({amounts})"
        vat = self._offer.totals.vat
        if not rates and values and len(vat) == 1:
            return f"ROUND(SUM({values})*{_plain(vat[0].percent.scaleb(-2))},{self._digits})"
        if not (rates and values):
            return ""
        scale = self._scale("line.vat_rate")
        parts = []
        for line in vat:
            rate = line.percent.scaleb(-2)
            base = f"SUMIF({rates},{_plain(rate * scale)},{values})"
            parts.append(f"ROUND({base}*{_plain(rate)},{self._digits})")
        return "+".join(parts)

    def _range(self, name: str, home: str) -> str:
        """The column of a placeholder over the rows that repeat, as they stand in the template."""
        place = self._places.get(name)
        if place is None or place.block is None or (name.startswith("line.") and not self._beside_values(place)):
            return ""
        return self._tab(place, home) + places(place.column, place.row, place.row, absolute=True)

    def _beside_values(self, place: _Place) -> bool:
        """Whether it stands in the rows in which the values of lines stand."""
        return self._lines is not None and (place.title, place.block) == (self._lines.title, self._lines.block)

    def _one(self, name: str, home: str) -> str:
        place = self._places.get(name)
        if place is None or place.block is not None:
            return ""
        return self._tab(place, home) + text_of(Area(place.column, place.row, place.column, place.row))

    @staticmethod
    def _tab(place: _Place, home: str) -> str:
        quoted = place.title.replace("'", "''")
        return "" if place.title == home else f"'{quoted}'!"

    def _scale(self, name: str) -> int:
        """1 where rates stand as fractions in the cells of a placeholder, 100 where as plain numbers."""
        place = self._places[name]
        style = self._template.spots[place.title][place.row, place.column].style
        return 1 if shows_percent(self._styles.format_of(style)) else 100

    # ------------------------------------------------------------ rows that repeat

    def _said_in(self, one: Copies) -> Say:
        spots, tab = self._template.spots[one.title], one.title
        vat = self._offer.totals.vat
        values: dict[int, dict[str, Value]] = {}

        def say(number: int, row: int, column: int, to: int) -> NewCell | None:
            spot = spots.get((row, column))
            if spot is None:
                return None
            if number not in values:
                own = line_values(self._offer, number) if one.block.kind == "line" else vat_values(vat[number])
                values[number] = {**self._values, **own}
            formula = self._in_row(spot.name, one, number)
            return self._cell(tab, spot, values[number], formula, (to, column))

        return say

    def _in_row(self, name: str, one: Copies, number: int) -> str:
        """The formula of a value in a row that repeats; "" where the template has not what it needs."""

        def here(other: str) -> str:
            place = self._places.get(other)
            if place is None or (place.title, place.block) != (one.title, one.block):
                return ""
            row = one.top + number * one.block.height + place.row - one.block.top
            return text_of(Area(place.column, row, place.column, row))

        if name == "line.value":
            return self._value(here("line.quantity"), here("line.unit_price"), here("line.discount"))
        rate = here("vat.rate")
        if name not in ("vat.base", "vat.amount") or not rate:
            return ""
        base = here("vat.base") if name == "vat.amount" else ""
        scale = self._scale("vat.rate")
        if not base:
            rates, values = self._final("line.vat_rate", one.title), self._final("line.value", one.title)
            if not (rates and values) or self._scale("line.vat_rate") != scale:
                return ""
            base = f"SUMIF({rates},{rate},{values})"
        if name == "vat.base":
            return base
        return f"ROUND({base}*{rate}{'/100' if scale > 1 else ''},{self._digits})"

    def _value(self, quantity: str, price: str, discount: str) -> str:
        if not (quantity and price):
            return ""
        if discount:
            less = f"{discount}/100" if self._scale("line.discount") > 1 else discount
            return f"ROUND({quantity}*{price}*(1-{less}),{self._digits})"
        if any(line.discount_percent for line in self._offer.lines):
            return ""
        return f"ROUND({quantity}*{price},{self._digits})"

    def _final(self, name: str, home: str) -> str:
        """The column of a placeholder over all lines, where they stand at last."""
        place = self._places.get(name)
        if place is None or place.block is None or not self._beside_values(place):
            return ""
        counts = {"line": len(self._offer.lines), "vat": len(self._offer.totals.vat)}
        above = (b for b in self._template.blocks[place.title] if b.bottom < place.row and b is not place.block)
        top = place.row + sum((counts[b.kind] - 1) * b.height for b in above if b.bottom < place.block.top)
        bottom = top + (counts[place.block.kind] - 1) * place.block.height
        return self._tab(place, home) + places(place.column, top, bottom, absolute=True)

    # ------------------------------------------------------------ one cell

    def _cell(
        self, title: str, spot: Spot, values: Mapping[str, Value], formula: str, place: tuple[int, int]
    ) -> NewCell:
        tab = self._file.tab(title)
        if not spot.name:
            return self._words(title, spot, values, place)
        value, kind = values[spot.name], NAMES[spot.name]
        if kind == "text" or value == "":
            self._written.append(Written(title, *place, str(value), spot.style))
            return tab.new_cell(str(value))
        if isinstance(value, date):
            return tab.new_cell(value)
        if isinstance(value, int):
            return tab.new_cell(value)
        assert isinstance(value, Decimal)
        style, number = self._dressed(spot.style, kind, value)
        cell = tab.new_cell(Decimal(_plain(number)))
        if formula:
            self._known.add((title, *place))
            self._file.book.formulas_changed = True
            said = content_of(Formula(f"={formula}"), tab.rows.prefix, from_1904=False)[1]
            cell = NewCell((b"", said + cell.content[1]))
        return cell._replace(base=style)

    def _dressed(self, style: int, kind: str, value: Decimal) -> tuple[int, Decimal]:
        """A style that shows all of the number, and the number as that style wants it."""
        styles, code = self._styles, self._styles.format_of(style)
        if kind == "rate":
            number = value if shows_percent(code) else value * 100
            after = percent_of(value) if not code else showing(code, value * 100)
        elif kind == "quantity":
            number, after = value, showing(code, value) if code else ""
        else:
            number = value
            exactly = self._digits if self._digits != 2 and kind == "amount" else None
            least = self._digits if kind == "price" and (self._digits != 2 or not code) else 0
            usual = "#,##0" + ("." + "0" * self._digits if self._digits else "")
            after = showing(code or usual, value if kind == "price" else Decimal(0), exactly=exactly, least=least)
        return (styles.with_format(style, after) if after and after != code else style), number

    def _words(self, title: str, spot: Spot, values: Mapping[str, Value], place: tuple[int, int]) -> NewCell:
        """A text with placeholders in it, its pieces in the looks that they have."""
        tab = self._file.tab(title)
        text = filled(spot.text, values, self._offer)
        self._written.append(Written(title, *place, text, spot.style))
        if not (spot.runs and text):
            return tab.new_cell(text)
        runs = splice_texts(spot.runs, ["t"], lambda piece: _piece(piece, values, self._offer))
        if "".join(map(unescaped, _PIECES.findall(runs))) != text:
            return tab.new_cell(text)  # a placeholder, or a line that is left out, lies across several pieces
        plain = tab.new_cell(text)
        p = tab.rows.prefix
        runs = re.sub(rb"<(" + p + rb"t)>", rb'<\1 xml:space="preserve">', runs)
        return plain._replace(content=(b' t="inlineStr"', b"<" + p + b"is>" + runs + b"</" + p + b"is>"))

    # ------------------------------------------------------------ beside cells

    def _fill_header(self, tab: TabEditor) -> None:
        """Headers and footers: texts without the signs that mean something there."""
        if b"{{" not in tab.rows.tail:
            return
        group = tab.changed_skeleton.child("headerFooter")
        values = {
            name: value if not isinstance(value, str) else _for_header(value) for name, value in self._values.items()
        }
        for child in group if group is not None else ():
            if child.text and "{{" in child.text:
                said = filled(child.text, values, self._offer)
                child.text = said if len(said) <= MAX_HEADER else said[:MAX_HEADER].rstrip("&")

    def _fill_drawings(self) -> None:
        """Text boxes and titles of charts."""
        package = self._file.package
        for part in list(drawing_parts(package)):
            data = splice_texts(package.text(part), ["t"], lambda piece: _piece(piece, self._values, self._offer))
            package.put(part, data)
