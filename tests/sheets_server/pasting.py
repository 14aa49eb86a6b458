"""Requests that copy, cut and fill cells."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from .a1 import Rect
from .cell_requests import box_of
from .errors import invalid
from .formula_calls import ERROR_TEXTS
from .formula_syntax import Ref, with_references
from .job import Job, rect_of
from .model import EMPTY, Cell, CellError, Formula, Json, Sheet
from .structure import copied, rewrite_formulas
from .validation import check_strict
from .values import entered

Block = list[list[Cell | None]]


def block_of(sheet: Sheet, rect: Rect) -> Block:
    """The cells of a rectangle."""
    return [
        [sheet.cell(row, column) for column in range(rect.left, rect.right)] for row in range(rect.top, rect.bottom)
    ]


def pasted(kind: str, old: Cell | None, new: Cell | None, value: Any) -> Cell:
    """What a cell is after another is pasted over it; `value` is what that one comes to."""
    old, new = old or EMPTY, new or EMPTY
    match kind:
        case "PASTE_VALUES":
            return old._replace(value=value, extra=None)
        case "PASTE_FORMULA":
            return old._replace(value=new.value, extra=new.extra)
        case "PASTE_FORMAT":
            return old._replace(format=new.format)
        case "PASTE_DATA_VALIDATION":
            return old._replace(validation=new.validation)
        case "PASTE_CONDITIONAL_FORMATTING":
            return old
        case "PASTE_NO_BORDERS":
            form = {name: item for name, item in (new.format or {}).items() if name != "borders"}
            borders = (old.format or {}).get("borders")
            return new._replace(format=(form | ({"borders": borders} if borders else {})) or None)
        case _:
            return new


# --- Copy ---


def copy_paste(job: Job, request: Json) -> Json:
    """`copyPaste`."""
    kind = request.get("pasteType") or "PASTE_NORMAL"
    source, rect = job.area(request.get("source"))
    transposed = request.get("pasteOrientation") == "TRANSPOSE"
    target, wanted = job.area(request.get("destination"))
    height, width = (rect.width, rect.height) if transposed else (rect.height, rect.width)
    downs = wanted.height // height if wanted.height % height == 0 else 1
    rights = wanted.width // width if wanted.width % width == 0 else 1
    whole = Rect(wanted.top, wanted.left, wanted.top + downs * height, wanted.left + rights * width)
    if not target.grid.around(whole):
        raise job.beyond(target, job.text_of(target, whole).rpartition("!")[2])
    job.allow(target, whole)
    block = block_of(source, rect)
    results = _results(job, source, rect) if kind == "PASTE_VALUES" else None
    for down in range(downs):
        for right in range(rights):
            at = (whole.top + down * height, whole.left + right * width)
            _paste_block(job, kind, (source, rect, block, results), target, at, transposed)
            if kind in ("PASTE_NORMAL", "PASTE_NO_BORDERS"):
                _copy_merges(source, rect, target, at, transposed)
            if kind in ("PASTE_NORMAL", "PASTE_FORMAT", "PASTE_CONDITIONAL_FORMATTING") and not transposed:
                _copy_conditional(source, rect, target, at)
    return {}


def _results(job: Job, sheet: Sheet, rect: Rect) -> list[list[Any]]:
    """What the cells of a rectangle come to; an error is its text."""
    rows = []
    for row in range(rect.top, rect.bottom):
        values = [job.engine.value(sheet, row, column) for column in range(rect.left, rect.right)]
        rows.append([ERROR_TEXTS.get(value.type) if isinstance(value, CellError) else value for value in values])
    return rows


def _paste_block(
    job: Job, kind: str, origin: tuple[Sheet, Rect, Block, Any], target: Sheet, at: tuple[int, int], transposed: bool
) -> None:
    _, rect, block, results = origin
    for r, cells in enumerate(block):
        for c, cell in enumerate(cells):
            row, column = (at[0] + c, at[1] + r) if transposed else (at[0] + r, at[1] + c)
            new = cell and copied(job, cell, row - rect.top - r, column - rect.left - c)
            value = results[r][c] if results else None
            result = pasted(kind, target.cell(row, column), new, value)
            if kind not in ("PASTE_FORMAT", "PASTE_DATA_VALIDATION", "PASTE_CONDITIONAL_FORMATTING"):
                check_strict(job, target, row, column, result)
            target.put(row, column, result)


def _copy_merges(source: Sheet, rect: Rect, target: Sheet, at: tuple[int, int], transposed: bool) -> None:
    height, width = (rect.width, rect.height) if transposed else (rect.height, rect.width)
    landing = Rect(at[0], at[1], at[0] + height, at[1] + width)
    inside = [rect_of(source, box) for box in source.merges if rect.around(rect_of(source, box))]
    if target is source and landing.meets(rect):
        return
    target.merges = [box for box in target.merges if not landing.meets(rect_of(target, box))]
    for box in inside:
        top, left, bottom, right = box.moved(-rect.top, -rect.left)
        new = Rect(left, top, right, bottom) if transposed else Rect(top, left, bottom, right)
        target.merges.append(box_of(target, new.moved(*at)))


def _copy_conditional(source: Sheet, rect: Rect, target: Sheet, at: tuple[int, int]) -> None:
    for number, rule in enumerate(list(source.conditional)):
        pieces = [rect_of(source, box).common(rect) for box in rule.get("ranges", ())]
        moved = [piece.moved(at[0] - rect.top, at[1] - rect.left) for piece in pieces if not piece.empty]
        new = [box_of(target, piece) for piece in moved]
        if not new:
            continue
        if target is source:
            fresh = [
                box for box in new if not any(rect_of(source, b).around(rect_of(source, box)) for b in rule["ranges"])
            ]
            source.conditional[number] = {**rule, "ranges": [*rule["ranges"], *fresh]}
        else:
            target.conditional.append({**rule, "ranges": new})


# --- Cut ---


def cut_paste(job: Job, request: Json) -> Json:
    """`cutPaste`: what referred to the cells refers to them where they are now."""
    kind = request.get("pasteType") or "PASTE_NORMAL"
    source, rect = job.area(request.get("source"))
    place = request.get("destination") or {}
    target = job.sheet(place.get("sheetId"))
    if target is not source and not job.switches.cut_paste_across_tabs:
        raise invalid("Cutting and pasting between sheets is not supported.")
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    landing = Rect(top, left, top + rect.height, left + rect.width)
    if not target.grid.around(landing):
        raise job.beyond(target, job.text_of(target, landing).rpartition("!")[2])
    job.allow(source, rect)
    job.allow(target, landing)
    _check_merges(source, rect)
    _check_merges(target, landing, besides=rect if target is source else None)
    block = block_of(source, rect)
    results = _results(job, source, rect) if kind == "PASTE_VALUES" else None
    left_behind = _left_behind(job, source is not target)
    for r in range(rect.height):
        for c in range(rect.width):
            source.put(rect.top + r, rect.left + c, left_behind(block[r][c]))
    for r, cells in enumerate(block):
        for c, cell in enumerate(cells):
            old = target.cell(top + r, left + c)
            new = _carried(job, cell, source is not target, old)
            target.put(top + r, left + c, pasted(kind, old, new, results[r][c] if results else None))
    _move_what_refers(job, source, rect, target, landing)
    return {}


def _check_merges(sheet: Sheet, rect: Rect, besides: Rect | None = None) -> None:
    for box in sheet.merges:
        other = rect_of(sheet, box)
        if rect.meets(other) and not rect.around(other) and not (besides and besides.around(other)):
            raise invalid("You must select all cells in a merged range to cut or paste them.")


def _left_behind(job: Job, across_tabs: bool) -> Callable[[Cell | None], Cell | None]:
    """What stays where a cell was cut: what the cut does not carry."""

    def rest(cell: Cell | None) -> Cell | None:
        if cell is None or not across_tabs:
            return None
        note = None if job.switches.cut_paste_carries_notes else cell.note
        validation = None if job.switches.cut_paste_carries_validation else cell.validation
        return Cell(note=note, validation=validation)

    return rest


def _carried(job: Job, cell: Cell | None, across_tabs: bool, old: Cell | None) -> Cell:
    """The cell as it arrives."""
    cell, old = cell or EMPTY, old or EMPTY
    if not across_tabs:
        return cell
    if not job.switches.cut_paste_carries_notes:
        cell = cell._replace(note=old.note)
    if not job.switches.cut_paste_carries_validation:
        cell = cell._replace(validation=old.validation)
    return cell


def _move_what_refers(job: Job, source: Sheet, rect: Rect, target: Sheet, landing: Rect) -> None:
    down, right = landing.top - rect.top, landing.left - rect.left

    def moved(ref: Ref, own: Sheet) -> Ref:
        """A reference to the cut cells, seen from a formula of the tab `own`."""
        owner = own if ref.title is None else job.book.sheet_titled(ref.title)
        if owner is not source or not rect.around(ref.rect):
            return ref
        title = ref.title if target is source else target.title
        return ref.at(ref.rect.moved(down, right))._replace(title=title)

    def arrived(ref: Ref) -> Ref:
        """A reference of a formula that has come from another tab: what did not come along needs that tab's name."""
        if ref.title is not None:
            return ref
        return ref.at(ref.rect.moved(down, right)) if rect.around(ref.rect) else ref._replace(title=source.title)

    comma = job.engine.locale.comma_is_decimal
    for row, column, cell in list(target.cells(landing)) if target is not source else ():
        if type(cell.value) is Formula:
            target.put(row, column, cell._replace(value=Formula(with_references(cell.value, comma, arrived))))
    rewrite_formulas(job, lambda own, ref: moved(ref, own))
    for number, named in enumerate(job.book.named_ranges):
        box = named["range"]
        if box.get("sheetId", 0) == source.id and rect.around(rect_of(source, box)):
            new = box_of(target, rect_of(source, box).moved(down, right))
            job.book.named_ranges[number] = {**named, "range": new}
    inside = [box for box in source.merges if rect.around(rect_of(source, box))]
    source.merges = [box for box in source.merges if box not in inside]
    target.merges = [box for box in target.merges if not landing.around(rect_of(target, box))]
    target.merges += [box_of(target, rect_of(source, box).moved(down, right)) for box in inside]
    if target is source:
        for number, rule in enumerate(source.conditional):
            boxes = [
                box_of(source, rect_of(source, box).moved(down, right)) if rect.around(rect_of(source, box)) else box
                for box in rule["ranges"]
            ]
            source.conditional[number] = {**rule, "ranges": boxes}


# --- Typed and filled ---


def paste_data(job: Job, request: Json) -> Json:
    """`pasteData`: text with a delimiter, as if typed."""
    if request.get("html"):
        raise invalid("pasting HTML is not emulated")
    place = request.get("coordinate") or {}
    sheet = job.sheet(place.get("sheetId"))
    top, left = place.get("rowIndex", 0), place.get("columnIndex", 0)
    delimiter = request.get("delimiter") or "\t"
    rows = [line.split(delimiter) if len(delimiter) > 1 else _parted(line, delimiter) for line in _lines(request)]
    kind = request.get("type") or "PASTE_NORMAL"
    landing = Rect(top, left, top + len(rows), left + max((len(row) for row in rows), default=0))
    sheet.resize(rows=max(sheet.row_count, landing.bottom), columns=max(sheet.column_count, landing.right))
    job.book.check_size()
    job.allow(sheet, landing)
    if kind in ("PASTE_FORMAT", "PASTE_DATA_VALIDATION", "PASTE_CONDITIONAL_FORMATTING"):
        return {}
    for r, row in enumerate(rows):
        for c, text in enumerate(row):
            cell = entered(job, sheet.cell(top + r, left + c), text, True)
            check_strict(job, sheet, top + r, left + c, cell)
            sheet.put(top + r, left + c, cell)
    return {}


def _lines(request: Json) -> list[str]:
    text = request.get("data") or ""
    if '"' in text and len(request.get("delimiter") or "\t") == 1:
        rows = csv.reader(io.StringIO(text), delimiter=request.get("delimiter") or "\t")
        return ["\x00".join(row) for row in rows]
    return text.splitlines()


def _parted(line: str, delimiter: str) -> list[str]:
    return line.split("\x00" if "\x00" in line else delimiter)


def text_to_columns(job: Job, request: Json) -> Json:
    """`textToColumns`."""
    sheet, rect = job.area(request.get("source"))
    if rect.width != 1:
        raise invalid("The source range must span exactly one column.")
    kinds = {"COMMA": ",", "SEMICOLON": ";", "PERIOD": ".", "SPACE": " ", "CUSTOM": request.get("delimiter")}
    kind = request.get("delimiterType") or "AUTODETECT"
    texts = {row: str(cell.value) for row, _, cell in sheet.cells(rect) if type(cell.value) is str}
    delimiter = kinds.get(kind) or max(",;\t|", key=lambda mark: sum(text.count(mark) for text in texts.values()))
    parts = {row: text.split(delimiter) for row, text in texts.items()}
    width = max((len(pieces) for pieces in parts.values()), default=1)
    sheet.resize(columns=max(sheet.column_count, rect.left + width))
    job.allow(sheet, rect._replace(right=rect.left + width))
    for row, pieces in parts.items():
        for offset, piece in enumerate(pieces):
            column = rect.left + offset
            sheet.put(row, column, entered(job, sheet.cell(row, column), piece, True))
    return {}


def auto_fill(job: Job, request: Json) -> Json:
    """`autoFill`: a series of numbers goes on, anything else repeats."""
    if "sourceAndDestination" in request:
        given = request["sourceAndDestination"]
        sheet, rect = job.area(given.get("source"))
        by_rows, length = given.get("dimension") == "ROWS", given.get("fillLength", 0)
    else:
        sheet, whole = job.area(request.get("range"))
        used = [(row, column) for row, column, cell in sheet.cells(whole) if cell.value is not None]
        if not used:
            return {}
        bottom, right = max(row for row, _ in used) + 1, max(column for _, column in used) + 1
        by_rows = bottom < whole.bottom
        rect = Rect(whole.top, whole.left, bottom, whole.right) if by_rows else whole._replace(right=right)
        length = whole.bottom - bottom if by_rows else whole.right - right
    _fill(job, sheet, rect, by_rows, length, bool(request.get("useAlternateSeries")))
    return {}


def _fill(job: Job, sheet: Sheet, rect: Rect, by_rows: bool, length: int, alternate: bool) -> None:
    start = rect.bottom if by_rows else rect.right
    ends = (start, start + length) if length >= 0 else ((rect.top if by_rows else rect.left) + length, start)
    area = rect._replace(top=min(rect.top, ends[0]), bottom=ends[1]) if by_rows else rect._replace(
        left=min(rect.left, ends[0]), right=ends[1]
    )  # fmt: skip
    if not sheet.grid.around(area):
        raise job.beyond(sheet, job.text_of(sheet, area).rpartition("!")[2])
    job.allow(sheet, area)
    lines = range(rect.left, rect.right) if by_rows else range(rect.top, rect.bottom)
    first, count = (rect.top, rect.height) if by_rows else (rect.left, rect.width)
    targets = range(start, start + length) if length >= 0 else range(first - 1, first + length - 1, -1)
    for line in lines:
        cells = [sheet.cell(first + n, line) if by_rows else sheet.cell(line, first + n) for n in range(count)]
        step = _step([cell.value if cell else None for cell in cells], alternate)
        for at in targets:
            origin = (at - first) % count
            cell = cells[origin]
            away = at - first - origin
            if cell is not None:
                cell = copied(job, cell, away if by_rows else 0, 0 if by_rows else away)
                if step is not None:
                    cell = cell._replace(value=cell.value + step * away)  # type: ignore[operator]
            sheet.put(*((at, line) if by_rows else (line, at)), cell)


def _step(values: list[Any], alternate: bool) -> float | int | None:
    """By how much a series grows; None if it is none."""
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        return None
    if len(values) == 1:
        return 1 if alternate else None
    steps = {later - earlier for earlier, later in pairwise(values)}
    return steps.pop() if len(steps) == 1 else None


KINDS = {
    "copyPaste": copy_paste,
    "cutPaste": cut_paste,
    "pasteData": paste_data,
    "textToColumns": text_to_columns,
    "autoFill": auto_fill,
}
