"""Rows and columns inserted, deleted and moved, and all that sits on them moved along."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from .a1 import Rect
from .errors import invalid
from .formula_syntax import Ref, with_references
from .job import Job
from .model import EMPTY, Cell, Formula, Json, Sheet, refers
from .shifts import Delete, Insert, Move, Shift

WORDS = {"ROWS": "rows", "COLUMNS": "columns"}


def size(sheet: Sheet, dimension: str) -> int:
    """How many rows, or columns."""
    return sheet.row_count if dimension == "ROWS" else sheet.column_count


def resize(sheet: Sheet, dimension: str, count: int) -> None:
    """Say how many rows, or columns, there are."""
    sheet.resize(rows=count) if dimension == "ROWS" else sheet.resize(columns=count)


def across(sheet: Sheet, dimension: str, start: int, end: int) -> Rect:
    """Whole rows, or whole columns."""
    if dimension == "ROWS":
        return Rect(start, 0, end, sheet.column_count)
    return Rect(0, start, sheet.row_count, end)


# --- The changes ---


def insert_dimension(job: Job, sheet: Sheet, dimension: str, at: int, count: int, *, inherit_from_before: bool) -> None:
    """Insert empty rows or columns that look like the one before, or after, them."""
    resize(sheet, dimension, size(sheet, dimension) + count)
    job.book.check_size()
    model = at - 1 if inherit_from_before else at
    if dimension == "ROWS":
        if at <= len(sheet.rows):
            dress = [_dressed(cell) for cell in sheet.rows[model]] if 0 <= model < len(sheet.rows) else []
            sheet.rows[at:at] = [list(dress) for _ in range(count)]
    else:
        for cells in sheet.rows:
            if at <= len(cells):
                cells[at:at] = [_dressed(cells[model]) if 0 <= model < len(cells) else None] * count
    apply_shift(job, sheet, Shift(sheet.id, dimension, Insert(at, count)))
    if dimension == "COLUMNS":
        _name_new_columns(sheet)
    _frozen(sheet, dimension, lambda frozen: frozen + count if at < frozen else frozen)


def _name_new_columns(sheet: Sheet) -> None:
    """Write the names of a table's new columns into its header."""
    for table in sheet.tables:
        row, left = table["range"]["startRowIndex"], table["range"]["startColumnIndex"]
        for column in table["columnProperties"]:
            cell = sheet.cell(row, left + column["columnIndex"]) or EMPTY
            if cell.value is None:
                sheet.put(row, left + column["columnIndex"], cell._replace(value=column["columnName"]))


def _dressed(cell: Cell | None) -> Cell | None:
    if cell is None or (cell.format is None and cell.validation is None):
        return None
    return Cell(None, None, cell.format, cell.validation)


def delete_dimension(job: Job, sheet: Sheet, dimension: str, start: int, end: int) -> None:
    """Delete rows or columns."""
    if end - start >= size(sheet, dimension):
        raise invalid(f"You can't delete all the {WORDS[dimension]} on the sheet.")
    frozen = sheet.properties["gridProperties"].get(_frozen_name(dimension), 0)
    if frozen and start <= frozen and end == size(sheet, dimension):
        raise invalid(f"Sorry, it is not possible to delete all non-frozen {WORDS[dimension]}.")
    if dimension == "ROWS":
        del sheet.rows[start:end]
    else:
        for cells in sheet.rows:
            del cells[start:end]
    resize(sheet, dimension, size(sheet, dimension) - (end - start))
    apply_shift(job, sheet, Shift(sheet.id, dimension, Delete(start, end)))
    _frozen(sheet, dimension, lambda frozen: frozen - max(0, min(end, frozen) - start))


def move_dimension(job: Job, sheet: Sheet, dimension: str, start: int, end: int, to: int) -> None:
    """Move rows or columns before another."""
    if dimension == "ROWS":
        if max(end, to) > len(sheet.rows):
            sheet.rows.extend([] for _ in range(max(end, to) - len(sheet.rows)))
        _moved(sheet.rows, start, end, to)
    else:
        for cells in sheet.rows:
            if start < len(cells) or to < len(cells):
                cells.extend([None] * (max(end, to) - len(cells)))
                _moved(cells, start, end, to)
    apply_shift(job, sheet, Shift(sheet.id, dimension, Move(start, end, to)))


def _moved(items: list[Any], start: int, end: int, to: int) -> None:
    block = items[start:end]
    del items[start:end]
    target = to if to <= start else to - len(block)
    items[target:target] = block


def _frozen_name(dimension: str) -> str:
    return "frozenRowCount" if dimension == "ROWS" else "frozenColumnCount"


def _frozen(sheet: Sheet, dimension: str, change: Callable[[int], int]) -> None:
    grid = dict(sheet.properties["gridProperties"])
    name = _frozen_name(dimension)
    if name in grid:
        grid[name] = change(grid[name])
        if not grid[name]:
            del grid[name]
        sheet.properties = {**sheet.properties, "gridProperties": grid}


def insert_cells(job: Job, sheet: Sheet, rect: Rect, dimension: str) -> None:
    """Insert cells into a range; what was there goes down, or right."""
    if dimension == "ROWS":
        for column in range(rect.left, rect.right):
            _spread(sheet, rect.top, column, rect.height, down=True)
        band, change = (rect.left, rect.right), Insert(rect.top, rect.height)
    else:
        for row in range(rect.top, min(rect.bottom, len(sheet.rows))):
            _spread(sheet, row, rect.left, rect.width, down=False)
        band, change = (rect.top, rect.bottom), Insert(rect.left, rect.width)
    widest = max((len(cells) for cells in sheet.rows), default=0)
    sheet.resize(rows=max(sheet.row_count, len(sheet.rows)), columns=max(sheet.column_count, widest))
    job.book.check_size()
    apply_shift(job, sheet, Shift(sheet.id, dimension, change, band, size(sheet, dimension)))


def _spread(sheet: Sheet, row: int, column: int, count: int, *, down: bool) -> None:
    if not down:
        cells = sheet.rows[row]
        if column < len(cells):
            cells[column:column] = [None] * count
            while cells and cells[-1] is None:
                cells.pop()
        return
    for at in range(len(sheet.rows) - 1, row - 1, -1):
        cell = sheet.cell(at, column)
        sheet.put(at + count, column, cell)
        sheet.put(at, column, None)


def delete_cells(job: Job, sheet: Sheet, rect: Rect, dimension: str) -> None:
    """Delete the cells of a range; what is below, or right of, them takes their place."""
    if dimension == "ROWS":
        for column in range(rect.left, rect.right):
            for row in range(rect.top, len(sheet.rows)):
                sheet.put(row, column, sheet.cell(row + rect.height, column))
        band, change = (rect.left, rect.right), Delete(rect.top, rect.bottom)
    else:
        for row in range(rect.top, min(rect.bottom, len(sheet.rows))):
            del sheet.rows[row][rect.left : rect.right]
        band, change = (rect.top, rect.bottom), Delete(rect.left, rect.right)
    apply_shift(job, sheet, Shift(sheet.id, dimension, change, band))


# --- What moves along ---


def apply_shift(job: Job, sheet: Sheet, shift: Shift) -> None:
    """Move everything that refers to cells, except the cells."""
    if shift.dimension == "COLUMNS" and sheet.formula_columns:
        sheet.find_formulas()
    sheet.merges = [box for box in map(shift.grid_range, sheet.merges) if box and not _single(box)]
    sheet.protected = _ranged(sheet.protected, shift)
    sheet.filter_views = [
        _filter(view, shift) for view in sheet.filter_views if "range" not in view or _alive(view, shift)
    ]
    if sheet.basic_filter:
        sheet.basic_filter = _filter(sheet.basic_filter, shift) if _alive(sheet.basic_filter, shift) else None
    sheet.bandings = _ranged(sheet.bandings, shift)
    sheet.tables = [_table(table, shift) for table in sheet.tables if _alive(table, shift)]
    job.book.named_ranges = _ranged(job.book.named_ranges, shift)
    if not shift.band:
        _along(job, sheet, shift)
    for other in job.book.sheets:
        other.charts = [_nested(chart, shift) for chart in other.charts]
        other.conditional = _conditional(other, other.conditional, shift)
    rewrite_formulas(job, lambda own, ref: _shifted_ref(job, own, ref, shift))


def _single(box: Json) -> bool:
    return box["endRowIndex"] - box["startRowIndex"] == 1 and box["endColumnIndex"] - box["startColumnIndex"] == 1


def _alive(thing: Json, shift: Shift) -> bool:
    return shift.grid_range(thing["range"]) is not None


def _ranged(things: list[Json], shift: Shift) -> list[Json]:
    kept = []
    for thing in things:
        if "range" in thing:
            box = shift.grid_range(thing["range"])
            if box is None:
                continue
            if box != thing["range"]:
                thing = {**thing, "range": box}
        if thing.get("unprotectedRanges"):
            pieces = [box for box in map(shift.grid_range, thing["unprotectedRanges"]) if box]
            thing = {**thing, "unprotectedRanges": pieces}
        kept.append(thing)
    return kept


def _filter(thing: Json, shift: Shift) -> Json:
    """A filter with its range, and its columns, moved."""
    if "range" not in thing:
        return thing
    result = {**thing, "range": shift.grid_range(thing["range"])}
    if shift.dimension != "COLUMNS" or shift.band or thing["range"].get("sheetId", 0) != shift.sheet_id:
        return result
    if "criteria" in thing:
        moved = {shift.change.index(int(column)): item for column, item in thing["criteria"].items()}
        result["criteria"] = {str(column): item for column, item in moved.items() if column is not None}
    for name, column_name in (("filterSpecs", "columnIndex"), ("sortSpecs", "dimensionIndex")):
        if name in thing:
            specs = [(shift.change.index(spec.get(column_name, 0)), spec) for spec in thing[name]]
            result[name] = [{**spec, column_name: column} for column, spec in specs if column is not None]
    return result


def _table(table: Json, shift: Shift) -> Json:
    """A table with its columns counted anew."""
    old, new = table["range"], shift.grid_range(table["range"]) or table["range"]
    result = {**table, "range": new}
    if shift.dimension != "COLUMNS" or shift.band or old.get("sheetId", 0) != shift.sheet_id:
        return result
    columns = {}
    for position, column in enumerate(table.get("columnProperties", ())):
        index = shift.change.index(old["startColumnIndex"] + position)
        if index is not None and new["startColumnIndex"] <= index < new["endColumnIndex"]:
            columns[index - new["startColumnIndex"]] = column
    taken = {column.get("columnName") for column in columns.values()}
    properties = []
    for position in range(new["endColumnIndex"] - new["startColumnIndex"]):
        column = columns.get(position)
        if column is None:
            name = next(name for n in range(1, 10_000) if (name := f"Column {n}") not in taken)
            taken.add(name)
            column = {"columnName": name}
        properties.append({**column, "columnIndex": position})
    return result | {"columnProperties": properties}


def _along(job: Job, sheet: Sheet, shift: Shift) -> None:
    """What belongs to whole rows or columns."""
    rows = shift.dimension == "ROWS"
    sizes = sheet.row_sizes if rows else sheet.column_sizes
    places = [(shift.change.index(index), item) for index, item in sizes.items()]
    moved = {index: item for index, item in places if index is not None}
    groups = []
    for group in sheet.row_groups if rows else sheet.column_groups:
        span = shift.dimension_range(group["range"])
        if span:
            groups.append({**group, "range": span})
    if rows:
        sheet.row_sizes, sheet.row_groups = moved, groups
    else:
        sheet.column_sizes, sheet.column_groups = moved, groups
    kept = []
    for metadata in job.book.metadata:
        place = metadata["location"]
        if "dimensionRange" in place:
            span = shift.dimension_range(place["dimensionRange"])
            if span is None:
                continue
            metadata = {**metadata, "location": {**place, "dimensionRange": span}}
        kept.append(metadata)
    job.book.metadata = kept


def _nested(value: Any, shift: Shift) -> Any:
    """A chart with its anchor and its sources moved; an anchor whose row is gone stays where it was."""
    if isinstance(value, list):
        return [item for item in (_nested(item, shift) for item in value) if item is not None]
    if not isinstance(value, dict):
        return value
    if "startRowIndex" in value or "startColumnIndex" in value or "endRowIndex" in value:
        return shift.grid_range(value)
    result = {name: _nested(item, shift) for name, item in value.items()}
    anchor = value.get("anchorCell")
    if anchor is not None and anchor.get("sheetId", 0) == shift.sheet_id and not shift.band:
        name = "rowIndex" if shift.dimension == "ROWS" else "columnIndex"
        index = shift.change.index(anchor.get(name, 0))
        if index is None and isinstance(shift.change, Delete):
            index = shift.change.start
        result["anchorCell"] = {**anchor, name: index}
    return result


def _conditional(sheet: Sheet, rules: list[Json], shift: Shift) -> list[Json]:
    if sheet.id != shift.sheet_id:
        return rules
    kept = []
    for rule in rules:
        ranges = [box for box in map(shift.grid_range, rule.get("ranges", ())) if box]
        if ranges:
            kept.append({**rule, "ranges": ranges})
    return kept


# --- References ---

Change = Callable[[Sheet, Ref], Ref | None]


def _shifted_ref(job: Job, own: Sheet, ref: Ref, shift: Shift) -> Ref | None:
    target = own if ref.title is None else job.book.sheet_titled(ref.title)
    if target is None or target.id != shift.sheet_id:
        return ref
    rect = shift.rect(ref.rect)
    if rect is None:
        return None
    return ref if rect == ref.rect else ref.at(rect)


def rewrite_formulas(job: Job, change: Change) -> None:
    """Change the references of every formula, rule and condition of the spreadsheet."""
    comma = job.engine.locale.comma_is_decimal
    _rewrite(job, lambda own, text: with_references(text, comma, lambda ref: change(own, ref)))


def rewrite_texts(job: Job, rewrite: Callable[[str], str]) -> None:
    """Change the text of every formula, rule and condition of the spreadsheet."""
    _rewrite(job, lambda _own, text: rewrite(text))


def _rewrite(job: Job, rewrite: Callable[[Sheet, str], str]) -> None:
    for sheet in job.book.sheets:
        own_rewrite = partial(rewrite, sheet)
        if sheet.formula_columns:
            _rewrite_cells(sheet, own_rewrite)
        sheet.conditional = [rewritten(rule, own_rewrite) for rule in sheet.conditional]
    job.changed()


def _rewrite_cells(sheet: Sheet, rewrite: Callable[[str], str]) -> None:
    rules: dict[int, Json] = {}
    columns = sorted(sheet.formula_columns)
    for cells in sheet.rows:
        for column in columns:
            if column >= len(cells):
                break
            cell = cells[column]
            if cell is None:
                continue
            if type(cell.value) is Formula:
                new = rewrite(cell.value)
                if new != cell.value:
                    cells[column] = cell = cell._replace(value=Formula(new))
            if cell.validation and refers(cell.validation):
                key = id(cell.validation)
                if key not in rules:
                    rules[key] = rewritten(cell.validation, rewrite)
                if rules[key] != cell.validation:
                    cells[column] = cell._replace(validation=rules[key])


def rewritten(value: Any, rewrite: Callable[[str], str]) -> Any:
    """A rule with its formulas changed."""
    if isinstance(value, list):
        return [rewritten(item, rewrite) for item in value]
    if not isinstance(value, dict):
        return value
    return {
        name: rewrite(item)
        if name == "userEnteredValue" and isinstance(item, str) and item.startswith("=")
        else rewritten(item, rewrite)
        for name, item in value.items()
    }


def copied(job: Job, cell: Cell, down: int, right: int) -> Cell:
    """The cell as it is when copied elsewhere: what its formula refers to moves along, unless a `$` holds it."""
    if type(cell.value) is not Formula or not (down or right):
        return cell
    comma = job.engine.locale.comma_is_decimal
    return cell._replace(value=Formula(with_references(cell.value, comma, lambda ref: _copied_ref(ref, down, right))))


def _copied_ref(ref: Ref, down: int, right: int) -> Ref | None:
    fixed_top, fixed_left, fixed_bottom, fixed_right = ref.fixed
    ends = (
        ref.top if ref.top is None or fixed_top else ref.top + down,
        ref.left if ref.left is None or fixed_left else ref.left + right,
        ref.bottom if ref.bottom is None or fixed_bottom else ref.bottom + down,
        ref.right if ref.right is None or fixed_right else ref.right + right,
    )
    if any(end is not None and end < 0 for end in ends):
        return None
    return ref._replace(top=ends[0], left=ends[1], bottom=ends[2], right=ends[3])
