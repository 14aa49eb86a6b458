"""Big dirty tables with a known truth, and how they are laid into a workbook of ours.

Knows the columns of the generator's tables and where each belongs in our tabs.
Lays every cell in as a person would have it: what is a clean date or number is
one, whatever is dirty stays the text it is. Judges nothing.
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
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from sheetcrm.columns import TABS, header, tab_title
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, Snapshot, Tab

__all__ = ["Defect", "Dirty", "Laid", "Source", "generate", "laid", "shared_folder", "stage_history"]

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
    command = [sys.executable, str(script), "--n", str(n), "--seed", str(seed), "--out", str(folder)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    tables = {file.stem: _rows(file) for file in folder.glob("*.csv")}
    truth = json.loads((folder / "truth.json").read_text("utf-8"))
    defects = [
        Defect(d["kind"], Source(d["tab"], d["row"], d["column"]), d["key"], tuple(d["other"]))
        for d in truth["defects"]
    ]
    config = json.loads((folder / "config.json").read_text("utf-8"))
    return Dirty(tables, config, defects, tuple(truth["kinds"]))


def _rows(file: Path) -> list[Row]:
    with file.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


# ---------------------------------------------------------------- single cells

_NUMBERED = re.compile(r"\b([LOAT])(\d+)\b")
_FIRST_OPPORTUNITY = 10_000_000
"""Leads and opportunities share one counter with us, so theirs are counted on from here."""


def our_id(text: str) -> str:
    """Their numbers within a cell as ours, one to one, whatever stands around them."""

    def ours(match: re.Match[str]) -> str:
        letter, number = match[1], int(match[2])
        if letter in "LO":
            letter, number = "R", number + (_FIRST_OPPORTUNITY if letter == "O" else 0)
        return f"{letter}-{number:04d}"

    return _NUMBERED.sub(ours, text)


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
    put: Callable[[str], Cell] = as_text


LEADS = (
    Place("lead_id", "id", our_id),
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
    Place("opportunity_id", "id", our_id),
    Place("lead_id", "+Lead"),
    Place("account_id", "account", our_id),
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
    Place("account_id", "id", our_id),
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
    Place("activity_id", "id", our_id),
    Place("date", "date", as_date),
    Place("type", "type", as_word(ACTIVITY_TYPES)),
    Place("related_id", "record", our_id),
    Place("owner", "owner"),
    Place("subject", "subject"),
    Place("done", "status", as_word(DONE)),
)
OFFERS = (
    Place("offer_id", "number"),
    Place("opportunity_id", "record", our_id),
    Place("total", "amount", as_number),
    Place("status", "status"),
    Place("offer_date", "sent_on", as_date),
    Place("valid_until", "+Valid until", as_date),
)
OFFER_LINES = (
    Place("opportunity_id", "record", our_id),
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


def laid(dirty: Dirty) -> Laid:
    """The dirty tables as a workbook that a team might ask sheetcrm to take over."""
    snapshot = fresh_workbook(LANGUAGE)
    tabs = {tab.mark: tab for tab in snapshot.tabs}
    lines: dict[str, list[tuple[Source, Row, Sequence[Place]]]] = {}
    for source, row in _numbered(dirty, "Leads"):
        closed = row["status"].strip().casefold() == "disqualified"
        lines.setdefault("leads", []).append((source, row, CLOSED_LEADS if closed else OPEN_LEADS))
    for source, row in _numbered(dirty, "Opportunities"):
        tab = "deals" if row["stage"].strip().casefold() == "won" else "opportunities"
        lines.setdefault(tab, []).append((source, row, OPPORTUNITIES))
    for table, tab, places in (
        ("Accounts", "accounts", ACCOUNTS),
        ("Activities", "activities", ACTIVITIES),
        ("Offers", "offers", OFFERS),
        ("Offers", "offer_lines", OFFER_LINES),
        ("Products", "products", PRODUCTS),
    ):
        lines[tab] = [(source, row, places) for source, row in _numbered(dirty, table)]
    rows: dict[tuple[str, int], Source] = {}
    columns: dict[tuple[str, str], str] = {}
    read: set[Source] = set()
    for name, entries in lines.items():
        tabs[name] = _filled(tabs[name], entries)
        for place, (source, _, places) in enumerate(entries, 1):
            ours = [p for p in places if not p.field.startswith("+")]
            rows[name, place] = source
            columns |= {(name, p.field): p.column for p in ours}
            read |= {source._replace(column=p.column) for p in ours}
    tabs |= rules(tabs, dirty.config, needs=True)
    return Laid(Snapshot(tuple(tabs[tab.mark] for tab in snapshot.tabs)), rows, columns, frozenset(read))


def _numbered(dirty: Dirty, table: str) -> Iterator[tuple[Source, Row]]:
    for line, row in enumerate(dirty.tables[table], 2):
        yield Source(table, line), row


def _filled(tab: Tab, entries: Sequence[tuple[Source, Row, Sequence[Place]]]) -> Tab:
    at = dict(tab.marks)
    headers = list(tab.rows[0])
    rows = []
    for _, values, places in entries:
        cells: dict[int, Cell] = {}
        for place in places:
            if place.field not in at:
                at[place.field] = len(headers)
                headers.append(place.field.removeprefix("+"))
            cells[at[place.field]] = place.put(values[place.column]) if values[place.column] else ""
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
    for source, row in _numbered(dirty, "StageHistory"):
        found.setdefault(row["record_id"], []).append(Typed(source, row["to_stage"]))
    return found


def header_fields(tab: str) -> Mapping[str, str]:
    """Header as our workbook spells it → field."""
    return {header(field.name, LANGUAGE): field.name for field in TABS[tab]}
