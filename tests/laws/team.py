"""People at work in a spreadsheet: everything a team does to its workbook, well or badly.

An edit is a kind and a seed, so that a bad night can be told again. Knows
spreadsheets; knows nothing of what sync makes of it.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.columns import Layout, layout_as, tab_title
from sheetcrm.pipeline import LIST_KINDS, default_choices
from sheetcrm.schema import PIPELINE_TABS, fields_of
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, CellError, Snapshot, Tab, is_blank, same_cell

__all__ = ["BREAKING", "BY_HAND", "GENTLE", "KINDS", "Edit", "new_office", "work"]

PEOPLES = (*PIPELINE_TABS, "accounts", "activities", "offers")


class Edit(NamedTuple):
    """One thing that one person does."""

    kind: str
    seed: int


class Book:
    """A workbook as people hold it in their hands: cells that can be typed into."""

    def __init__(self, snapshot: Snapshot, language: str) -> None:
        self.language = language
        self._snapshot = snapshot
        self.rows = {tab.title: [list(row) for row in tab.rows] for tab in snapshot.tabs}
        self.marks = {tab.title: dict(tab.marks) for tab in snapshot.tabs}

    def layout(self, name: str) -> Layout:
        """A tab by what it is, with the columns as they are now."""
        tab = self._tab(name)
        return layout_as(name, replace(tab, rows=self.rows[tab.title], marks=self.marks[tab.title]))

    def cells(self, name: str) -> list[list[Cell]]:
        """The rows of a tab, to be typed into."""
        return self.rows[self._tab(name).title]

    def _tab(self, name: str) -> Tab:
        tab = self._snapshot.marked(name)
        assert tab is not None, name
        return tab

    def below(self, name: str) -> range:
        """The numbers of the rows below the header."""
        layout = self.layout(name)
        return range(layout.header_row + 1, len(self.rows[layout.title]))

    def type(self, name: str, row: int, field: str, cell: Cell) -> None:
        """Type into a field, if its column is there."""
        column = self.layout(name).columns.get(field)
        if column is not None:
            self.put(name, row, column, cell)

    def put(self, name: str, row: int, column: int, cell: Cell) -> None:
        """Type into a place."""
        cells = self.cells(name)[row]
        cells.extend([""] * (column + 1 - len(cells)))
        cells[column] = cell

    def read(self, name: str, row: int, field: str) -> Cell:
        """What a field says."""
        cells, column = self.cells(name)[row], self.layout(name).columns.get(field, -1)
        return cells[column] if 0 <= column < len(cells) else ""

    def add(self, tab: str, /, **cells: Cell) -> int:
        """Type a new row below the last."""
        rows = self.cells(tab)
        rows.append([])
        for field, cell in cells.items():
            self.type(tab, len(rows) - 1, field, cell)
        return len(rows) - 1

    def snapshot(self) -> Snapshot:
        """The workbook as it is now."""
        tabs = [self._as_tab(tab) for tab in self._snapshot.tabs]
        return replace(self._snapshot, tabs=tuple(tabs))

    def _as_tab(self, tab: Tab) -> Tab:
        now = replace(tab, rows=[tuple(row) for row in self.rows[tab.title]], marks=self.marks[tab.title])
        # Who types over a formula is rid of it.
        kept = {at: formula for at, formula in tab.formulas.items() if same_cell(now.cell(*at), tab.cell(*at))}
        return replace(now, formulas=kept)


Act = Callable[[Book, random.Random], None]
KINDS: dict[str, Act] = {}
"""Everything people do: name → how it is done."""


def act(function: Act) -> Act:
    """Put one kind of edit on the list."""
    KINDS[function.__name__.replace("_", " ")] = function
    return function


def work(snapshot: Snapshot, edit: Edit, language: str) -> Snapshot:
    """The workbook after one edit."""
    book = Book(snapshot, language)
    KINDS[edit.kind](book, random.Random(edit.seed))
    return book.snapshot()


def new_office(language: str, rows: int = 0, seed: int = 0) -> Snapshot:
    """A fresh workbook with people in its lists and some rows, as before the first night."""
    book = Book(fresh_workbook(language), language)
    rng = random.Random(seed)
    first = book.layout("lists").header_row + 1
    for at, owner in enumerate(("Ana Pop", "Ion Rusu", "Mara Șerban"), first):
        book.type("lists", at, "owner", owner)
    for at, rival in enumerate(("Omega SA", "Zeta"), first):
        book.type("lists", at, "competitor", rival)
    for _ in range(rows):
        type_a_lead(book, rng)
    return book.snapshot()


# ---------------------------------------------------------------- words that people type

FIRST = "Acme Beta Gama Delta Sigma Lumina Carpați Dunărea Făgăraș Horizon Zefir Bucovina Olt Mureș Siret".split()
SECOND = "Construct Trans Agro Med Soft Lemn Steel Foods Energy Print Logistic Textil Auto Chim Grup".split()
FORMS = ("SRL", "S.R.L.", "SA", "", "srl")
PEOPLE = ("Maria Ionescu", "Ștefan Țăranu", "Elena Dumitru", "Vlad Munteanu", "Ioana Radu", "George Ilie")
BY_HAND = "✎"
"""Begins what is typed into the report, which says many a sentence of people's itself."""
SENTENCES = ("asked for a price", "sună după 10", "met at the fair", "vrea ofertă nouă", "no answer", "revine luni")
NONSENSE: tuple[Cell, ...] = (
    CellError("#REF!"), CellError("#N/A"), "#REF!", "???", "-", "n/a", "=1+1", "+40", "@x", "'", "{x}", "{0}", "%s",
    "\u00a0", " x ", "1.234", "1.234,50 lei", "€ 3.500,00", "12.03.2026", "31.02.2026", "3 mar", "R-0001", "r1", "A-1",
    "T-0001", "R-999999999", "a@b", "x@y.ro; z@y.ro", "0722", True, False, 0, 1, -5, 3.7, 1e20, float("1e-9"), 45000.5,
    date(2026, 3, 12), date(1899, 12, 31), datetime(2026, 3, 12, 14, 5), time(9, 30), timedelta(hours=30), "y" * 700,
    "line\nbreak", "tab\there", "Won", "Pierdut", "lost", "TOTAL", "new", "nou", "prepare", "🙂", "\u202eabc", "\x00",
)  # fmt: skip


def _any(rng: random.Random, *cells: Cell) -> Cell:
    return rng.choice(cells)


def _company(rng: random.Random) -> str:
    name = f"{rng.choice(FIRST)} {rng.choice(SECOND)} {rng.randrange(300)} {rng.choice(FORMS)}"
    return name.strip()


def _phone(rng: random.Random) -> Cell:
    digits = f"7{rng.randrange(20, 60)}{rng.randrange(10**6):06d}"
    return _any(rng, "0" + digits, "+40 " + digits, float(digits), f"0{digits[:3]} {digits[3:6]} {digits[6:]}")


def _email(rng: random.Random) -> str:
    return f"{rng.choice('abcdefgh')}{rng.randrange(900)}@{rng.choice(FIRST).lower()}{rng.randrange(90)}.ro".translate(
        str.maketrans("ăâîșț", "aaist")
    )


def _sentence(rng: random.Random) -> str:
    return f"{rng.choice(SENTENCES)} №{rng.randrange(10**6)}"


def _day(rng: random.Random) -> date:
    return date(2026, 6, 1) + timedelta(days=rng.randrange(300))


def _word(book: Book, rng: random.Random, kind: str) -> str:
    """A word of a list, spelt as people spell it."""
    own = [book.read("lists", r, kind) for r in book.below("lists")] if kind in LIST_KINDS else []
    if kind == "stage":
        own = [book.read("stages", r, "stage") for r in book.below("stages")]
    words = [str(word) for word in own if not is_blank(word)]
    words += [choice.label for choice in default_choices(kind, rng.choice(messages.LANGUAGES))]
    word = rng.choice(words or ["?"])
    return rng.choice(
        [word, word, word, word.upper(), f" {word} ", word.replace("ș", "ş").replace("ț", "ţ"), word[:-1]]
    )


# ---------------------------------------------------------------- where people click


def _some_tab(book: Book, rng: random.Random, names: tuple[str, ...] = PIPELINE_TABS) -> str | None:
    filled = [name for name in names if len(book.below(name))]
    return rng.choice(filled) if filled else None


def _some_row(book: Book, rng: random.Random, names: tuple[str, ...] = PIPELINE_TABS) -> tuple[str, int] | None:
    name = _some_tab(book, rng, names)
    return (name, rng.choice(book.below(name))) if name else None


def _rows_that_hold(book: Book, outcome: str) -> Iterator[tuple[str, int]]:
    """Rows whose stage cell has the word of our own stage of that outcome."""
    words = {choice.label for language in messages.LANGUAGES for choice in default_choices("stage", language)}
    for name in PIPELINE_TABS:
        for row in book.below(name):
            stage = str(book.read(name, row, "stage"))
            code = next((c.code for c in default_choices("stage", book.language) if c.label == stage), "")
            if stage in words and (code in ("won", "lost") and code == outcome):
                yield name, row


# ---------------------------------------------------------------- good days


@act
def type_a_lead(book: Book, rng: random.Random) -> None:
    book.add(
        rng.choice(["leads", "leads", "leads", "opportunities", "deals"]),
        company=_company(rng),
        contact=rng.choice(PEOPLE),
        email=_email(rng),
        phone=_phone(rng),
        source=_word(book, rng, "source"),
        stage=_word(book, rng, "stage"),
        owner=_word(book, rng, "owner"),
        interested_in="x",
        notes=_sentence(rng),
    )


@act
def type_half_a_lead(book: Book, rng: random.Random) -> None:
    field = rng.choice(["notes", "next_step", "source", "stage", "company", "email", "phone", "contact"])
    cell = {"source": _word(book, rng, "source"), "company": _company(rng), "email": _email(rng), "phone": _phone(rng)}
    book.add(rng.choice(PIPELINE_TABS), **{field: cell.get(field) or _sentence(rng)})


@act
def type_a_dirty_lead(book: Book, rng: random.Random) -> None:
    row = book.add("leads", company=_company(rng))
    for field in rng.sample([f.name for f in fields_of("leads").values()], 6):
        book.type("leads", row, field, rng.choice(NONSENSE))


@act
def type_a_complete_opportunity(book: Book, rng: random.Random) -> None:
    type_a_lead(book, rng)
    place = _some_row(book, rng)
    if place:
        fill_what_is_needed(book, rng)


@act
def edit_the_notes(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng):
        book.type(*place, rng.choice(["notes", "next_step"]), _sentence(rng))


@act
def change_the_company(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, PEOPLES):
        book.type(*place, rng.choice(["company", "contact", "email", "name", "subject", "tax_id"]), _company(rng))


@act
def fill_what_is_needed(book: Book, rng: random.Random) -> None:
    for place in [p for _ in range(3) if (p := _some_row(book, rng))]:
        cells: dict[str, Cell] = {
            "source": _word(book, rng, "source"), "owner": _word(book, rng, "owner"), "email": _email(rng),
            "interested_in": "y", "value": rng.randrange(1, 90) * 100, "currency": rng.choice(["EUR", "RON"]),
            "expected_close": _day(rng), "confirmed_by": _word(book, rng, "confirmed_by"),
            "loss_reason": _word(book, rng, "loss_reason"), "competitor": _word(book, rng, "competitor"),
            "come_back_on": _day(rng), "notes": _sentence(rng), "closed_on": _any(rng, "", _day(rng)),
        }  # fmt: skip
        for field, cell in cells.items():
            if is_blank(book.read(*place, field)):
                book.type(*place, field, cell)


@act
def change_a_stage(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng):
        book.type(*place, "stage", _word(book, rng, "stage"))


def _to(book: Book, rng: random.Random, code: str, *, ready: bool) -> None:
    place = _some_row(book, rng)
    if not place:
        return
    label = next(c.label for c in default_choices("stage", book.language) if c.code == code)
    book.type(*place, "stage", label)
    if not ready:
        return
    row: dict[str, Cell] = {
        "loss_reason": {"en": "Other", "ro": "Alt motiv"}[book.language] if code == "lost" else "",
        "source": _word(book, rng, "source"), "owner": "Ana Pop", "email": _email(rng), "interested_in": "z",
        "value": rng.randrange(1, 90) * 100, "currency": "EUR", "expected_close": _day(rng), "confirmed_by": "e-mail",
        "notes": _sentence(rng), "company": _company(rng),
    }  # fmt: skip
    for field, cell in row.items():
        if not is_blank(cell) and is_blank(book.read(*place, field)):
            book.type(*place, field, cell)
    if code in ("won", "negotiation", "offer-sent"):
        who = book.read(*place, "id") or book.read(*place, "company")
        book.add("offers", record=who, amount=500, status=rng.choice(["sent", "accepted"]))


@act
def lose_with_a_reason(book: Book, rng: random.Random) -> None:
    _to(book, rng, "lost", ready=True)


@act
def lose_without_a_reason(book: Book, rng: random.Random) -> None:
    _to(book, rng, "lost", ready=False)


@act
def win_with_all_it_needs(book: Book, rng: random.Random) -> None:
    _to(book, rng, "won", ready=True)


@act
def win_without(book: Book, rng: random.Random) -> None:
    _to(book, rng, "won", ready=False)


@act
def send_an_offer(book: Book, rng: random.Random) -> None:
    _to(book, rng, rng.choice(["offer-sent", "negotiation"]), ready=True)


@act
def qualify(book: Book, rng: random.Random) -> None:
    _to(book, rng, rng.choice(["qualified", "needs-analysis", "contacted"]), ready=True)


@act
def reopen(book: Book, rng: random.Random) -> None:
    closed = [*_rows_that_hold(book, "won"), *_rows_that_hold(book, "lost")]
    if closed:
        code = rng.choice(["new", "qualified", "negotiation", "won", "lost"])
        label = next(c.label for c in default_choices("stage", book.language) if c.code == code)
        book.type(*rng.choice(closed), "stage", label)


@act
def note_an_activity(book: Book, rng: random.Random) -> None:
    place = _some_row(book, rng, (*PIPELINE_TABS, "accounts"))
    who = book.read(*place, rng.choice(["id", "company", "email", "phone", "name"])) if place else "nobody"
    kind, status = _word(book, rng, "activity_type"), _word(book, rng, "activity_status")
    book.add("activities", record=who, type=kind, status=status, date=_day(rng), subject=_sentence(rng))


@act
def name_an_account(book: Book, rng: random.Random) -> None:
    account = _some_row(book, rng, ("accounts",))
    named = book.read(*account, rng.choice(["id", "name", "email"])) if account else ""
    if place := _some_row(book, rng):
        book.type(*place, "account", rng.choice([named, named, "new", "nou", "Nobody SRL"]))


@act
def type_an_account(book: Book, rng: random.Random) -> None:
    book.add("accounts", name=_company(rng), email=_email(rng), notes=_sentence(rng))


@act
def say_who_referred(book: Book, rng: random.Random) -> None:
    place, other = _some_row(book, rng), _some_row(book, rng, (*PIPELINE_TABS, "accounts"))
    if place and other:
        book.type(*place, "referred_by", book.read(*other, rng.choice(["id", "company", "name"])))


@act
def leave_a_blank_row(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, PEOPLES):
        book.cells(place[0]).insert(place[1], rng.choice([[], [""], ["", " "]]))


@act
def write_a_total(book: Book, rng: random.Random) -> None:
    row = book.add(rng.choice(PIPELINE_TABS), company=rng.choice(["TOTAL", "Total:", "Suma"]), value=12345)
    assert row


# ---------------------------------------------------------------- clumsy hands


@act
def paste_a_row_twice(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, PEOPLES):
        name, row = place
        book.cells(name).insert(rng.choice(book.below(name)), list(book.cells(name)[row]))


@act
def copy_a_row_into_another_tab(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng):
        _copied(book, *place, rng.choice(PIPELINE_TABS))


@act
def cut_a_row_into_another_tab(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng):
        _copied(book, *place, rng.choice(PIPELINE_TABS))
        del book.cells(place[0])[place[1]]


def _copied(book: Book, name: str, row: int, to: str) -> None:
    """A careful person copies each cell below the header of the same name, the rest not at all."""
    columns = [f for f in book.layout(name).columns if f in book.layout(to).columns]
    book.add(to, **{field: book.read(name, row, field) for field in columns})


@act
def sort_a_tab(book: Book, rng: random.Random) -> None:
    if name := _some_tab(book, rng, PEOPLES):
        rows, first = book.cells(name), book.below(name)[0]
        column = rng.randrange(book.layout(name).tab.width)
        rows[first:] = sorted(rows[first:], key=lambda r: str(r[column]) if column < len(r) else "")


@act
def delete_a_row(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, PEOPLES):
        del book.cells(place[0])[place[1]]


@act
def clear_an_id(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, (*PIPELINE_TABS, "accounts", "activities")):
        book.type(*place, "id", rng.choice(["", "", "?", "R-0001", "R-0500", "A-0001"]))


@act
def type_into_syncs_cells(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, PEOPLES):
        own = [f.name for f in fields_of(place[0]).values() if f.writer == "sync" and f.name != "id"]
        book.type(*place, rng.choice(own), _any(rng, _sentence(rng), 17, _day(rng)))


@act
def wipe_a_stage(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng):
        book.type(*place, "stage", rng.choice(["", " ", "\u00a0"]))


@act
def type_nonsense(book: Book, rng: random.Random) -> None:
    if place := _some_row(book, rng, (*PEOPLES, "offer_lines", "products")):
        name, row = place
        book.put(name, row, rng.randrange(book.layout(name).tab.width + 2), rng.choice(NONSENSE))


@act
def add_a_column(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    layout = book.layout(name)
    column, header = layout.tab.width, rng.choice(["Scor", "Cod vechi", "Value", "Valoare", "Kundennummer"])
    if is_blank(layout.tab.cell(layout.header_row, column)):
        book.put(name, layout.header_row, column, header)
    for row in book.below(name):
        book.put(name, row, column, _any(rng, "", _sentence(rng), rng.randrange(99)))


@act
def insert_a_column(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    layout = book.layout(name)
    at = rng.randrange(layout.tab.width + 1)
    for row in range(layout.header_row, len(book.cells(name))):
        cells = book.cells(name)[row]
        cells.extend([""] * (at - len(cells)))
        cells.insert(at, _sentence(rng) if row > layout.header_row and rng.random() < 0.5 else "")
    book.put(name, layout.header_row, at, rng.choice(["", f"Nou {rng.randrange(9)}"]))
    _remarked(book, name, lambda column: column + (column >= at))


@act
def swap_two_columns(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    layout = book.layout(name)
    one, other = (rng.randrange(layout.tab.width) for _ in range(2))
    for row in range(layout.header_row, len(book.cells(name))):
        cells = book.cells(name)[row]
        cells.extend([""] * (max(one, other) + 1 - len(cells)))
        cells[one], cells[other] = cells[other], cells[one]
    _remarked(book, name, lambda column: {one: other, other: one}.get(column, column))


def _remarked(book: Book, name: str, moved: Callable[[int], int]) -> None:
    title = book.layout(name).title
    book.marks[title] = {field: moved(column) for field, column in book.marks[title].items()}


@act
def rename_a_header(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    layout = book.layout(name)
    needed = {layout.columns.get("id"), layout.columns.get("stage")}
    columns = [c for c in layout.columns.values() if c not in needed]
    column = rng.choice(columns)
    old = str(layout.tab.cell(layout.header_row, column))
    book.put(name, layout.header_row, column, rng.choice([f"{old} (nou)", old.upper(), f"H{rng.randrange(50)}"]))


@act
def rename_a_line(book: Book, rng: random.Random) -> None:
    kind = rng.choice(["stage", "loss_reason", "owner", "source", "competitor"])
    tab = "stages" if kind == "stage" else "lists"
    rows = [row for row in book.below(tab) if not is_blank(book.read(tab, row, kind))]
    if rows:
        book.type(tab, rng.choice(rows), kind, f"{rng.choice(FIRST)} {rng.randrange(500)}")


@act
def add_a_line(book: Book, rng: random.Random) -> None:
    kind = rng.choice(["owner", "source", "competitor", "industry"])
    free = [row for row in book.below("lists") if is_blank(book.read("lists", row, kind))]
    book.type("lists", free[0] if free else book.add("lists"), kind, f"{rng.choice(FIRST)} {rng.randrange(500)}")


@act
def sort_one_list(book: Book, rng: random.Random) -> None:
    kind = rng.choice(["loss_reason", "owner", "source"])
    rows = list(book.below("lists"))
    words = sorted((str(book.read("lists", row, kind)) for row in rows), key=lambda word: (word == "", word))
    for row, word in zip(rows, words, strict=True):
        book.type("lists", row, kind, word)


@act
def type_beside_the_lines(book: Book, rng: random.Random) -> None:
    tab = rng.choice(["stages", "lists", "settings"])
    own = [f.name for f in fields_of(tab).values() if f.writer == "sync"]
    book.type(tab, rng.choice(book.below(tab)), rng.choice(own), _sentence(rng))


# ---------------------------------------------------------------- disasters


@act
def sort_one_column(book: Book, rng: random.Random) -> None:
    if name := _some_tab(book, rng, PEOPLES):
        layout, rows = book.layout(name), list(book.below(name))
        column = rng.choice(list(layout.columns.values()))
        cells = sorted((layout.tab.cell(row, column) for row in rows), key=str)
        for row, cell in zip(rows, cells, strict=True):
            book.put(name, row, column, cell)


@act
def delete_most_rows(book: Book, rng: random.Random) -> None:
    if name := _some_tab(book, rng, PEOPLES):
        rows, first = book.cells(name), book.below(name)[0]
        rows[first:] = [row for row in rows[first:] if rng.random() < 0.2]


@act
def paste_over_the_stages(book: Book, rng: random.Random) -> None:
    if name := _some_tab(book, rng):
        stage = _word(book, rng, "stage")
        for row in book.below(name):
            book.type(name, row, "stage", stage)


@act
def delete_a_column(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    at = rng.randrange(book.layout(name).tab.width)
    for cells in book.cells(name):
        del cells[at : at + 1]
    title = book.layout(name).title
    book.marks[title] = {f: c - (c > at) for f, c in book.marks[title].items() if c != at}


@act
def wipe_a_header(book: Book, rng: random.Random) -> None:
    layout = book.layout(rng.choice(PEOPLES))
    book.put(layout.name, layout.header_row, rng.choice(list(layout.columns.values()) or [0]), "")


@act
def call_two_headers_alike(book: Book, rng: random.Random) -> None:
    name = rng.choice(PEOPLES)
    layout = book.layout(name)
    columns = list(layout.columns.values())
    if len(columns) > 1:
        one, other = rng.sample(columns, 2)
        book.put(name, layout.header_row, one, layout.tab.cell(layout.header_row, other))


@act
def write_nonsense_into_the_rules(book: Book, rng: random.Random) -> None:
    tab = rng.choice(["stages", "lists", "settings"])
    fields = [f.name for f in fields_of(tab).values() if f.writer == "people" and f.name != "setting"]
    book.type(tab, rng.choice(book.below(tab)), rng.choice(fields), rng.choice(NONSENSE))


@act
def write_into_the_report(book: Book, rng: random.Random) -> None:
    title = tab_title(rng.choice(["today", "report", "problems"]), book.language)
    rows = book.rows[title]
    rows.extend([] for _ in range(3))
    row = rng.randrange(len(rows))
    rows[row].extend([""] * 12)
    rows[row][rng.randrange(12)] = f"{BY_HAND} {_sentence(rng)}"


BREAKING = (
    "sort one column",
    "delete most rows",
    "paste over the stages",
    "delete a column",
    "wipe a header",
    "call two headers alike",
    "write nonsense into the rules",
    "write into the report",
)
GENTLE = tuple(kind for kind in KINDS if kind not in BREAKING)
