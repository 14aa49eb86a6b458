"""A person who has a spreadsheet open in a browser and works in it, scripted or at random.

Every deed goes through the same calls as anybody's, as that person, and comes back
as a plain record of what was done: which text was typed beside which record, which
rows were thrown away. Rows and columns are counted from 0, the header included.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from .a1 import column_letters
from .errors import ApiError
from .impulses import WEIGHTS, Impulses
from .model import Sheet, Spreadsheet
from .sheets import Caller, Sheets
from .undo import took_back

__all__ = ["WEIGHTS", "Deed", "Person", "Typed"]


@dataclass(frozen=True)
class Typed:
    """One text that the person typed: where, and what stood beside it right afterwards."""

    sheet_id: int
    header: str
    key: str
    """What the key column of the row held; "" for a row that has no key yet."""
    text: str
    beside: Mapping[str, str] = field(default_factory=dict)
    """The whole row by header, as shown."""


@dataclass(frozen=True)
class Deed:
    """What the person did."""

    kind: str
    sheet_id: int = -1
    tab: str = ""
    typed: tuple[Typed, ...] = ()
    cleared: tuple[Typed, ...] = ()
    """Cells that were emptied, with the text that is gone."""
    deleted: tuple[Mapping[str, str], ...] = ()
    """Rows that the person threw away, by header, as they were shown."""
    details: Mapping[str, Any] = field(default_factory=dict)
    undoes: "Deed | None" = None
    refused: str = ""
    """Why the browser would not let the person do it; nothing happened."""

    @property
    def done(self) -> bool:
        """Whether anything happened."""
        return not self.refused and self.kind != "nothing"


@dataclass
class _Step:
    """What undo needs to know."""

    deed: Deed
    before: Spreadsheet
    after: Spreadsheet


class Person:
    """Somebody who may edit, at work. `act` does one deed at random; each deed can be called by its name."""

    def __init__(
        self,
        sheets: Sheets,
        spreadsheet_id: str,
        caller: Caller,
        random: Random | None = None,
        *,
        weights: Mapping[str, float] | None = None,
        key_header: str = "ID",
        hands_off: Iterable[str] = (),
        tabs: Iterable[int] | None = None,
    ) -> None:
        self.sheets = sheets
        self.spreadsheet_id = spreadsheet_id
        self.caller = caller
        self.random = random or Random()
        self.weights = dict(WEIGHTS if weights is None else weights)
        self.key_header = key_header
        self.hands_off = frozenset(hands_off)
        """Headers under which, at random, the person changes nothing."""
        self.tabs = None if tabs is None else frozenset(tabs)
        """Ids of the tabs in which the person works at random; None: all that show."""
        self.deeds: list[Deed] = []
        self._steps: list[_Step] = []
        self._impulses = Impulses(self)

    @property
    def spreadsheet(self) -> Spreadsheet:
        """What the person looks at."""
        return self.sheets.spreadsheets[self.spreadsheet_id]

    def act(self) -> Deed:
        """Do one deed at random. A deed that is impossible now gives way to another."""
        with self._alone():  # a browser shows at once what others do
            return self._act()

    def _act(self) -> Deed:
        kinds = [kind for kind in self.weights if self.weights[kind] > 0]
        for _ in range(20):
            kind = self.random.choices(kinds, [self.weights[each] for each in kinds])[0]
            arguments = getattr(self._impulses, kind)()
            if arguments is None:
                continue
            try:
                deed: Deed = getattr(self, kind)(*arguments)
            except ApiError as error:
                return self._noted(Deed(kind, refused=error.message))
            if deed.done:
                return deed
        return self._noted(Deed("nothing"))

    # What a person can do.

    def type_cell(self, sheet_id: int, row: int, column: int, text: str) -> Deed:
        """Type a text into a cell, over what is there."""

        def doing(sheet: Sheet) -> Deed:
            self._type(sheet, row, column, [text])
            return Deed("type_cell", typed=self._typed(sheet, row, {column: text}), details=_at(row, column))

        return self._do(sheet_id, doing)

    def clear_cell(self, sheet_id: int, row: int, column: int) -> Deed:
        """Empty a cell."""

        def doing(sheet: Sheet) -> Deed:
            rows = self.rows(sheet)
            gone = self._typed(sheet, row, {column: _cell(rows, row, column)}, rows)
            self._values("clear", sheet, row, column, row, column, {})
            return Deed("clear_cell", cleared=gone, details=_at(row, column))

        return self._do(sheet_id, doing)

    def add_row(self, sheet_id: int, cells: Sequence[str]) -> Deed:
        """Type a new row right below the last one; "" leaves a cell alone."""

        def doing(sheet: Sheet) -> Deed:
            row = len(self.rows(sheet))
            if row >= sheet.row_count:
                self._batch({"appendDimension": {"sheetId": sheet.id, "dimension": "ROWS", "length": 1}})
            return self._filled("add_row", sheet, row, cells)

        return self._do(sheet_id, doing)

    def insert_row(self, sheet_id: int, row: int, cells: Sequence[str]) -> Deed:
        """Insert a row before the given one, and fill it."""

        def doing(sheet: Sheet) -> Deed:
            self._batch(
                {"insertDimension": {"range": _rows(sheet, row, row + 1), "inheritFromBefore": row > 0}},
            )
            return self._filled("insert_row", sheet, row, cells)

        return self._do(sheet_id, doing)

    def delete_row(self, sheet_id: int, row: int) -> Deed:
        """Delete a whole row."""

        def doing(sheet: Sheet) -> Deed:
            gone = self._named(sheet, row)
            self._batch({"deleteDimension": {"range": _rows(sheet, row, row + 1)}})
            return Deed("delete_row", deleted=(gone,), details={"row": row})

        return self._do(sheet_id, doing)

    def sort_list(self, sheet_id: int, column: int, *, descending: bool = False) -> Deed:
        """Sort all rows below the header."""
        sheet = self._sheet(sheet_id)
        first = self.header_row(sheet) + 1
        return self._sort("sort_list", sheet_id, first, len(self.rows(sheet)), column, descending)

    def sort_rows(self, sheet_id: int, first: int, last: int, column: int, *, descending: bool = False) -> Deed:
        """Select the rows from `first` to `last`, and sort just these."""
        return self._sort("sort_rows", sheet_id, first, last + 1, column, descending)

    def cut_rows(self, sheet_id: int, first: int, last: int, to: int) -> Deed:
        """Cut whole rows and paste them at row `to`, over what is there; empty rows stay behind."""

        def doing(sheet: Sheet) -> Deed:
            count = last + 1 - first
            rows = self.rows(sheet)
            onto = [row for row in range(to, min(to + count, len(rows))) if not first <= row <= last and any(rows[row])]
            gone = tuple(self._named(sheet, row, rows) for row in onto)
            if (missing := to + count - sheet.row_count) > 0:
                self._batch({"appendDimension": {"sheetId": sheet.id, "dimension": "ROWS", "length": missing}})
            source = _range(sheet, first, last + 1, 0, sheet.column_count)
            target = {"sheetId": sheet.id, "rowIndex": to, "columnIndex": 0}
            self._batch({"cutPaste": {"source": source, "destination": target, "pasteType": "PASTE_NORMAL"}})
            return Deed("cut_rows", deleted=gone, details={"first": first, "last": last, "to": to})

        return self._do(sheet_id, doing)

    def move_rows(self, sheet_id: int, first: int, last: int, to: int) -> Deed:
        """Drag whole rows to stand before row `to`, counted before the move."""

        def doing(sheet: Sheet) -> Deed:
            self._batch({"moveDimension": {"source": _rows(sheet, first, last + 1), "destinationIndex": to}})
            return Deed("move_rows", details={"first": first, "last": last, "to": to})

        return self._do(sheet_id, doing)

    def hide_rows(self, sheet_id: int, first: int, last: int, *, hidden: bool = True) -> Deed:
        """Hide rows, or show them again."""

        def doing(sheet: Sheet) -> Deed:
            change = {"hiddenByUser": hidden}
            about = {"range": _rows(sheet, first, last + 1), "properties": change, "fields": "hiddenByUser"}
            self._batch({"updateDimensionProperties": about})
            return Deed("hide_rows", details={"first": first, "last": last, "hidden": hidden})

        return self._do(sheet_id, doing)

    def filter_rows(self, sheet_id: int, column: int, hidden_texts: Sequence[str]) -> Deed:
        """Set the filter of the tab to hide rows by a column; no texts: take the filter away."""

        def doing(sheet: Sheet) -> Deed:
            if not hidden_texts:
                self._batch({"clearBasicFilter": {"sheetId": sheet.id}})
                return Deed("filter_rows", details={"column": column, "hidden": ()})
            rows = self.rows(sheet)
            where = _range(sheet, self.header_row(sheet), len(rows), 0, max(map(len, rows), default=1))
            specs = [{"columnIndex": column, "filterCriteria": {"hiddenValues": list(hidden_texts)}}]
            self._batch({"setBasicFilter": {"filter": {"range": where, "filterSpecs": specs}}})
            return Deed("filter_rows", details={"column": column, "hidden": tuple(hidden_texts)})

        return self._do(sheet_id, doing)

    def rename_header(self, sheet_id: int, column: int, text: str) -> Deed:
        """Type another header."""

        def doing(sheet: Sheet) -> Deed:
            row = self.header_row(sheet)
            old = _cell(self.rows(sheet), row, column)
            self._type(sheet, row, column, [text])
            return Deed("rename_header", details=_at(row, column) | {"old": old, "new": text})

        return self._do(sheet_id, doing)

    def move_column(self, sheet_id: int, column: int, to: int) -> Deed:
        """Drag a column to stand before column `to`, counted before the move."""

        def doing(sheet: Sheet) -> Deed:
            source = _columns(sheet, column, column + 1)
            self._batch({"moveDimension": {"source": source, "destinationIndex": to}})
            return Deed("move_column", details={"column": column, "to": to})

        return self._do(sheet_id, doing)

    def insert_column(self, sheet_id: int, column: int, header: str) -> Deed:
        """Insert a column before the given one, and type its header."""

        def doing(sheet: Sheet) -> Deed:
            about = {"range": _columns(sheet, column, column + 1), "inheritFromBefore": column > 0}
            self._batch({"insertDimension": about})
            if header:
                self._type(sheet, self.header_row(sheet), column, [header])
            return Deed("insert_column", details={"column": column, "header": header})

        return self._do(sheet_id, doing)

    def add_tab(self, title: str) -> Deed:
        """Add a tab at the end."""
        return self._do(None, lambda _: self._tabs("add_tab", {"addSheet": {"properties": {"title": title}}}, title))

    def rename_tab(self, sheet_id: int, title: str) -> Deed:
        """Give a tab another title."""
        change = {"properties": {"sheetId": sheet_id, "title": title}, "fields": "title"}
        return self._do(sheet_id, lambda _: self._tabs("rename_tab", {"updateSheetProperties": change}, title))

    def move_tab(self, sheet_id: int, to: int) -> Deed:
        """Drag a tab to stand before the tab `to`, counted before the move."""
        change = {"properties": {"sheetId": sheet_id, "index": to}, "fields": "index"}
        return self._do(sheet_id, lambda _: self._tabs("move_tab", {"updateSheetProperties": change}, to))

    def add_note(self, sheet_id: int, row: int, column: int, text: str) -> Deed:
        """Put a note on a cell."""

        def doing(sheet: Sheet) -> Deed:
            start = {"sheetId": sheet.id, "rowIndex": row, "columnIndex": column}
            self._batch({"updateCells": {"rows": [{"values": [{"note": text}]}], "start": start, "fields": "note"}})
            key = self._key(sheet, row)
            return Deed("add_note", details=_at(row, column) | {"key": key, "text": text})

        return self._do(sheet_id, doing)

    def format_cell(self, sheet_id: int, row: int, column: int, style: Mapping[str, Any] | None = None) -> Deed:
        """Colour a cell, or give it the format."""
        style = style or {"backgroundColor": {"red": 1, "green": 0.9, "blue": 0.6}}

        def doing(sheet: Sheet) -> Deed:
            where = _range(sheet, row, row + 1, column, column + 1)
            fields = ",".join(f"userEnteredFormat.{name}" for name in style)
            about = {"range": where, "cell": {"userEnteredFormat": dict(style)}, "fields": fields}
            self._batch({"repeatCell": about})
            return Deed("format_cell", details=_at(row, column) | {"style": dict(style)})

        return self._do(sheet_id, doing)

    def undo(self) -> Deed:
        """Take back the last deed, where what it changed is still as the deed left it; else nothing happens."""
        if not self._steps:
            return self._noted(Deed("undo", refused="There is nothing to undo."))
        step = self._steps.pop()
        done = step.deed
        around = (self.spreadsheet, step.before, step.after)
        with self._alone():
            back = self._exactly(step) or took_back(
                self._batch, *around, done.kind, done.sheet_id, done.details, self.key_header
            )
        refused = "" if back else "Somebody has changed it since."
        return self._noted(Deed("undo", done.sheet_id, done.tab, undoes=done, refused=refused))

    @property
    def can_undo(self) -> bool:
        """Whether there is a deed to take back."""
        return bool(self._steps)

    # What the person sees.

    def rows(self, sheet: Sheet) -> list[list[str]]:
        """The tab as it is shown, without the empty rest."""
        where = {"spreadsheetId": self.spreadsheet_id, "range": _title(sheet)}
        return self.sheets.call("sheets.spreadsheets.values.get", where, None, self.caller).get("values", [])

    def header_row(self, sheet: Sheet) -> int:
        """The last frozen row, or else the first row in which anything stands."""
        if frozen := sheet.properties.get("gridProperties", {}).get("frozenRowCount"):
            return frozen - 1
        return next((at for at, row in enumerate(self.rows(sheet)) if any(row)), 0)

    def _sheet(self, sheet_id: int) -> Sheet:
        sheet = self.spreadsheet.sheet(sheet_id)
        if sheet is None:
            raise LookupError(f"no tab has the id {sheet_id}")
        return sheet

    def _named(self, sheet: Sheet, row: int, rows: list[list[str]] | None = None) -> dict[str, str]:
        rows = self.rows(sheet) if rows is None else rows
        headers = _row(rows, self.header_row(sheet))
        cells = _row(rows, row)
        width = max(len(headers), len(cells))
        return {
            (headers[at] if at < len(headers) and headers[at] else f"#{at}"): cells[at] if at < len(cells) else ""
            for at in range(width)
        }

    def _key(self, sheet: Sheet, row: int) -> str:
        return self._named(sheet, row).get(self.key_header, "")

    def _typed(
        self, sheet: Sheet, row: int, texts: Mapping[int, str], rows: list[list[str]] | None = None
    ) -> tuple[Typed, ...]:
        rows = self.rows(sheet) if rows is None else rows
        named = self._named(sheet, row, rows)
        headers = _row(rows, self.header_row(sheet))
        key = named.get(self.key_header, "")
        return tuple(
            Typed(sheet.id, (headers[at] if at < len(headers) else "") or f"#{at}", key, text, named)
            for at, text in texts.items()
        )

    # How it is done.

    def _do(self, sheet_id: int | None, doing: Callable[[Any], Deed]) -> Deed:
        with self._alone():
            before = self.spreadsheet.copy()
            sheet = None if sheet_id is None else self._sheet(sheet_id)
            try:
                deed = doing(sheet)
            except ApiError:
                if self.spreadsheet.revision != before.revision:
                    self._steps.clear()
                raise
            if sheet is not None:
                deed = replace(deed, sheet_id=sheet.id, tab=sheet.title)
            self._steps.append(_Step(deed, before, self.spreadsheet.copy()))
        return self._noted(deed)

    def _alone(self) -> Any:
        """A person's own steps follow each other: nobody else gets in between."""
        return getattr(self.sheets, "lock", None) or nullcontext()

    def _noted(self, deed: Deed) -> Deed:
        self.deeds.append(deed)
        return deed

    def _batch(self, *requests: dict[str, Any]) -> None:
        where = {"spreadsheetId": self.spreadsheet_id}
        self.sheets.call("sheets.spreadsheets.batchUpdate", where, {"requests": list(requests)}, self.caller)

    def _values(
        self, verb: str, sheet: Sheet, top: int, left: int, bottom: int, right: int, body: Any, **parameters: Any
    ) -> None:
        place = f"{_title(sheet)}!{column_letters(left)}{top + 1}:{column_letters(right)}{bottom + 1}"
        where = {"spreadsheetId": self.spreadsheet_id, "range": place, **parameters}
        self.sheets.call(f"sheets.spreadsheets.values.{verb}", where, body, self.caller)

    def _type(self, sheet: Sheet, row: int, column: int, texts: Sequence[str]) -> None:
        body = {"values": [list(texts)]}
        right = column + len(texts) - 1
        self._values("update", sheet, row, column, row, right, body, valueInputOption="USER_ENTERED")

    def _filled(self, kind: str, sheet: Sheet, row: int, cells: Sequence[str]) -> Deed:
        texts = {at: text for at, text in enumerate(cells) if text}
        for at, text in texts.items():
            self._type(sheet, row, at, [text])
        return Deed(kind, typed=self._typed(sheet, row, texts), details={"row": row})

    def _sort(self, kind: str, sheet_id: int, first: int, end: int, column: int, descending: bool) -> Deed:
        def doing(sheet: Sheet) -> Deed:
            order = "DESCENDING" if descending else "ASCENDING"
            specs = [{"dimensionIndex": column, "sortOrder": order}]
            where = _range(sheet, first, end, 0, sheet.column_count)
            self._batch({"sortRange": {"range": where, "sortSpecs": specs}})
            return Deed(kind, details={"first": first, "last": end - 1, "column": column, "descending": descending})

        return self._do(sheet_id, doing)

    def _tabs(self, kind: str, request: dict[str, Any], what: Any) -> Deed:
        self._batch(request)
        return Deed(kind, details={"to": what})

    def _exactly(self, step: _Step) -> bool:
        """Put back the whole spreadsheet, where nobody has done anything since."""
        if self.spreadsheet.revision != step.after.revision:
            return False
        if self.spreadsheet.permissions.get(self.caller.email) not in ("owner", "writer"):
            return False
        self.sheets.restore(self.spreadsheet, step.before)
        if self.sheets.after_commit:
            self.sheets.after_commit(self.spreadsheet, self.caller)
        return True


def _title(sheet: Sheet) -> str:
    return "'" + sheet.title.replace("'", "''") + "'"


def _row(rows: Sequence[Sequence[str]], row: int) -> Sequence[str]:
    return rows[row] if row < len(rows) else ()


def _cell(rows: Sequence[Sequence[str]], row: int, column: int) -> str:
    cells = _row(rows, row)
    return cells[column] if column < len(cells) else ""


def _at(row: int, column: int) -> dict[str, Any]:
    return {"row": row, "column": column}


def _rows(sheet: Sheet, first: int, end: int) -> dict[str, Any]:
    return {"sheetId": sheet.id, "dimension": "ROWS", "startIndex": first, "endIndex": end}


def _columns(sheet: Sheet, first: int, end: int) -> dict[str, Any]:
    return _rows(sheet, first, end) | {"dimension": "COLUMNS"}


def _range(sheet: Sheet, top: int, bottom: int, left: int, right: int) -> dict[str, Any]:
    return {
        "sheetId": sheet.id,
        "startRowIndex": top,
        "endRowIndex": bottom,
        "startColumnIndex": left,
        "endColumnIndex": right,
    }
