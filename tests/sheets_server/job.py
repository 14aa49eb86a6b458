"""One call on one spreadsheet: who asks, and what every part of the emulator needs to find and to refuse."""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .a1 import Rect, cells_text, parse_cells, quoted, range_text, split_title, unquoted
from .errors import ApiError, invalid
from .formulas import Engine
from .model import Json, Sheet, Spreadsheet
from .switches import Switches

PROTECTED = (
    "You are trying to edit a protected cell or object. Please contact the spreadsheet owner to remove protection "
    "if you need to edit."
)


@dataclass(frozen=True)
class Caller:
    """Who asks."""

    email: str


class Job:
    """One call: what it works on, and what it may."""

    def __init__(
        self, spreadsheet: Spreadsheet, caller: Caller, switches: Switches, chance: random.Random, now: datetime
    ) -> None:
        self.book = spreadsheet
        self.caller = caller
        self.switches = switches
        self.chance = chance
        self.now = now

    @property
    def engine(self) -> Engine:
        """What the formulas come to now; `changed` makes it work them out again."""
        engine = self.book.engine
        if engine is None or engine.asked_at != self.now:
            engine = self.book.engine = Engine(self.book, self.now)
        return engine

    def changed(self) -> None:
        """Something in the spreadsheet is not what it was."""
        self.book.engine = None

    # --- Finding ---

    def sheet(self, sheet_id: int | None) -> Sheet:
        """The tab of that id; no id means tab 0."""
        sheet = self.book.sheet(sheet_id or 0)
        if sheet is None:
            raise invalid(f"No grid with id: {sheet_id or 0}")
        return sheet

    def area(self, grid_range: Json | None, *, cut: bool = False) -> tuple[Sheet, Rect]:
        """The tab and the cells of a GridRange; open ends reach the end of the grid.

        A range that reaches beyond the grid is refused, or cut to the grid.
        """
        grid_range = grid_range or {}
        sheet = self.sheet(grid_range.get("sheetId"))
        rect = Rect(
            grid_range.get("startRowIndex", 0),
            grid_range.get("startColumnIndex", 0),
            grid_range.get("endRowIndex", sheet.row_count),
            grid_range.get("endColumnIndex", sheet.column_count),
        )
        self.check_range(sheet, rect, cut=cut)
        return sheet, rect.common(sheet.grid)

    def check_range(self, sheet: Sheet, rect: Rect, *, cut: bool) -> None:
        """Refuse a range that is empty, upside down or outside the grid."""
        if rect.top < 0 or rect.left < 0:
            raise invalid("GridRange indexes must not be negative.")
        for name, start, end in (("Row", rect.top, rect.bottom), ("Column", rect.left, rect.right)):
            if start >= end and (start or end):
                raise invalid(f"GridRange.end{name}Index[{end}] must be after start{name}Index[{start}].")
        outside = rect.top >= sheet.row_count or rect.left >= sheet.column_count
        if outside or not (cut or sheet.grid.around(rect)):
            raise self.beyond(sheet, cells_text(rect))

    @staticmethod
    def beyond(sheet: Sheet, cells: str) -> ApiError:
        """The refusal of a range outside the grid."""
        return invalid(
            f"Range ({quoted(sheet.title)}!{cells}) exceeds grid limits. "
            f"Max rows: {sheet.row_count}, max columns: {sheet.column_count}"
        )

    def named(self, text: str) -> tuple[Sheet, Rect]:
        """The tab and the cells (open ends unbounded) that a range in A1 notation, a title or a name means."""
        title, cells = split_title(text)
        found = self._by_name(cells)
        if title is not None:
            sheet = self.book.sheet_titled(unquoted(title))
            rect = parse_cells(cells)
            if rect is None and found and found[0] is sheet:
                return found
            if sheet is None or rect is None:
                raise invalid(f"Unable to parse range: {text}")
            return sheet, rect
        if found:
            return found
        if not text.startswith("'"):
            rect = parse_cells(text)
            if rect is not None:
                return self.book.sheets[0], rect
        sheet = self.book.sheet_titled(unquoted(text))
        if sheet is None:
            raise invalid(f"Unable to parse range: {text}")
        return sheet, sheet.grid

    def _by_name(self, name: str) -> tuple[Sheet, Rect] | None:
        """The tab and the cells of a named range."""
        for named in self.book.named_ranges:
            if named["name"].casefold() == name.casefold():
                return self.area(named["range"], cut=True)
        return None

    def named_in_grid(self, text: str) -> tuple[Sheet, Rect]:
        """The same, cut to the grid."""
        sheet, rect = self.named(text)
        if rect.top >= sheet.row_count or rect.left >= sheet.column_count:
            raise self.beyond(sheet, split_title(text)[1])
        return sheet, rect.common(sheet.grid)

    def text_of(self, sheet: Sheet, rect: Rect) -> str:
        """A range as Google writes it."""
        return range_text(sheet.title, rect)

    # --- New ids ---

    def fresh_number(self, taken: Iterable[int]) -> int:
        """An id that nothing has."""
        used = set(taken)
        while True:
            number = self.chance.randrange(1, 2**31)
            if number not in used:
                return number

    # --- Who may ---

    @property
    def is_owner(self) -> bool:
        """Whether the spreadsheet is the caller's own."""
        return self.book.permissions.get(self.caller.email) == "owner"

    def may_edit(self, protected: Json) -> bool:
        """Whether the caller is an editor of a protected range."""
        editors = protected.get("editors") or {}
        return self.is_owner or self.caller.email in editors.get("users", ()) or bool(editors.get("domainUsersCanEdit"))

    def protected_rects(self, sheet: Sheet) -> list[tuple[Rect, list[Rect]]]:
        """What the caller may not touch on a tab, each with what is free inside it."""
        found = []
        for protected in sheet.protected:
            if protected.get("warningOnly") or self.may_edit(protected):
                continue
            box = self._protected_range(protected)
            if box is None:
                continue
            free = [_rect(sheet, piece) for piece in protected.get("unprotectedRanges", ())]
            found.append((_rect(sheet, box), free))
        return found

    def _protected_range(self, protected: Json) -> Json | None:
        if "range" in protected:
            return protected["range"]
        for named in self.book.named_ranges:
            if named["namedRangeId"] == protected.get("namedRangeId"):
                return named["range"]
        for sheet in self.book.sheets:
            for table in sheet.tables:
                if table["tableId"] == protected.get("tableId"):
                    return table["range"]
        return None

    def allow(self, sheet: Sheet, rect: Rect) -> None:
        """Refuse to edit what is protected from the caller."""
        if not sheet.protected:
            return
        for area, free in self.protected_rects(sheet):
            common = area.common(rect)
            if not common.empty and not any(piece.around(common) for piece in free):
                raise invalid(PROTECTED)

    def allow_insert(self, sheet: Sheet, dimension: str, index: int) -> None:
        """Refuse to push apart what is protected from the caller."""
        if not sheet.protected:
            return
        for area, _ in self.protected_rects(sheet):
            first, last = (area.top, area.bottom) if dimension == "ROWS" else (area.left, area.right)
            if area.around(sheet.grid) or first < index < last:
                raise invalid(PROTECTED)


def _rect(sheet: Sheet, grid_range: Json) -> Rect:
    return Rect(
        grid_range.get("startRowIndex", 0),
        grid_range.get("startColumnIndex", 0),
        grid_range.get("endRowIndex", sheet.row_count),
        grid_range.get("endColumnIndex", sheet.column_count),
    )


rect_of = _rect


def plain(value: Any) -> Any:
    """What of a stored object Google would send: without the zeros and falses that proto3 leaves out."""
    if isinstance(value, list):
        return [plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: plain(item)
        for name, item in value.items()
        if not (name in ("sheetId", "rowIndex", "columnIndex", "dimensionIndex") and item == 0) and item is not False
    }
