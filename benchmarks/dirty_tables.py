"""Big dirty tables with a known truth, and how they are laid into a workbook of ours.

Knows the columns of the generator's tables and where each belongs in our tabs.
The clean tables are taken over one night, as sync does it; what people made of
them until the next night is laid over that. Every cell is laid in as a person
would have it: what is a clean date or number is one, whatever is dirty stays the
text it is. Judges nothing.
"""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from sheetcrm.columns import header, tab_title
from sheetcrm.plan import make_plan
from sheetcrm.schema import TABS
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Snapshot, Tab
from sheetcrm.workbooks.memory import applied

__all__ = [
    "Defect",
    "Dirty",
    "Laid",
    "Source",
    "Typed",
    "generate",
    "header_fields",
    "laid",
    "night_after",
    "rules",
    "stage_history",
]

ROOT = Path(__file__).resolve().parents[1]
LANGUAGE = "en"

Row = Mapping[str, str]


class Source(NamedTuple):
    """A cell of the generator's tables; no column for the row as a whole."""

    table: str
    line: int
    """As people count: the header is line 1."""
    column: str = ""


class Defect(NamedTuple):
    """One defect that the generator put in."""

    kind: str
    source: Source
    key: str
    other: tuple[str, ...]


@dataclass(frozen=True)
class Dirty:
    """The generator's tables, what a validator is told, and every defect in them."""

    tables: Mapping[str, Sequence[Row]]
    clean: Mapping[str, Sequence[Row]]
    config: Mapping[str, Any]
    defects: Sequence[Defect]
    kinds: Sequence[str]


@dataclass(frozen=True)
class Laid:
    """A workbook made of dirty tables, and where each of its rows and columns came from."""

    snapshot: Snapshot
    rows: Mapping[tuple[str, int], Source]
    """Our tab and row (from 0) → the line it came from."""
    columns: Mapping[tuple[str, str], str]
    """Our tab and field → the generator's column."""
    read: frozenset[Source]
    """The cells that stand in a field of ours; all others stand in columns of the team's own."""


def shared_folder() -> Path:
    """The shared test data: `SHEETCRM_SHARED`, else `shared` beside the checkout."""
    return Path(os.environ.get("SHEETCRM_SHARED") or ROOT.parent / "shared")


def generate(folder: Path, n: int, seed: int) -> Dirty:
    """Run the generator into `folder` and read what it made."""
    script = shared_folder() / "tools" / "make_big.py"
    command = [sys.executable, str(script), "--n", str(n), "--seed", str(seed), "--out", str(folder), "--write-clean"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    tables, clean = ({file.stem: _rows(file) for file in at.glob("*.csv")} for at in (folder, folder / "clean"))
    for kept in (tables, clean):
        kept["Opportunities"] = _with_company(kept["Opportunities"], clean)
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    defects = [
        Defect(d["kind"], Source(d["tab"], d["row"], d["column"]), d["key"], tuple(d["other"]))
        for d in truth["defects"]
    ]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return Dirty(tables, clean, config, defects, tuple(truth["kinds"]))


def _with_company(rows: Sequence[Row], clean: Mapping[str, Sequence[Row]]) -> list[Row]:
    """Theirs name only an account; with us an opportunity says who it is about, as the lead that it was did."""
    names = {row["account_id"]: row["name"] for row in clean["Accounts"]}
    company = {row["opportunity_id"]: names[row["account_id"]] for row in clean["Opportunities"]}
    return [{**row, "company": company[row["opportunity_id"]]} for row in rows]


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# ---------------------------------------------------------------- single cells

_NUMBERED = re.compile(r"\b[LOA]\d+\b")


def numbers_of(clean: Mapping[str, Sequence[Row]]) -> dict[str, str]:
    """Their numbers → the IDs that a takeover of the clean tables gives, row by row."""
    ours: dict[str, str] = {}
    for prefix, tabs in (("R", ("leads", "opportunities", "deals")), ("A", ("accounts",)), ("T", ("activities",))):
        rows = [row for tab in tabs for _, row, _ in _lines(clean)[tab]]
        ours |= {_key(row): f"{prefix}-{number:04d}" for number, row in enumerate(rows, 1)}
    return ours


def _key(row: Row) -> str:
    return next(iter(row.values()))


def as_reference(numbers: Mapping[str, str]) -> Callable[[str], Cell]:
    """Their numbers within a cell as ours, whatever stands around them; one that never was stays one that never was."""

    def put(text: str) -> Cell:
        return _NUMBERED.sub(lambda match: numbers.get(match[0], _never_given(match[0])), text)

    return put


def _never_given(number: str) -> str:
    return f"{'A' if number[0] == 'A' else 'R'}-{number[1:]}"


def as_text(text: str) -> Cell:
    """The cell as it is."""
    return text


def as_date(text: str) -> Cell:
    """A real date where the text is a clean one."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return text


def as_number(text: str) -> Cell:
    """A real number where the text is a clean one."""
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def as_share(text: str) -> Cell:
    """A percentage as spreadsheets keep it."""
    return float(text) / 100


def as_word(words: Mapping[str, str]) -> Callable[[str], Cell]:
    """Their word of a closed list as ours, in the same letter case and with the same spaces around it."""
    cases: tuple[Callable[[str], str], ...] = (str, str.upper, str.lower, str.title, str.swapcase)

    def put(text: str) -> Cell:
        core = text.strip()
        for theirs, ours in words.items():
            for case in cases:
                if case(theirs) == core:
                    return text.replace(core, case(ours))
        return text

    return put


ACTIVITY_TYPES = {"Call": "Call", "Email": "E-mail", "Meeting": "Meeting", "Demo": "Meeting", "Note": "Task"}
DONE = {"yes": "Done", "no": "Planned"}


class Place(NamedTuple):
    """Where a column of theirs goes: one of our fields or, after `+`, a column of the team's own."""

    column: str
    field: str
    put: Callable[[str], Cell] | None = as_text
    """How a cell is laid in; `None` for a reference to a record."""


REFERENCE = None

LEADS = (
    Place("created", "created_on", as_date),
    Place("contact_name", "contact"),
    Place("company", "company"),
    Place("email", "email"),
    Place("phone", "phone"),
    Place("city", "city"),
    Place("country", "country"),
    Place("source", "source"),
    Place("owner", "owner"),
    Place("status", "stage"),
    Place("disqualify_reason", "loss_reason"),
    Place("opportunity_id", "+Opportunity"),
)
OPEN_LEADS = (*LEADS, Place("status_date", "+Status date", as_date))
CLOSED_LEADS = (*LEADS, Place("status_date", "closed_on", as_date))
OPPORTUNITIES = (
    Place("company", "company"),
    Place("lead_id", "+Lead"),
    Place("account_id", "account", REFERENCE),
    Place("name", "title"),
    Place("product_id", "interested_in"),
    Place("owner", "owner"),
    Place("team", "+Team"),
    Place("stage", "stage"),
    Place("amount", "value", as_number),
    Place("currency", "currency"),
    Place("probability", "own_probability", as_share),
    Place("created", "created_on", as_date),
    Place("expected_close", "expected_close", as_date),
    Place("closed", "closed_on", as_date),
    Place("loss_reason", "loss_reason"),
)
ACCOUNTS = (
    Place("name", "name"),
    Place("vat_number", "tax_id"),
    Place("industry", "industry"),
    Place("city", "city"),
    Place("country", "country"),
    Place("owner", "owner"),
    Place("website", "+Website"),
    Place("created", "+Created", as_date),
)
ACTIVITIES = (
    Place("date", "date", as_date),
    Place("type", "type", as_word(ACTIVITY_TYPES)),
    Place("related_id", "record", REFERENCE),
    Place("owner", "owner"),
    Place("subject", "subject"),
    Place("done", "status", as_word(DONE)),
)
OFFERS = (
    Place("opportunity_id", "record", REFERENCE),
    Place("total", "amount", as_number),
    Place("status", "status"),
    Place("offer_date", "sent_on", as_date),
    Place("valid_until", "+Valid until", as_date),
)
OFFER_LINES = (
    Place("opportunity_id", "record", REFERENCE),
    Place("product_id", "product"),
    Place("quantity", "quantity", as_number),
    Place("unit_price", "unit_price", as_number),
    Place("discount_pct", "discount_percent", as_number),
)
PRODUCTS = (
    Place("product_id", "code"),
    Place("name", "name"),
    Place("list_price", "price", as_number),
    Place("currency", "currency"),
    Place("active", "active"),
    Place("category", "+Category"),
)


# ---------------------------------------------------------------- the workbook

Line = tuple[Source, Row, Sequence[Place]]


def _lines(tables: Mapping[str, Sequence[Row]]) -> dict[str, list[Line]]:
    """Our tab → the rows of theirs that belong in it."""
    lines: dict[str, list[Line]] = {"leads": [], "opportunities": [], "deals": []}
    for source, row in _numbered(tables, "Leads"):
        closed = row["status"].strip().casefold() == "disqualified"
        lines["leads"].append((source, row, CLOSED_LEADS if closed else OPEN_LEADS))
    for source, row in _numbered(tables, "Opportunities"):
        won = row["stage"].strip().casefold() == "won"
        lines["deals" if won else "opportunities"].append((source, row, OPPORTUNITIES))
    for table, tab, places in (
        ("Accounts", "accounts", ACCOUNTS),
        ("Activities", "activities", ACTIVITIES),
        ("Offers", "offers", OFFERS),
        ("Offers", "offer_lines", OFFER_LINES),
        ("Products", "products", PRODUCTS),
    ):
        lines[tab] = [(source, row, places) for source, row in _numbered(tables, table)]
    return lines


def _numbered(tables: Mapping[str, Sequence[Row]], table: str) -> Iterator[tuple[Source, Row]]:
    for line, row in enumerate(tables[table], 2):
        yield Source(table, line), row


def laid(dirty: Dirty) -> Laid:
    """The workbook as people left it for tonight; last night sync took over the clean tables."""
    numbers = numbers_of(dirty.clean)
    fresh = fresh_workbook(LANGUAGE)
    tabs = {tab.mark: tab for tab in fresh.tabs}
    tabs |= rules(tabs, dirty.config, needs=True)
    for name, entries in _lines(dirty.clean).items():
        tabs[name] = _filled(tabs[name], entries, numbers, {})
    before = Snapshot(tuple(tabs[tab.mark] for tab in fresh.tabs))
    after = applied(before, make_plan(before, night_after(dirty) - timedelta(days=1), takeover=True))
    tabs = {tab.mark: tab for tab in after.tabs}
    _check_numbers(tabs, numbers)
    rows: dict[tuple[str, int], Source] = {}
    columns: dict[tuple[str, str], str] = {}
    read: set[Source] = set()
    for name, entries in _lines(dirty.tables).items():
        stood = [_key(row) for _, row, _ in _lines(dirty.clean)[name]]
        tabs[name] = _filled(tabs[name], entries, numbers, dict(zip(stood, tabs[name].rows[1:], strict=True)))
        for place, (source, _, places) in enumerate(entries, 1):
            ours = [p for p in places if not p.field.startswith("+")]
            rows[name, place] = source
            columns |= {(name, p.field): p.column for p in ours}
            read |= {source._replace(column=p.column) for p in ours}
    return Laid(Snapshot(tuple(tabs[tab.mark] for tab in after.tabs)), rows, columns, frozenset(read))


def night_after(dirty: Dirty) -> datetime:
    """The night after the last day of the tables."""
    return datetime.combine(date.fromisoformat(dirty.config["as_of"]), time(23), UTC)


def _check_numbers(tabs: Mapping[str, Tab], numbers: Mapping[str, str]) -> None:
    given = {str(row[tab.marks["id"]]) for tab in tabs.values() if "id" in tab.marks for row in tab.rows[1:] if row}
    if not given.issuperset(numbers.values()):
        raise ValueError("the takeover gave other IDs than those that the dirty tables are laid in with")


def _filled(tab: Tab, entries: Sequence[Line], numbers: Mapping[str, str], stood: Mapping[str, Sequence[Cell]]) -> Tab:
    """The tab with those rows: on a row that stood there, sync's own cells stay; a pasted one has them too."""
    at = dict(tab.marks)
    headers = list(tab.rows[0])
    at |= {f"+{header}": column for column, header in enumerate(headers) if column not in tab.marks.values()}
    reference = as_reference(numbers)
    rows = []
    for _, values, places in entries:
        cells = dict(enumerate(stood.get(_key(values), ())))
        for place in places:
            if place.field not in at:
                at[place.field] = len(headers)
                headers.append(place.field.removeprefix("+"))
            typed = values[place.column]
            cells[at[place.field]] = (place.put or reference)(typed) if typed else ""
        rows.append(tuple(cells.get(column, "") for column in range(max(cells) + 1)))
    return replace(tab, rows=(headers, *rows))


def rules(tabs: Mapping[str, Tab], config: Mapping[str, Any], *, needs: bool) -> dict[str, Tab]:
    """Stages, Lists and Settings as their team would have them."""
    lists = _list_lines(config)
    settings = [list(row) for row in tabs["settings"].rows]
    value, code = tabs["settings"].marks["setting_value"], tabs["settings"].marks["setting_code"]
    told = {"currency": config["currency"], "country": "RO", "strict": "no" if needs else "yes"}
    for row in settings[1:]:
        row[value] = told.get(str(row[code]), row[value])
    return {
        "stages": _with_lines(tabs["stages"], _stage_lines(config, needs=needs)),
        "lists": _with_lines(tabs["lists"], lists),
        "settings": replace(tabs["settings"], rows=settings),
    }


def _with_lines(tab: Tab, lines: Sequence[Mapping[str, Cell]]) -> Tab:
    names = [field.name for field in TABS[tab.mark]]
    return replace(tab, rows=(tab.rows[0], *(tuple(line.get(name, "") for name in names) for line in lines)))


def _stage_lines(config: Mapping[str, Any], *, needs: bool) -> list[Mapping[str, Cell]]:
    outcomes = {"Disqualified": "lost", "Lost": "lost", "Won": "won"}
    homes = {
        **dict.fromkeys(config["lead_statuses"], "leads"),
        **dict.fromkeys(config["opportunity_stages"], "opportunities"),
        "Won": "deals",
    }
    moves = {**config["lead_transitions"], **config["opportunity_transitions"]}
    # With us a lead and its opportunity are one record: this is the step between their two tables.
    moves["Converted"] = ["Qualification"]
    lines: list[Mapping[str, Cell]] = []
    for stage, home in homes.items():
        outcome = outcomes.get(stage, "open")
        lines.append(
            {
                "stage": stage,
                "home": tab_title(home, LANGUAGE) if outcome != "lost" else "",
                "outcome": outcome,
                "probability": config["stage_probability"].get(stage, 0) / 100,
                "may_go_on_to": ", ".join(moves[stage]),
                "needs_loss_reason": "x" if needs and outcome == "lost" else "",
            }
        )
    return lines


def _list_lines(config: Mapping[str, Any]) -> list[Mapping[str, Cell]]:
    leads, opportunities = config["disqualify_reasons"], config["loss_reasons"]
    reasons = list(dict.fromkeys([*opportunities, *leads]))
    of = {
        r: "both" if r in leads and r in opportunities else "leads" if r in leads else "opportunities" for r in reasons
    }
    words = {"loss_reason": reasons, "source": config["sources"], "owner": config["owners"]}
    lines: list[dict[str, Cell]] = [{} for _ in range(max(map(len, words.values())))]
    for kind, labels in words.items():
        for line, label in zip(lines, labels, strict=False):
            line[kind] = label
    for line, reason in zip(lines, reasons, strict=False):
        line["reason_for"] = of[reason]
    return list(lines)


# ---------------------------------------------------------------- the history of stages


class Typed(NamedTuple):
    """A stage that a person typed, one day."""

    source: Source
    stage: str


def stage_history(dirty: Dirty) -> Mapping[str, Sequence[Typed]]:
    """Their record → each stage it was put into, in order."""
    found: dict[str, list[Typed]] = {}
    for source, row in _numbered(dirty.tables, "StageHistory"):
        found.setdefault(row["record_id"], []).append(Typed(source, row["to_stage"]))
    return found


def header_fields(tab: str) -> Mapping[str, str]:
    """Header as our workbook spells it → field."""
    return {header(field.name, LANGUAGE): field.name for field in TABS[tab]}
