"""A workbook of many leads as a team has it a while after sync was let in, with State and History, as an Excel file.

Everything in it is made up from a fixed seed: the same number of rows gives the
same file. A handful of rows were changed by a person since the last sync.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import xlsxwriter
from faker import Faker

from sheetcrm.columns import fold
from sheetcrm.plan import make_plan
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Snapshot, Tab, column_letters
from sheetcrm.workbooks.memory import applied

__all__ = ["NIGHT", "big_workbook", "made"]

OUT = Path(__file__).resolve().parent / "out"

COLUMNS = (
    *("id", "check", "company", "contact", "phone", "email", "source", "stage", "owner", "next_step", "next_step_on"),
    *(
        "notes",
        "loss_reason",
        "in_stage_since",
        "created_on",
        "closed_on",
        "interested_in",
        "campaign",
        "city",
        "country",
    ),
)
"""The twenty columns of Leads."""

FIRST_NIGHT = datetime(2026, 11, 2, 2, 17, tzinfo=UTC)
NIGHT = FIRST_NIGHT + timedelta(days=1)
"""The night that is measured."""

OWNERS = ("Ana Pop", "Ion Rusu", "Maria Ene", "Dan Ilie", "Ioana Marin", "Radu Stan", "Elena Toma", "Mihai Dinu")
SOURCES = ("Website", "Referral", "Trade fair", "LinkedIn", "Cold call", "Online ads", "Newsletter", "Partner")
REASONS = ("Price too high", "No budget", "Does not fit", "No answer")
STEPS = ("Call back", "Send the catalogue", "Ask for the budget", "Visit", "Send references", "")
CITIES = ("București", "Cluj-Napoca", "Timișoara", "Iași", "Constanța", "Brașov", "Oradea", "Sibiu")
TRADES = (
    "Construct",
    "Instal",
    "Agro",
    "Trans",
    "Electro",
    "Eco",
    "Lemn",
    "Textil",
    "Consult",
    "Logistic",
    "Digital",
    "Med",
)


def big_workbook(rows: int, changed: int, *, fresh: bool = False) -> Path:
    """The file with that many leads, made once and kept; beside it, which rows were changed."""
    path = OUT / f"leads-{rows}.xlsx"
    if fresh or not path.exists():
        OUT.mkdir(exist_ok=True)
        snapshot, lines = made(rows, changed)
        passing = path.with_suffix(".tmp")
        _write(snapshot, passing)
        path.with_suffix(".json").write_text(json.dumps(lines))
        passing.replace(path)
    return path


def made(rows: int, changed: int) -> tuple[Snapshot, list[int]]:
    """The workbook as a person left it, and the rows (from 0) that were changed since the last sync."""
    chance = random.Random(7)
    fresh = fresh_workbook("en")
    tabs = {tab.mark: tab for tab in fresh.tabs}
    tabs["leads"] = _leads(tabs["leads"], rows, chance)
    tabs["lists"] = _with_owners(tabs["lists"])
    before = Snapshot(tuple(tabs[tab.mark] for tab in fresh.tabs))
    after = applied(before, make_plan(before, FIRST_NIGHT, takeover=True))
    lines = sorted(chance.sample(range(1, rows + 1), changed))
    return _edited(after, lines, chance), lines


def _leads(tab: Tab, rows: int, chance: random.Random) -> Tab:
    faker = Faker("ro_RO")
    faker.seed_instance(7)
    first = sorted({faker.first_name() for _ in range(2000)})
    last = sorted({faker.last_name() for _ in range(2000)})
    headers = tuple(tab.rows[0][tab.marks[name]] for name in COLUMNS)
    phones = chance.sample(range(20_000_000, 80_000_000), rows)
    lines = [_lead(number, phones[number], first, last, chance) for number in range(rows)]
    return replace(tab, rows=(headers, *lines), marks={name: column for column, name in enumerate(COLUMNS)})


def _lead(
    number: int, phone: int, first: Sequence[str], last: Sequence[str], chance: random.Random
) -> tuple[Cell, ...]:
    contact = f"{chance.choice(first)} {chance.choice(last)}"
    company = (
        f"{chance.choice(last)} {chance.choice(TRADES)} {chance.choice(last)} {chance.choice(('SRL', 'SRL', 'SA'))}"
    )
    stage = chance.choices(("New", "Contacted", "Lost"), (4, 3, 3))[0]
    created = date(2023, 1, 2) + timedelta(days=number * 1390 // max(number + 1, 100_000) + chance.randrange(10))
    step = chance.choice(STEPS)
    cells: dict[str, Cell] = {
        "company": company,
        "contact": contact,
        "phone": f"+407{phone:08d}",
        "email": f"{fold(contact.split()[0])}.{number}@firma-{number % 70_000}.ro",
        "source": chance.choice(SOURCES),
        "stage": stage,
        "owner": chance.choice(OWNERS),
        "next_step": step,
        "next_step_on": created + timedelta(days=chance.randrange(60)) if step else "",
        "notes": f"Spoke about {chance.choice(TRADES).casefold()}, {chance.randrange(2, 400)} people"
        if number % 3
        else "",
        "loss_reason": chance.choice(REASONS) if stage == "Lost" else "",
        "created_on": created,
        "closed_on": created + timedelta(days=chance.randrange(5, 90)) if stage == "Lost" else "",
        "interested_in": f"{chance.choice(TRADES)} {chance.choice(('Basic', 'Pro', 'Plus'))}",
        "campaign": f"{created.year} {chance.choice(('spring', 'summer', 'autumn'))}",
        "city": chance.choice(CITIES),
        "country": "Romania",
    }
    return tuple(cells.get(name, "") for name in COLUMNS)


def _with_owners(tab: Tab) -> Tab:
    column = tab.marks["owner"]
    rows = [list(row) for row in tab.rows]
    for row, owner in zip(rows[1:], OWNERS, strict=False):
        row[column] = owner
    return replace(tab, rows=rows)


def _edited(snapshot: Snapshot, lines: Sequence[int], chance: random.Random) -> Snapshot:
    """A day of people's work: notes, next steps, stages, and some of it done badly."""
    leads = next(tab for tab in snapshot.tabs if tab.mark == "leads")
    rows = list(leads.rows)
    at = leads.marks
    for number, line in enumerate(lines):
        row = list(rows[line]) + [""] * (len(COLUMNS) - len(rows[line]))
        match number % 10:
            case 0 | 1 | 2 | 3:
                row[at["notes"]] = f"Called on Monday, {chance.randrange(100)} people"
            case 4 | 5:
                row[at["next_step"]], row[at["next_step_on"]] = "Call again", date(2026, 11, 20)
            case 6:
                row[at["stage"]] = "Contacted"
            case 7:
                row[at["source"]] = str(row[at["source"]]).upper() + " "
            case 8:
                row[at["email"]] = str(row[at["email"]]).replace("@", " at ")
            case _:
                row[at["stage"]], row[at["loss_reason"]] = "Lost", ""
        rows[line] = row
    return replace(snapshot, tabs=tuple(replace(t, rows=rows) if t is leads else t for t in snapshot.tabs))


def _write(snapshot: Snapshot, path: Path) -> None:
    """As Excel writes it: shared strings, real dates, and our marks as names."""
    book = xlsxwriter.Workbook(str(path), {"strings_to_formulas": False, "strings_to_urls": False})
    formats = {
        date: book.add_format({"num_format": "yyyy-mm-dd"}),
        datetime: book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
    }
    for tab in snapshot.tabs:
        sheet = book.add_worksheet(tab.title)
        if tab.hidden:
            sheet.very_hidden()
        for row, cells in enumerate(tab.rows):
            for column, cell in enumerate(cells):
                if isinstance(cell, datetime | date):
                    sheet.write_datetime(row, column, _moment(cell), formats[type(cell)])
                elif isinstance(cell, str):
                    sheet.write_string(row, column, cell) if cell else None
                else:
                    sheet.write(row, column, cell)
        for (row, column), formula in tab.formulas.items():
            sheet.write_formula(row, column, formula, None, tab.cell(row, column))
        quoted = "'" + tab.title.replace("'", "''") + "'"
        book.define_name(f"_sheetcrm.tab.{tab.mark}", f"={quoted}!$A$1")
        for name, column in tab.marks.items():
            book.define_name(f"_sheetcrm.col.{tab.mark}.{name}", f"={quoted}!${column_letters(column)}$1")
    book.close()


def _moment(cell: date) -> datetime:
    return cell if isinstance(cell, datetime) else datetime.combine(cell, time())
