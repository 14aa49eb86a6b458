"""How tabs look at Google's: cells of tabs that sync lays out, columns, drop-downs, highlights.

It turns looks into Google's words, and says what a tab still lacks of them.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from sheetcrm import messages
from sheetcrm.schema import HOME_MARK, SYNC_TABS, TABS, Field
from sheetcrm.tables import Styled, column_letters
from sheetcrm.workbooks import looks
from sheetcrm.workbooks.google.requests import block, runs, set_properties, size_columns
from sheetcrm.workbooks.google.values import Json, content_of, number_format
from sheetcrm.workbooks.looks import Look

__all__ = [
    "DRESS_FIELDS",
    "cell_format",
    "colour",
    "dress_tab",
    "header_cell",
    "kind_of",
    "missing_dress",
    "pixels",
    "places_of_lists",
    "styled_rows",
]

DRESS_FIELDS = (
    "sheets(properties(sheetId,title),charts(chartId),"
    "protectedRanges(protectedRangeId,description,range,warningOnly),conditionalFormats,"
    "data(startRow,startColumn,rowData(values(dataValidation))))"
)
"""What must be read to know what a tab lacks."""

_KINDS = {"date": "DATE", "late": "DATE", "moment": "DATE_TIME", "amount": "NUMBER", "percent": "PERCENT"}


def kind_of(mark: str) -> str:
    """Whose fields a tab has; "" where none are known."""
    return mark if mark in TABS else "deals" if mark.startswith(HOME_MARK) else ""


def pixels(characters: int) -> int:
    """How wide so many characters are."""
    return characters * 7 + 8


def colour(code: str) -> Json:
    """A colour as Google says it."""
    parts = {name: int(code[at : at + 2], 16) / 255 for name, at in (("red", 0), ("green", 2), ("blue", 4))}
    return {"rgbColor": {name: round(part, 4) for name, part in parts.items() if part}}


def cell_format(look: Look, kind: str = "") -> Json:
    """A look as Google says it."""
    text: Json = {"fontSize": look.size, "foregroundColorStyle": colour(look.ink)}
    for name, wanted in (("bold", look.bold), ("italic", look.italic), ("underline", look.underline)):
        if wanted:
            text[name] = True
    made: Json = {"textFormat": text, "verticalAlignment": "MIDDLE" if look.middle else "TOP"}
    if look.right:
        made["horizontalAlignment"] = "RIGHT"
    if look.paper:
        made["backgroundColorStyle"] = colour(look.paper)
    if look.line:
        line = "SOLID_MEDIUM" if look.line == "medium" else "SOLID"
        made["borders"] = {"bottom": {"style": line, "colorStyle": colour(look.line_colour)}}
    if look.wrap:
        made["wrapStrategy"] = "WRAP"
    if look.format:
        made["numberFormat"] = {"type": _KINDS.get(kind, "NUMBER"), "pattern": look.format}
    return made


def header_cell(text: str, writer: str) -> Json:
    """A header, by who writes its column."""
    return {"userEnteredValue": {"stringValue": text}, "userEnteredFormat": cell_format(looks.header_look(writer))}


def styled_rows(rows: Sequence[Sequence[Styled]], sheets: Mapping[str, int], language: str) -> list[list[Json]]:
    """The cells of a tab that sync lays out."""
    made: list[list[Json]] = []
    for number, line in enumerate(rows):
        below = rows[number + 1] if number + 1 < len(rows) else ()
        cells: list[Json] = []
        for column, (value, style) in enumerate((styled.value, styled.style) for styled in line):
            if value == "" and style == "text":
                cells.append({})
                continue
            is_number_below = len(below) > column and below[column].style in looks.NUMBERS
            name = "header right" if style == "header" and is_number_below else style
            shown = cell_format(looks.look_of(name, language), name)
            if "numberFormat" not in shown and (days := number_format(value, language)):
                shown["numberFormat"] = days
            cells.append({"userEnteredValue": content_of(value, sheets), "userEnteredFormat": shown})
        made.append(cells)
    return made


# ---------------------------------------------------------------- tabs of people's


def dress_tab(sheet: int, mark: str, columns: Mapping[str, int], language: str) -> list[Json]:
    """The looks of a new tab: formats and widths of its columns, what is frozen, what lies folded."""
    fields = {columns[f.name]: f for f in TABS[mark] if f.name in columns}
    made: list[Json] = []
    if not fields:
        return [set_properties(sheet, _tab_properties(mark, 0, 0, hide_grid=True), _TAB_FIELDS)]
    rows, scrolls = looks.frozen(mark)
    made.append(set_properties(sheet, _tab_properties(mark, rows, scrolls), _TAB_FIELDS))
    for column, field in sorted(fields.items()):
        made.append(size_columns(sheet, column, column + 1, pixels(looks.width_of(field))))
        if mark not in SYNC_TABS:  # there every cell brings its own look
            made.append(_column_look(sheet, column, field, language))
    height = {"sheetId": sheet, "dimension": "ROWS", "startIndex": 0, "endIndex": 1}
    made.append(
        {"updateDimensionProperties": {"range": height, "properties": {"pixelSize": 44}, "fields": "pixelSize"}}
    )
    for first, last in runs(column for column, field in sorted(fields.items()) if looks.is_folded(field)):
        span = {"sheetId": sheet, "dimension": "COLUMNS", "startIndex": first, "endIndex": last}
        made.append({"addDimensionGroup": {"range": span}})
        group = {"range": span, "depth": 1, "collapsed": True}
        made.append({"updateDimensionGroup": {"dimensionGroup": group, "fields": "collapsed"}})
    return made


_TAB_FIELDS = (
    "tabColorStyle,gridProperties.frozenRowCount,gridProperties.frozenColumnCount,gridProperties.hideGridlines,"
    "gridProperties.columnGroupControlAfter"
)


def _tab_properties(mark: str, rows: int, columns: int, *, hide_grid: bool = False) -> Json:
    grid: Json = {
        "frozenRowCount": rows,
        "frozenColumnCount": columns,
        "hideGridlines": hide_grid,
        "columnGroupControlAfter": False,
    }
    return {"tabColorStyle": colour(looks.TAB_COLOURS.get(mark, looks.BRAND)), "gridProperties": grid}


def _column_look(sheet: int, column: int, field: Field, language: str) -> Json:
    by_sync = field.writer == "sync"
    look = Look(ink=looks.QUIET if by_sync else looks.INK, paper=looks.SYNC_PAPER if by_sync else "", middle=True)
    shown = cell_format(look)
    pattern = looks.column_format(field, language)
    if pattern == "@":
        shown["numberFormat"] = {"type": "TEXT"}
    elif pattern:
        shown["numberFormat"] = {"type": _KINDS[field.kind], "pattern": pattern}
    fields = ",".join(f"userEnteredFormat.{name}" for name in shown)
    return {
        "repeatCell": {
            "range": block(sheet, (1, None), (column, column + 1)),
            "cell": {"userEnteredFormat": shown},
            "fields": fields,
        }
    }


def missing_dress(
    given: Json,
    mark: str,
    columns: Mapping[str, int],
    header_row: int,
    lists: Mapping[str, tuple[str, int]],
    language: str,
    ticks: Container[int] = (),
    filled: int = 0,
) -> list[Json]:
    """What a tab lacks of drop-downs, highlights and protection, as requests. Nothing is added twice.

    `given` is the tab as read with `DRESS_FIELDS`; `lists` says where the words of each kind stand,
    `ticks` which columns have check boxes, in as many rows as are filled.
    """
    sheet = given["properties"].get("sheetId", 0)
    fields = {columns[f.name]: f for f in TABS.get(mark, TABS["deals"]) if f.name in columns}
    made: list[Json] = []
    for column, field in sorted(fields.items()):
        if column in ticks:
            rule: Json | None = {"condition": {"type": "BOOLEAN"}, "strict": False, "showCustomUi": True}
            made += _missing_rule(given, sheet, column, rule, header_row, filled)
        elif rule := _rule(field, mark, lists, language):
            made += _missing_rule(given, sheet, column, rule, header_row, None)
    made += _missing_highlight(given, sheet, fields, header_row)
    made += _missing_protection(given, sheet, fields, mark, language)
    return made


def places_of_lists(tabs: Iterable[tuple[str, str, Mapping[str, int]]]) -> dict[str, tuple[str, int]]:
    """Kind of a list → title and column where its words stand. A tab is its title, its mark, its columns."""
    marked = {mark: (title, columns) for title, mark, columns in tabs if mark}
    found = {}
    for kind, (mark, field) in looks.LISTS.items():
        title, columns = marked.get(mark, ("", {}))
        if field in columns:
            found[kind] = title, columns[field]
    return found


def _missing_rule(
    given: Json, sheet: int, column: int, rule: Json | None, header_row: int, end: int | None
) -> Iterable[Json]:
    """The rule for the cells of a column that have none; what the team put there itself stays."""
    have = {row for row, cell in _cells(given, column) if "dataValidation" in cell}
    spans: list[tuple[int, int | None]] = [(header_row + 1, end)]
    if have:
        spans = list(runs(row for row in range(header_row + 1, end or _height(given)) if row not in have))
    for first, last in spans:
        if last is None or last > first:
            yield {"setDataValidation": {"range": block(sheet, (first, last), (column, column + 1)), "rule": rule}}


def _cells(given: Json, column: int) -> Iterable[tuple[int, Json]]:
    for data in given.get("data", ()):
        left = data.get("startColumn", 0)
        for row, line in enumerate(data.get("rowData", ()), data.get("startRow", 0)):
            cells = line.get("values", ())
            if 0 <= column - left < len(cells):
                yield row, cells[column - left]


def _height(given: Json) -> int:
    return max((len(data.get("rowData", ())) + data.get("startRow", 0) for data in given.get("data", ())), default=0)


def _rule(field: Field, mark: str, lists: Mapping[str, tuple[str, int]], language: str) -> Json | None:
    choice = looks.choice_of(field, mark, language)
    if choice is None:
        return None
    if not choice.kind:
        values = [{"userEnteredValue": word} for word in choice.words]
        return _dropped({"type": "ONE_OF_LIST", "values": values}, choice.advice)
    if choice.kind not in lists:
        return None
    title, column = lists[choice.kind]
    letters = column_letters(column)
    quoted = "'" + title.replace("'", "''") + "'"
    cells = f"={quoted}!${letters}$2:${letters}"
    return _dropped({"type": "ONE_OF_RANGE", "values": [{"userEnteredValue": cells}]}, choice.advice)


def _dropped(condition: Json, advice: str) -> Json:
    return {"condition": condition, "inputMessage": advice, "strict": False, "showCustomUi": True}


def _missing_highlight(given: Json, sheet: int, fields: Mapping[int, Field], header_row: int) -> list[Json]:
    """Colour rows with something to put right. A hint begins with `· ` and colours nothing."""
    check = next((column for column, field in fields.items() if field.name == "check"), None)
    if check is None:
        return []
    letters = column_letters(check)
    first = header_row + 1
    formula = f'=AND(ROW()>{first};LEN(TRIM(${letters}{first}))>0;LEFT(${letters}{first};2)<>"· ")'
    there = {_plain(_condition(rule)) for rule in given.get("conditionalFormats", ())}
    if _plain(formula) in there:
        return []
    strong = {
        "backgroundColorStyle": colour(looks.PROBLEM_PAPER),
        "textFormat": {"bold": True, "foregroundColorStyle": colour(looks.PROBLEM_INK)},
    }
    row = {"backgroundColorStyle": colour(looks.ROW_PAPER)}
    made = []
    # The range begins at the header, so that a first row that comes below it lies inside.
    for index, (columns, look) in enumerate((((check, check + 1), strong), ((0, max(fields) + 1), row))):
        condition = {"type": "CUSTOM_FORMULA", "values": [{"userEnteredValue": formula}]}
        rule = {
            "ranges": [block(sheet, (header_row, None), columns)],
            "booleanRule": {"condition": condition, "format": look},
        }
        made.append({"addConditionalFormatRule": {"rule": rule, "index": index}})
    return made


def _condition(rule: Json) -> str:
    values: list[Any] = rule.get("booleanRule", {}).get("condition", {}).get("values", [])
    return str(values[0].get("userEnteredValue", "")) if values else ""


def _plain(formula: str) -> str:
    """A formula whichever way arguments are parted, wherever its column and row are by now."""
    return "".join(c for c in formula.replace(";", ",") if not (c.isupper() or c.isdigit() or c in "$ "))


def _missing_protection(
    given: Json, sheet: int, fields: Mapping[int, Field], mark: str, language: str
) -> Iterable[Json]:
    """What sync writes warns who types there; it never stops anybody."""
    ours = messages.text("dress", "sync-writes-this", language)
    have = [p.get("range", {}) for p in given.get("protectedRanges", ()) if p.get("description") == ours]
    if mark in SYNC_TABS:
        wanted = [] if have else [block(sheet)]
    else:
        covered = {c for r in have for c in range(r.get("startColumnIndex", 0), r.get("endColumnIndex", 0))}
        own = [column for column, field in sorted(fields.items()) if field.writer == "sync" and column not in covered]
        wanted = [block(sheet, None, run) for run in runs(own)]
    for cells in wanted:
        yield {"addProtectedRange": {"protectedRange": {"range": cells, "description": ours, "warningOnly": True}}}
