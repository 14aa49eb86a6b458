"""What a workbook must have before a run: tabs, columns and words that this run adds.

Gives layouts as they will be, and the changes that make them so. Nothing is
written over, and nothing of the team's is adopted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from sheetcrm.columns import Layout, fold, header, home_mark, layout_as, tab_title
from sheetcrm.pipeline import Rules
from sheetcrm.problems import UsageError
from sheetcrm.run import Arrival
from sheetcrm.schema import PIPELINE_TABS, SYNC_TABS, TABS, fields_of
from sheetcrm.setup import ORDER, fresh_tab
from sheetcrm.tables import AddColumn, AddTab, Cell, Column, Snapshot, is_blank, next_column, raw_text

__all__ = ["Ready", "prepare", "row_of", "with_homes"]


@dataclass(frozen=True, slots=True)
class Ready:
    """The tabs as they will be, and what makes them so."""

    layouts: Mapping[str, Layout]
    original: Mapping[str, Layout]
    new_tabs: tuple[AddTab, ...] = ()
    new_columns: tuple[AddColumn, ...] = ()
    new_lines: Mapping[int, dict[str, Cell]] = field(default_factory=dict)


def prepare(
    snapshot: Snapshot,
    layouts: Mapping[str, Layout],
    arrivals: Sequence[Arrival],
    new_choices: Mapping[str, Sequence[str]],
    *,
    takeover: bool,
    language: str,
) -> Ready:
    """Add what is missing. Raises `UsageError` for a workbook that sync was never let into."""
    marked = any(layout.tab.mark in (*SYNC_TABS, "settings") for layout in layouts.values())
    if not marked and not takeover:
        raise UsageError("not-set-up")
    ready = dict(layouts)
    tabs: list[AddTab] = []
    needed = ORDER if takeover else SYNC_TABS
    taken = {fold(tab.title) for tab in snapshot.tabs}
    for name in needed:
        if name not in ready:
            tab = fresh_tab(name, language, _free_title(name, language, taken))
            rows = tuple(tuple(row) for row in tab.rows[1:])
            columns = tuple(Column(f.name, header(f.name, language)) for f in TABS[name])
            tabs.append(AddTab(tab.title, name, columns, rows, tab.hidden))
            ready[name] = layout_as(name, tab)
    new_columns: list[AddColumn] = []
    for name, layout in list(ready.items()):
        wanted = [f.name for f in TABS[name] if f.writer == "sync"] if takeover and name not in SYNC_TABS else []
        fields, own = _arriving(name, arrivals)
        ready[name], added = _with_columns(layout, [*wanted, *fields], own, language)
        new_columns += added
    ready, lines = _with_words(ready, new_choices)
    return Ready(ready, dict(layouts), tuple(tabs), tuple(new_columns), lines)


def _free_title(name: str, language: str, taken: set[str]) -> str:
    title = tab_title(name, language)
    return f"{title} (sheetcrm)" if fold(title) in taken else title


def _arriving(name: str, arrivals: Sequence[Arrival]) -> tuple[list[str], list[str]]:
    """The columns that a file brings, in its order: fields of the tab, and those that are none of ours."""
    keys = list(dict.fromkeys(key for arrival in arrivals if arrival.tab == name for key in arrival.cells))
    known = fields_of(name)
    return [key for key in keys if key in known], [key for key in keys if key not in known]


def _with_columns(
    layout: Layout, wanted: Sequence[str], own: Sequence[str], language: str
) -> tuple[Layout, list[AddColumn]]:
    """The layout with the columns that it lacks, at the far right."""
    stands = list(layout.tab.rows[layout.header_row]) if layout.tab.rows else []
    stands += [""] * (next_column(layout.tab, layout.header_row) - len(stands))
    headers = {fold(raw_text(cell)) for cell in stands if not is_blank(cell)}
    marks = dict(layout.columns)
    added = []
    for name in (n for n in wanted if n not in layout.columns):
        text = header(name, language)
        text = f"{text} (sheetcrm)" if fold(text) in headers else text
        marks[name] = len(stands)
        added.append(AddColumn(layout.title, len(stands), text, layout.header_row, name))
        stands.append(text)
    for text in (t for t in own if fold(t) not in headers):
        added.append(AddColumn(layout.title, len(stands), text, layout.header_row))
        stands.append(text)
    if not added:
        return layout, []
    rows = [*layout.tab.rows[: layout.header_row], stands, *layout.tab.rows[layout.header_row + 1 :]]
    tab = replace(layout.tab, rows=rows)
    return replace(layout, tab=tab, columns=marks, unmarked=layout.unmarked or not tab.mark), added


def _with_words(
    layouts: dict[str, Layout], new_choices: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Layout], dict[int, dict[str, Cell]]]:
    """Lists with more words, each below the last of its list."""
    lines: dict[int, dict[str, Cell]] = {}
    lists = layouts.get("lists")
    if lists is None:
        return layouts, lines
    rows = [list(row) for row in lists.tab.rows]
    for kind, words in new_choices.items():
        column = lists.columns[kind]
        used = [r for r in range(len(rows)) if column < len(rows[r]) and not is_blank(rows[r][column])]
        row = max(used, default=lists.header_row)
        for word in words:
            row += 1
            while len(rows) <= row:
                rows.append([])
            rows[row] += [""] * (column + 1 - len(rows[row]))
            rows[row][column] = word
            lines.setdefault(row, {})[kind] = word
    return {**layouts, "lists": replace(lists, tab=replace(lists.tab, rows=rows))}, lines


def with_homes(ready: Ready, snapshot: Snapshot, rules: Rules) -> Ready:
    """The tabs of the team's own that Stages names as a home, as tabs of records."""
    layouts = dict(ready.layouts)
    columns = list(ready.new_columns)
    new_tabs = list(ready.new_tabs)
    for home in rules.pipeline.homes:
        if home in layouts:
            continue
        language = rules.settings.language
        tab = snapshot.tab(home) if home not in PIPELINE_TABS else None
        if tab is None:
            fresh_one = fresh_tab(home if home in TABS else "deals", language)
            tab = replace(fresh_one, mark=home_mark(home))
            fields = TABS[home if home in TABS else "deals"]
            heads = tuple(Column(f.name, header(f.name, language)) for f in fields)
            new_tabs.append(AddTab(tab.title, home_mark(home), heads))
            layouts[home] = layout_as(home, tab)
            continue
        layout = layout_as(home, tab)
        wanted = [f.name for f in layout.fields.values() if f.name not in layout.columns]
        fresh = not any(not is_blank(cell) for row in tab.rows for cell in row)
        wanted = wanted if fresh else [n for n in wanted if layout.fields[n].writer == "sync" and not tab.marks]
        made, added = _with_columns(layout, wanted, (), language)
        layouts[home] = replace(made, unmarked=True)
        columns += added
    return replace(ready, layouts=layouts, new_tabs=tuple(new_tabs), new_columns=tuple(columns))


def row_of(layout: Layout, arrival: Arrival) -> list[Cell]:
    """An arrival as a row of its tab."""
    row: list[Cell] = [""] * layout.tab.width
    own = {fold(raw_text(layout.tab.cell(layout.header_row, c))): c for c in layout.own_columns}
    for name, cell in arrival.cells.items():
        column = layout.columns.get(name, own.get(fold(name), -1))
        if column >= 0:
            row[column] = cell
    return row
