"""Which column of a file goes where: into a field of ours, along as the team's own, or nowhere.

Finds the header line, reads headers by the map first and by our own names
second, and refuses a map that cannot be meant. Reads no line below the header.
"""

from __future__ import annotations

import difflib
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.columns import Layout, field_called, fold, tab_called, tab_title
from sheetcrm.importing.files import Line
from sheetcrm.importing.maps import LEFT_OUT, ImportMap
from sheetcrm.problems import BadSettings, UsageError
from sheetcrm.schema import PIPELINE_TABS, TABS, Field
from sheetcrm.tables import Cell, column_letters, is_blank, raw_text

__all__ = ["IMPORT_TABS", "Column", "Headers", "Target", "find_headers", "loose", "target_called"]

IMPORT_TABS = ("leads", "opportunities", "deals", "accounts", "activities", "products", "offers")
HEADER_WITHIN_LINES = 20


def loose(header: str) -> str:
    """A header for comparing: signs, diacritics, letter case and spaces do not count."""
    return re.sub(r"[^\w%#]+", " ", fold(header)).strip()


@dataclass(frozen=True, slots=True)
class Target:
    """The tab that lines go to, and what its columns are called."""

    name: str
    title: str
    language: str
    fields: Mapping[str, Field]
    """Every field a line may fill, and sync's own, which it may not."""
    called: Mapping[str, str] = field(default_factory=dict)
    """Loose header as it stands in the workbook → field."""
    own: Mapping[str, str] = field(default_factory=dict)
    """Loose header → header of the columns that the team added."""

    def field_of(self, header: str) -> Field | None:
        """The field that a header names, here or in either language."""
        name = self.called.get(loose(header)) or field_called(header, self.fields)
        return self.fields[name] if name else None

    @property
    def headers(self) -> tuple[str, ...]:
        """What one may map to, as we would write it."""
        ours = (messages.text("headers", f.name, self.language) for f in self.fields.values() if _is_open(f))
        return (*ours, *self.own.values())


def _is_open(known: Field) -> bool:
    return known.writer in ("people", "fill")


def target_called(typed: str, layouts: Mapping[str, Layout], language: str) -> Target:
    """The tab that a person named, by its title here or in either language."""
    standing = {fold(layout.title): name for name, layout in layouts.items()}
    name = standing.get(fold(typed)) or tab_called(typed)
    if name not in IMPORT_TABS:
        known = ", ".join(layouts[n].title if n in layouts else tab_title(n, language) for n in IMPORT_TABS)
        raise UsageError("importing/bad-tab", tab=typed, known=known)
    if name not in layouts or not layouts[name].columns:
        raise UsageError("importing/missing-tab", tab=tab_title(name, language))
    # A record moves on to the tab of its stage, so its columns count wherever it comes in.
    names = PIPELINE_TABS if name in PIPELINE_TABS else (name,)
    fields = {f.name: f for n in names for f in TABS[n]}
    called: dict[str, str] = {}
    own: dict[str, str] = {}
    for layout in (layouts[n] for n in names if n in layouts):
        called.update({loose(layout.header_of(n, language)): n for n in layout.columns})
        texts = (raw_text(layout.tab.cell(layout.header_row, c)).strip() for c in layout.own_columns)
        own.update({loose(text): text for text in texts})
    return Target(name, layouts[name].title, language, fields, called, own)


class Column(NamedTuple):
    """A column of the file: where it stands, what it is called, and where it goes."""

    at: int
    theirs: str
    field: Field | None = None
    own: str = ""
    """The header under which it comes along; "" where it is a field or left out."""


@dataclass(frozen=True, slots=True)
class Headers:
    """The header line of a file, understood."""

    line: int
    """Its place among the lines that were read."""
    names: tuple[str, ...]
    columns: tuple[Column, ...]
    key: int | None = None
    """The column with their own number."""


def find_headers(lines: Sequence[Line], import_map: ImportMap, target: Target) -> Headers:
    """Find the header line and say where each column goes."""
    mapped = {loose(theirs) for theirs in (*import_map.columns, import_map.key)} - {""}

    def known(line: Line) -> int:
        texts = (raw_text(cell).strip() for cell in line.cells)
        return sum(loose(t) in mapped or target.field_of(t) is not None for t in texts if t)

    counts = [known(line) for line in lines[:HEADER_WITHIN_LINES]]
    if not counts or not max(counts):
        seen = ", ".join(_shown(lines[0].cells)) if lines else ""
        raise UsageError("importing/no-headers" if lines else "importing/empty", tab=target.title, seen=seen)
    at = counts.index(max(counts))
    width = max(len(lines[at].cells), 1)
    names = _named_apart(lines[at].cells, width, target.language)
    by_name = {loose(name): index for index, name in reversed(list(enumerate(names)))}
    _refuse_unknown(import_map, by_name, names)
    columns = _columns(names, import_map, target)
    return Headers(at, names, columns, by_name[loose(import_map.key)] if import_map.key else None)


def _shown(cells: Iterable[Cell]) -> list[str]:
    return [f"“{raw_text(cell).strip()}”" for cell in cells if not is_blank(cell)][:12]


def _named_apart(cells: Sequence[Cell], width: int, language: str) -> tuple[str, ...]:
    """A name for every column: a doubled header is numbered, a blank one goes by its letter."""
    seen: Counter[str] = Counter()
    names = []
    for index in range(width):
        text = " ".join(raw_text(cells[index]).split()) if index < len(cells) else ""
        name = text or messages.text("importing", "column", language, letter=column_letters(index))
        seen[loose(name)] += 1
        count = seen[loose(name)]
        names.append(name if count == 1 else f"{name} ({count})")
    return tuple(names)


def _refuse_unknown(import_map: ImportMap, by_name: Mapping[str, int], names: Sequence[str]) -> None:
    for theirs in (*import_map.columns, *([import_map.key] if import_map.key else [])):
        if loose(theirs) not in by_name:
            near = difflib.get_close_matches(theirs, names, n=1) or [""]
            key = "importing/unknown-header-near" if near[0] else "importing/unknown-header"
            known = ", ".join(f"“{name}”" for name in names)
            raise BadSettings(key, map=import_map.file, header=theirs, near=near[0], known=known)


def _columns(names: Sequence[str], import_map: ImportMap, target: Target) -> tuple[Column, ...]:
    """Where each column goes: the map's word first, then our own names, else along as it is."""
    said = {loose(theirs): ours for theirs, ours in import_map.columns.items()}
    found: dict[int, Column] = {}
    taken: dict[str, str] = {}
    for index, name in enumerate(names):
        if (ours := said.get(loose(name))) is None:
            continue
        column = found[index] = _mapped(index, name, ours, import_map, target)
        goes_to = column.field.name if column.field else column.own
        if goes_to and goes_to in taken:
            values = {"first": taken[goes_to], "second": name, "target": ours}
            raise BadSettings("importing/doubled-target", map=import_map.file, **values)
        taken[goes_to] = name
    standing = {loose(column.own) for column in found.values()}
    for index, name in enumerate(names):
        if index in found:
            continue
        known = target.field_of(name)
        if known and _is_open(known) and known.name not in taken:
            found[index] = Column(index, name, known)
            taken[known.name] = name
        else:
            found[index] = Column(index, name, own=_own_header(name, target, standing))
            standing.add(loose(found[index].own))
    return tuple(found[index] for index in range(len(names)))


def _mapped(index: int, theirs: str, ours: str, import_map: ImportMap, target: Target) -> Column:
    if ours in LEFT_OUT:
        return Column(index, theirs)
    known = target.field_of(ours)
    if known and _is_open(known):
        return Column(index, theirs, known)
    if known is None and loose(ours) in target.own:
        return Column(index, theirs, own=target.own[loose(ours)])
    raise bad_target(ours, import_map, target, in_section="columns")


def bad_target(ours: str, import_map: ImportMap, target: Target, in_section: str) -> BadSettings:
    """What to say of a map that names no column of the tab, or one that sync fills."""
    values = {"map": import_map.file, "target": ours, "tab": target.title, "section": in_section}
    if target.field_of(ours):
        return BadSettings("importing/sync-target", **values)
    near = difflib.get_close_matches(ours, target.headers, n=1)
    if near:
        return BadSettings("importing/unknown-target-near", near=near[0], **values)
    return BadSettings("importing/unknown-target", **values)


def _own_header(name: str, target: Target, standing: set[str]) -> str:
    """Their header, unless it would be taken for a field of ours or for another of theirs."""
    own = target.own.get(loose(name), name)
    if target.field_of(own) is not None:
        own = messages.text("importing", "imported-column", target.language, header=name)
    number, free = 1, own
    while loose(free) in standing:
        number += 1
        free = f"{own} ({number})"
    return free
