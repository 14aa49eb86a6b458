"""The lines of a file as arrivals: records on their way into a tab.

Turns dates and amounts that can be understood in one way only into real ones;
everything else stays as it was typed, to be judged later like anything people
type. Lines that hold nothing but noise are named, never dropped silently.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from sheetcrm.columns import fold, header
from sheetcrm.fields import Context, reader
from sheetcrm.importing.files import Contents, Line, Unread
from sheetcrm.importing.headers import Headers, Target, bad_target, find_headers, loose
from sheetcrm.importing.maps import ImportMap
from sheetcrm.pipeline import CLOSED_KINDS, LIST_KINDS, Pipeline
from sheetcrm.problems import BadSettings
from sheetcrm.run import Arrival
from sheetcrm.schema import PIPELINE_TABS, Field, fields_of
from sheetcrm.tables import Cell, CellError, digest, is_blank, raw_text
from sheetcrm.validate import TOTALS

__all__ = ["Understood", "understand"]

ERROR = re.compile(r"#(REF!|N/A|NAME\?|VALUE!|DIV/0!|NULL!|NUM!)")
TYPED_KINDS = frozenset({"date", "amount", "percent", "count"})
"""Kinds whose cells become real numbers and dates."""
HARMLESS = frozenset({"text-date", "text-number", "stray-spaces", "far-date"})
"""What may be wrong with a cell that can be understood in one way only."""
DECLARED = {"dmy": "ro", "mdy": "en", ",": "ro", ".": "en"}
"""What a map may settle → the language that reads it so where it could be read either way."""
COMMAS = str.maketrans("şţŞŢ", "șțȘȚ")
"""Old encodings have no ș and ț; a list should not keep what they had instead."""
LARGEST_EXACT = 10**15
"""A spreadsheet keeps fifteen digits."""
PRICED = frozenset({"value", "price"})
"""Amounts that have a column for their currency beside them."""


@dataclass(frozen=True, slots=True)
class Understood:
    """A file understood, as far as it can be."""

    arrivals: tuple[Arrival, ...]
    unread: tuple[Unread, ...]
    new_choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Words that stand in no list yet, by list, in the order in which they come."""
    lines: int = 0
    """Lines below the header that are not blank."""
    numbers: Mapping[str, int] = field(default_factory=dict)
    """Key of an arrival → the number of its line."""


def understand(
    contents: Contents,
    import_map: ImportMap,
    target: Target,
    pipeline: Pipeline,
    context: Context,
    living: Mapping[str, str] = MappingProxyType({}),
) -> Understood:
    """Every line of a file as an arrival, or as one that was not read.

    `living` is where the records are that came before: key → tab.
    """
    headers = find_headers(contents.lines, import_map, target)
    words = _values(import_map, target, headers, pipeline)
    fill = _fill(import_map, target)
    read = _cell_reader(import_map, context)
    unread = [Unread(n.number, "above-header", _excerpt(n.cells)) for n in contents.lines[: headers.line]]
    unread += contents.unread
    arrivals: dict[str, tuple[int, dict[str, Cell]]] = {}
    below = contents.lines[headers.line + 1 :]
    for line in below:
        why = _noise(line, headers)
        if why:
            unread.append(Unread(line.number, why, _excerpt(line.cells)))
            continue
        cells = _cells(line, headers, words, fill, read)
        key = _key(line, headers, import_map, target)
        if key in arrivals:
            first, standing = arrivals[key]
            repeated = "same-number" if headers.key is not None else "same-line"
            unread.append(Unread(line.number, repeated, _excerpt(line.cells), {"first": str(first)}))
            arrivals[key] = first, {**cells, **standing}
        else:
            arrivals[key] = line.number, cells
    home = _homes(target, pipeline, context)
    found = tuple(_arrival(living.get(key) or home(cells), cells, key, target) for key, (_, cells) in arrivals.items())
    unread.sort(key=lambda n: n.line)
    return Understood(
        found,
        tuple(unread),
        _new_choices([cells for _, cells in arrivals.values()], target, pipeline),
        len(below) + len(contents.unread),
        {key: number for key, (number, _) in arrivals.items()},
    )


def _homes(target: Target, pipeline: Pipeline, context: Context) -> Callable[[Mapping[str, Cell]], str]:
    """The tab in which a record of some stage lives; the tab that was named where its stage says none."""
    read = reader("stage", context)

    @lru_cache(maxsize=1000)
    def home(typed: Cell) -> str:
        stage = pipeline.stage(str(read(typed).value))
        return stage.home if stage and stage.home in PIPELINE_TABS else target.name

    return lambda cells: home(cells.get("stage", "")) if target.name in PIPELINE_TABS else target.name


def _arrival(tab: str, cells: Mapping[str, Cell], key: str, target: Target) -> Arrival:
    """A field that the tab has no column for comes along under its header."""
    known = fields_of(tab)
    named = {
        header(name, target.language) if name in target.fields and name not in known else name: cell
        for name, cell in cells.items()
    }
    return Arrival(tab, named, key)


def _excerpt(cells: Iterable[Cell]) -> str:
    return " | ".join(" ".join(raw_text(cell).split()) for cell in cells if not is_blank(cell))[:80]


def _noise(line: Line, headers: Headers) -> str:
    """Why a line is nobody's record; "" where it is one."""
    if any(not is_blank(cell) for cell in line.cells[len(headers.names) :]):
        return "too-many-cells"
    filled = [cell for cell in line.cells if not is_blank(cell)]
    if all(map(_is_noise, filled)):
        return "noise"
    if fold(raw_text(filled[0])).rstrip(":. ") in TOTALS and not any(map(_has_letters, filled[1:])):
        return "total"
    names = zip(line.cells, headers.names, strict=False)
    if len(filled) > 1 and all(loose(raw_text(cell)) == loose(name) for cell, name in names if not is_blank(cell)):
        return "header-again"
    return ""


def _is_noise(cell: Cell) -> bool:
    text = raw_text(cell).strip()
    return isinstance(cell, CellError) or bool(ERROR.fullmatch(text)) or not any(map(str.isalnum, text))


def _has_letters(cell: Cell) -> bool:
    return isinstance(cell, str) and any(map(str.isalpha, cell))


def _key(line: Line, headers: Headers, import_map: ImportMap, target: Target) -> str:
    """Where a record came from: their number for it, else all that the line says.

    The pipeline's tabs share their numbers, because a record keeps its identity
    from lead to deal. The order of the columns does not count.
    """
    space = ["records" if target.name in PIPELINE_TABS else target.name, import_map.system]
    if headers.key is not None and headers.key < len(line.cells) and not is_blank(line.cells[headers.key]):
        return digest([*space, loose(headers.names[headers.key]), raw_text(line.cells[headers.key]).strip()])
    pairs = zip(headers.names, line.cells, strict=False)
    said = sorted(f"{loose(name)}={raw_text(cell).strip()}" for name, cell in pairs if not is_blank(cell))
    return digest([*space, *said])


# ---------------------------------------------------------------- cells


class _Cells(NamedTuple):
    """What a cell becomes, and the currency that stood beside the number."""

    cell: Cell
    currency: str = ""


def _cells(
    line: Line,
    headers: Headers,
    words: Mapping[int, Mapping[str, str]],
    fill: Mapping[str, Cell],
    read: Callable[[str, Cell], _Cells],
) -> dict[str, Cell]:
    """The cells of a line that are not blank, by field or by the header they come along under."""
    found: dict[str, Cell] = {}
    beside: dict[str, tuple[Cell, str]] = {}
    for column in headers.columns:
        cell = line.cells[column.at] if column.at < len(line.cells) else ""
        cell = cell.strip() if isinstance(cell, str) else cell
        if column.at in words:
            cell = words[column.at].get(fold(raw_text(cell)), cell)
        if is_blank(cell) or not (column.field or column.own):
            continue
        if column.field is None:
            found[column.own] = cell
            continue
        number, currency = read(column.field.kind, cell)
        found[column.field.name] = number
        if currency:
            beside[column.field.name] = (cell, currency)
    for name, (typed, currency) in beside.items():
        # The sign beside an amount goes into the column for it, or stays where it was typed.
        if name not in PRICED or raw_text(found.setdefault("currency", currency)).upper() != currency:
            found[name] = typed
    if found.keys().isdisjoint(PRICED):  # a currency of nothing says nothing
        fill = {name: cell for name, cell in fill.items() if name != "currency"}
    return {**fill, **found}


def _cell_reader(import_map: ImportMap, context: Context) -> Callable[[str, Cell], _Cells]:
    """Reads a cell of a kind; each distinct one once."""
    settled = {"date": import_map.dates, "amount": import_map.decimal, "percent": import_map.decimal}
    readers, harmless = {}, {}
    for kind in TYPED_KINDS:
        word = settled.get(kind, "")
        readers[kind] = reader(kind, replace(context, language=DECLARED.get(word, context.language)))
        harmless[kind] = HARMLESS | ({"ambiguous-date", "ambiguous-amount"} if word else set())

    @lru_cache(maxsize=100_000)
    def read(kind: str, type_of_cell: str, cell: Cell) -> _Cells:
        if kind == "date" and isinstance(cell, datetime):
            return _Cells(cell.date())
        if kind not in TYPED_KINDS or not isinstance(cell, str):
            return _Cells(cell)
        reading = readers[kind](cell)
        if any(issue.code not in harmless[kind] for issue in reading.issues):
            return _Cells(cell)
        return _Cells(_as_kept(reading.value, cell), reading.currency or "")

    return lambda kind, cell: read(kind, type(cell).__name__, cell)


def _as_kept(value: object, typed: Cell) -> Cell:
    """A value as a sheet keeps it; what was typed where it would not be kept exactly."""
    if isinstance(value, date):
        return value
    number = Decimal(value) if isinstance(value, int | Decimal) else None
    if number is not None and abs(number) < LARGEST_EXACT:
        kept: int | float = int(number) if number == number.to_integral_value() else float(number)
        return kept if Decimal(str(kept)) == number else typed
    return typed


# ---------------------------------------------------------------- words of pick-lists


def _values(import_map: ImportMap, target: Target, headers: Headers, pipeline: Pipeline) -> dict[int, dict[str, str]]:
    """For each column whose words the map translates: their word, folded → ours."""
    by_field = {c.field.name: c.at for c in headers.columns if c.field}
    by_own = {loose(c.own): c.at for c in headers.columns if c.own}
    by_theirs = {loose(c.theirs): c.at for c in headers.columns}
    found = {}
    for name, words in import_map.values.items():
        known = target.field_of(name)
        index = by_field.get(known.name) if known else by_own.get(loose(name))
        index = by_theirs.get(loose(name)) if index is None else index
        if index is None:
            raise bad_target(name, import_map, target, in_section="values")
        meant = headers.columns[index].field
        for ours in words.values():
            _refuse_unknown_word(ours, meant, import_map, pipeline)
        found[index] = {fold(theirs): ours for theirs, ours in words.items()}
    return found


def _refuse_unknown_word(word: Cell, known: Field | None, import_map: ImportMap, pipeline: Pipeline) -> None:
    """Stages and closed lists take no new words, so one that is not there is a slip in the map."""
    if known is None or known.kind not in ("stage", *CLOSED_KINDS) or is_blank(word):
        return
    choices = pipeline.choices.get(known.kind, ())
    if fold(raw_text(word)) not in {fold(s) for c in choices for s in (c.label, *c.also)}:
        listed = ", ".join(f"“{choice.label}”" for choice in choices)
        raise BadSettings("importing/unknown-word", map=import_map.file, word=word, known=listed)


def _fill(import_map: ImportMap, target: Target) -> dict[str, Cell]:
    found = {}
    for ours, cell in import_map.fill.items():
        known = target.field_of(ours)
        if known is None or known.writer not in ("people", "fill"):
            raise bad_target(ours, import_map, target, in_section="fill")
        found[known.name] = cell
    return found


def _new_choices(
    records: Sequence[Mapping[str, Cell]], target: Target, pipeline: Pipeline
) -> dict[str, tuple[str, ...]]:
    """Words of the team's own lists that no list has yet, spelt as they first come."""
    found: dict[str, tuple[str, ...]] = {}
    for known in target.fields.values():
        if known.kind not in LIST_KINDS or known.writer == "sync":
            continue
        standing = {fold(s) for c in pipeline.choices.get(known.kind, ()) for s in (c.label, *c.also)}
        new: dict[str, str] = {}
        for cells in records:
            word = raw_text(cells.get(known.name, "")).strip().translate(COMMAS)
            if word and fold(word) not in standing:
                new.setdefault(fold(word), word)
        if new:
            found[known.kind] = (*found.get(known.kind, ()), *new.values())
    return found
