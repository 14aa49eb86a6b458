"""From drafts to changes: what must be written so that the workbook says what was decided.

Only what differs becomes a change. Knows where fields stand in tabs; decides
nothing about records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import astuple

from sheetcrm import messages
from sheetcrm.checks import PASSING, check_text, problems_of
from sheetcrm.columns import Layout, home_mark
from sheetcrm.drafts import Draft, offer_id, well_formed, without_formulas
from sheetcrm.ledger import ROWS_PRINTED, as_cell, event_row, row_print, state_row, strange_rows
from sheetcrm.model import State
from sheetcrm.places import Columns, filled
from sheetcrm.problems import Problem, is_message
from sheetcrm.run import Run
from sheetcrm.schema import SYNC_TABS
from sheetcrm.tables import (
    Addressing,
    AddRows,
    Cell,
    CellChange,
    Change,
    Formula,
    Mark,
    MoveRow,
    RowKey,
    SetCells,
    Styled,
    Tab,
    WriteTab,
    addresses,
    digest,
    is_blank,
    raw_text,
    same_cell,
)
from sheetcrm.validate import people_digest

__all__ = ["Emission"]


class Emission:
    """Collects the changes of one run."""

    def __init__(self, run: Run) -> None:
        self.run = run
        self.changes: list[Change] = []
        self.addressing: dict[str, Addressing] = {}
        self._keys: dict[str, Callable[[int], RowKey]] = {}
        self._moved: list[MoveRow] = []
        self._added: dict[str, list[tuple[Cell, ...]]] = defaultdict(list)
        self._columns = {name: Columns(layout, run.language) for name, layout in run.layouts.items()}
        self.standing: list[Problem] = []

    def rows(self) -> None:
        """Every row of people's: its cells, its move, or its first line."""
        for draft in self.run.rows:
            self._row(draft)

    def _row(self, draft: Draft) -> None:
        run, home = self.run, draft.home or draft.layout.name
        if draft.layout.name in run.stopped or (draft.frozen and home in run.stopped):
            return
        target = run.layouts[home]
        standing = [p for p in problems_of(run, draft, target, None) if p.code not in PASSING]
        self.standing += standing
        if draft.frozen:
            said = {"check": check_text(standing, run.language)}
            self._say_what_was_overwritten(draft, said)
            self._set(draft, said)
            return
        if draft.noted and draft.noted.event != "id-given":  # that is said where the copy arrives
            _, id_, tab, stood, stands = astuple(draft.noted)
            run.note(draft.noted.event, id_, tab=tab, before=stood, after=stands)
        wanted = {**draft.sync, "check": check_text(standing, run.language)}
        if draft.id:
            wanted[draft.layout.id_field] = draft.id
        elif draft.entry.kind == "blank" and draft.state.get("copy_of"):
            wanted[draft.layout.id_field] = ""  # of a pasted row nothing is left but the number of another
        fills = {n: c for n, c in wanted.items() if target.fields.get(n) and target.fields[n].writer == "fill"}
        owned = {n: c for n, c in wanted.items() if n in target.columns and n not in fills}
        people = {**draft.people, **draft.entry.spellings}
        if draft.entry.kind in ("aside", "blank", "half-typed"):
            people = {}
        self._say_what_was_overwritten(draft, owned)
        if draft.entry.row is None:
            self._add(draft, home, {**owned, **fills, **people})
        elif home != draft.layout.name:
            self._move(draft, home, {**owned, **fills, **people})
        else:
            self._set(draft, {**owned, **fills, **people})
        if draft.id:
            draft.state["wrote"] = _remembered([owned.get(name, "") for name in self._columns[home].decided], draft.old)
            settled = home != draft.layout.name and not run.formulas_travel  # formulas have become what they said
            if people.keys() - draft.entry.spellings.keys() or (settled and draft.layout.tab.formulas):
                cells = draft.entry.cells if settled else without_formulas(draft.entry)
                words = {name: raw_text(cell) for name, cell in people.items()}
                draft.fingerprint = people_digest(draft.layout)(cells, words)

    def _say_what_was_overwritten(self, draft: Draft, owned: Mapping[str, Cell]) -> None:
        """A person's words in sync's own cells go on record before they are put right."""
        if not draft.id or draft.entry.row is None or (draft.old and not draft.old.wrote):
            return
        stood = {name: draft.entry.cell(name) for name in self._columns[draft.layout.name].decided}
        whole, _, each = draft.old.wrote.partition(".") if draft.old else ("", "", "")
        if digest(stood.values()) == whole:
            return
        ours = {name for name, part in zip(stood, _parts(each), strict=False) if part == digest([stood[name]])[:PART]}
        original = self.run.drafts.get(str(draft.state.get("copy_of", "")))
        stays = (draft.home or draft.layout.name) == draft.layout.name
        for name, cell in stood.items():
            if name == draft.layout.id_field or name in ours or is_blank(cell):
                continue
            if original and same_cell(cell, original.entry.cell(name)):
                continue
            if draft.old is None and not self._is_a_stranger(draft.layout, name, cell):
                continue
            if not same_cell(cell, owned.get(name, cell if stays else "")):
                header = draft.layout.header_of(name, self.run.language)
                self.run.note(
                    "overwritten",
                    draft.id,
                    before=raw_text(cell)[:500],
                    after=raw_text(owned.get(name, ""))[:500],
                    note=header,
                )

    # ------------------------------------------------------------ single rows

    def key(self, layout: Layout, row: int) -> RowKey:
        """The address of a row of a people's tab, or of State."""
        keys = self._keys.get(layout.title)
        if keys is None:
            addressing = layout.addressing
            self.addressing[layout.title] = addressing
            keys = self._keys[layout.title] = addresses(layout.tab, addressing)
        return keys(row)

    def _set(self, draft: Draft, wanted: Mapping[str, Cell]) -> None:
        if draft.entry.row is not None:
            self.set_cells(draft.layout, draft.entry.row, wanted, draft.id)

    def set_cells(self, layout: Layout, row: int, wanted: Mapping[str, Cell], record: str = "") -> None:
        """Write those fields of a row that do not say so yet; a fill-if-blank one only where it is blank."""
        cells = []
        for name, cell in wanted.items():
            column = self._columns[layout.name].of(name) if name.startswith("+") else layout.columns.get(name)
            if column is None:
                continue
            before = layout.tab.cell(row, column)
            if isinstance(cell, Formula):
                if layout.tab.formulas.get((row, column)) == str(cell):
                    continue
            elif same_cell(before, cell) or (is_blank(before) and is_blank(cell)):
                continue
            cells.append(CellChange(column, before, cell))
            known = layout.fields.get(name)
            ours = (row, column) in layout.tab.formulas and isinstance(cell, Formula)
            if not (record or ours) and known and known.writer == "sync" and self._is_a_stranger(layout, name, before):
                header = layout.header_of(name, self.run.language)
                was, now = raw_text(before)[:500], raw_text(cell)[:500]
                self.run.note("overwritten", "", tab=layout.name, before=was, after=now, note=header)
            self._say_what_was_put_right(layout, record, name, before, cell)
        if cells:
            self.changes.append(SetCells(self.key(layout, row), tuple(sorted(cells))))

    def _is_a_stranger(self, layout: Layout, name: str, cell: Cell) -> bool:
        """Whether sync can never have written that: in lines without an ID it remembers no single cell."""
        text = raw_text(cell)
        if is_blank(cell) or layout.name in SYNC_TABS:
            return False
        if name == "check":
            return not is_message(text)
        if name in ("line_total", "last_offer"):
            return not offer_id(text)
        if name.endswith("_code"):
            known = f"{name.removesuffix('_code')}/{text}" in self.run.rules.names
            return not (known or text in messages.area("settings") or text.startswith(("rate-", "vat-")))
        return not any(well_formed(text, prefix) for prefix in "RA")

    def _add(self, draft: Draft, home: str, wanted: Mapping[str, Cell]) -> None:
        """A row that was in no tab yet: an account just made, or a line of a file."""
        columns = self._columns[home]
        cells: dict[int, Cell] = {}
        for tag, _, cell in filled(draft, self._columns[draft.layout.name].names):
            column = columns.of(tag)
            if column is not None:
                cells[column] = cell
        for name, cell in wanted.items():
            column = columns.of(name)
            if column is not None and (not is_blank(cell) or column not in cells):
                cells[column] = cell
        self._added[home].append(tuple(cells.get(c, "") for c in range(max(cells, default=-1) + 1)))

    def _move(self, draft: Draft, home: str, wanted: Mapping[str, Cell]) -> None:
        columns = self._columns[home]
        carry = []
        cells: dict[int, Cell] = {}
        for tag, source, cell in filled(draft, self._columns[draft.layout.name].names):
            column = columns.of(tag, (draft.layout, source))
            if column is not None:
                carry.append((source, column))
                if is_blank(draft.entry.cells[source]):
                    cells[column] = cell
            else:  # sync's own, which that tab has no place for
                head = draft.layout.header_of(tag, self.run.language)
                self.run.note("overwritten", draft.id, before=raw_text(cell)[:500], note=head)
        carry += columns.shared(draft.layout, {source for source, _ in carry})
        for name, cell in wanted.items():
            column = columns.of(name)
            if column is not None:
                cells[column] = cell
        row = draft.entry.row
        if row is None:
            raise ValueError("a row that is in no tab cannot move")
        self.addressing[columns.layout.title] = columns.layout.addressing
        key = self.key(draft.layout, row)
        self._moved.append(MoveRow(key, self.run.layouts[home].title, tuple(carry), tuple(sorted(cells.items()))))
        for name, cell in wanted.items():
            self._say_what_was_put_right(draft.layout, draft.id, name, draft.entry.cell(name), cell)

    def _say_what_was_put_right(self, layout: Layout, record: str, name: str, before: Cell, after: Cell) -> None:
        """A person's word that sync spells as its list does goes on record."""
        known = layout.fields.get(name)
        if name in ("stage",) and record and name not in self.run.drafts[record].entry.spellings:
            return  # a word on an offer moved the record; that is an event of its own
        if known and known.writer == "people" and not is_blank(before) and not same_cell(before, after):
            header = layout.header_of(name, self.run.language)
            was, now = raw_text(before), raw_text(after)
            self.run.note("spelling", record, tab=layout.name, before=was, after=now, note=header)

    # ------------------------------------------------------------ rules, memory, tabs of sync's own

    def rules(self, *, checks_only: bool = False) -> None:
        """Codes and checks beside the lines of Stages, Lists and Settings; words that an import adds."""
        run = self.run
        wanted: dict[tuple[str, int], dict[str, Cell]] = defaultdict(dict)
        for code in () if checks_only else run.rules.codes:
            wanted[code.tab, code.row][code.field] = code.code
        for row, words in run.new_lines.items():
            wanted["lists", row] |= words
        by_row: dict[tuple[str, int], list[Problem]] = defaultdict(list)
        for problem in run.rules.problems:
            by_row[problem.tab, (problem.row or 1) - 1].append(problem)
        for name in ("stages", "lists", "settings"):
            layout = run.layouts.get(name)
            if layout is None or (run.new_tabs and any(tab.mark == name for tab in run.new_tabs)):
                continue
            for row in range(layout.header_row + 1, len(layout.tab.rows)):
                cells = wanted[name, row]
                cells["check"] = check_text(by_row[layout.title, row], run.language)
                if name == "lists" and row >= len(run.original[name].tab.rows):
                    top = max((layout.columns[n] for n in cells if n in layout.columns), default=-1) + 1
                    by_column = {layout.columns[n]: c for n, c in cells.items() if n in layout.columns}
                    self._added[name].append(tuple(by_column.get(c, "") for c in range(top)))
                else:
                    self.set_cells(run.original[name], row, cells)

    def state(self) -> None:
        """State, one row a record: the changed rows are written, the new ones added."""
        run = self.run
        wanted: dict[str, State] = {}
        for draft in run.rows:
            if draft.id and not draft.frozen and draft.layout.name not in run.stopped:
                wanted[draft.id] = self._remember(draft)
        for draft in (*run.line_rows, *run.product_rows):  # without an ID of ours, but never taken in twice
            if draft.key:
                id_ = f"import/{draft.key}"
                wanted[id_] = State(id=id_, tab=draft.layout.name, imported_as=draft.key)
        for state in run.gone:
            if not state.missing_since and state.tab not in run.stopped:
                run.note("missing", state.id, tab=state.tab, note=state.name)
                wanted[state.id] = state.model_copy(update={"missing_since": run.today})
        wanted |= {**run.skipped, **self._stops()}
        for rename in run.rules.renames:
            tab = "stages" if rename.kind == "stage" else "lists"
            run.note("renamed", "", tab=tab, before=rename.old, after=rename.new, note=f"{rename.kind}/{rename.code}")
        for id_, name in run.rules.names.items():
            wanted[id_] = State(id=id_, tab="stages" if id_.startswith("stage/") else "lists", name=name)
        self.write_states(wanted)

    def _stops(self) -> dict[str, State]:
        """Tabs that stopped, and those that go on again: an event each, once."""
        run, wanted = self.run, {}
        stood = {s.tab: s.name for s in run.ledger.states.values() if s.id.startswith("stopped/")}
        for tab in {**stood, **run.stopped}:
            code = run.stopped[tab].code if tab in run.stopped else ""
            if code != stood.get(tab, ""):
                run.note("stopped" if code else "resumed", "", tab=tab, note=code)
                wanted[f"stopped/{tab}"] = State(id=f"stopped/{tab}", tab=tab, name=code)
        return wanted

    def _remember(self, draft: Draft) -> State:
        fields = {
            **draft.state,
            "tab": draft.home or draft.layout.name,
            "identity": draft.identity,
            "fingerprint": draft.fingerprint,
            "missing_since": None,
        }
        if draft.key:
            fields["imported_as"] = draft.key
        if draft.old is None:
            return State.of(id=draft.id, **fields)
        if all(getattr(draft.old, name) == value for name, value in fields.items()):
            return draft.old
        return draft.old.model_copy(update=fields)

    def write_states(self, wanted: Mapping[str, State]) -> None:
        """Bring the State tab to what is wanted."""
        layout, states = self.run.layouts["state"], self.run.ledger.states
        at = {}
        id_column = layout.columns["id"]
        for row in range(layout.header_row + 1, len(layout.tab.rows)):
            at[raw_text(layout.tab.cell(row, id_column))] = row
        columns = self._columns["state"]
        for id_, state in wanted.items():
            if states.get(id_) is state:
                continue
            cells = state_row(state)
            if id_ in at:
                self.set_cells(layout, at[id_], cells)
            else:
                by_column = {columns.of(name): cell for name, cell in cells.items()}
                width = max(c for c in by_column if c is not None) + 1
                self._added["state"].append(tuple(by_column.get(c, "") for c in range(width)))

    def history(self) -> None:
        """Append the events of this run."""
        columns = self._columns["history"]
        for event in self.run.events:
            cells = {columns.of(name): cell for name, cell in event_row(event, self.run.language).items()}
            width = max(c for c in cells if c is not None) + 1
            self._added["history"].append(tuple(cells.get(c, "") for c in range(width)))

    def tab(self, name: str, rows: tuple[tuple[Styled, ...], ...], widths: tuple[int, ...]) -> bool:
        """Rewrite a tab of sync's own if it says something else; tells whether it did."""
        layout = self.run.layouts[name]
        if says(layout.tab, rows):
            return False
        self.changes.append(WriteTab(layout.title, rows, widths))
        return True

    def strangers(self, names: Iterable[str]) -> None:
        """What people typed into sync's own tabs goes on record before it is rewritten."""
        for name in names:
            layout, known = self.run.layouts[name], self.run.ledger.states.get(f"tab/{name}")
            for row, text in strange_rows(layout.tab, known.wrote) if known else ():
                self.run.note("overwritten", "", tab=name, before=text[:500], note=str(row + 1))

    def remember_tabs(self) -> None:
        """What sync's own tabs say from now on."""
        titles = {layout.title: name for name, layout in self.run.layouts.items()}
        for change in [change for change in self.changes if isinstance(change, WriteTab)]:
            rows = ([s.value for s in row if not isinstance(s.value, Formula)] for row in change.rows[:ROWS_PRINTED])
            prints = "".join(row_print(map(as_cell, row)) for row in rows)
            id_ = f"tab/{titles[change.tab]}"
            self.write_states({id_: State(id=id_, tab=titles[change.tab], wrote=prints)})

    def marks(self) -> None:
        """Remember which column is which field, so that a renamed header is known again."""
        new = {tab.mark for tab in self.run.new_tabs}
        for name, layout in self.run.layouts.items():
            if layout.unmarked and name not in new and layout.columns:
                self.changes.append(Mark(layout.title, home_mark(name), tuple(layout.columns.items())))

    def all(self) -> tuple[Change, ...]:
        """Every change, in the order in which it is carried out."""
        added_columns = [c for columns in self._columns.values() for c in columns.added]
        rows = [AddRows(self.run.layouts[name].title, tuple(lines)) for name, lines in self._added.items()]
        new: list[Change] = [*self.run.new_tabs, *self.run.new_columns, *added_columns]
        return tuple(new + self.changes + list(self._moved) + list(rows))


PART = 6
"""Letters of the fingerprint that State keeps of each cell that sync wrote."""


def _remembered(cells: Sequence[Cell], old: State | None) -> str:
    """What State keeps of sync's cells in a row: a fingerprint of all, then a short one of each."""
    whole = digest(cells)
    if old and old.wrote.startswith(f"{whole}."):
        return old.wrote
    return f"{whole}." + "".join(digest([cell])[:PART] for cell in cells)


def _parts(each: str) -> list[str]:
    return [each[at : at + PART] for at in range(0, len(each), PART)]


def says(tab: Tab, rows: Sequence[Sequence[Styled]]) -> bool:
    """Whether a tab says exactly this already."""
    for row in range(max(len(rows), len(tab.rows))):
        wanted = rows[row] if row < len(rows) else ()
        stands = tab.rows[row] if row < len(tab.rows) else ()
        for column in range(max(len(wanted), len(stands))):
            cell = wanted[column].value if column < len(wanted) else ""
            if isinstance(cell, Formula):
                if tab.formulas.get((row, column)) != str(cell):
                    return False
            elif not same_cell(as_cell(cell), tab.cell(row, column)):
                return False
    return True
