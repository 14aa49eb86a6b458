"""Little offices at work in a Google Sheet, each on an evening on which sync has something to do.

A record is known by its number, which stands amid what people wrote in its row
(“Acme Agro ·7·”), never by sync's ID. It makes spreadsheets; it runs no sync on them.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sheetcrm.columns import header
from sheetcrm.pipeline import default_choices
from sheetcrm.schema import PIPELINE_TABS
from sheetcrm.tables import Cell, Snapshot, Tab, column_letters
from tests.laws.desk import FIRST_NIGHT, Desk
from tests.laws.team import FIRST, PEOPLE, SECOND, SENTENCES, new_office
from tests.sheets_server.model import Spreadsheet
from tests.sheets_server.server import OWNER, SheetsServer
from tests.sheets_server.sheets import Caller
from tests.workbooks.google_laying import lay_sheet

__all__ = ["EDITOR", "PEOPLES", "TEAMS", "Office", "make_office", "marked", "word"]

Json = dict[str, Any]
PEOPLES = (*PIPELINE_TABS, "accounts", "activities", "offers")
TEAMS = "team"
"""What a tab of the team's own is, which is none of sync's business."""
EDITOR = "editor@example.com"
OWN = ("Score", "Cod vechi", "Who knows whom")
REASONS = {"en": "Other", "ro": "Alt motiv"}
STAGES = ("new", "contacted", "qualified", "needs-analysis", "offer-sent", "negotiation", "won", "lost")


@dataclass(frozen=True)
class Office:
    """A spreadsheet before the night, to be copied for every run."""

    spreadsheet: Spreadsheet
    language: str
    now: datetime
    tabs: Mapping[int, str]
    """ID of a tab → what it is."""
    records: int
    """Numbers that are taken."""
    history: Snapshot
    """As it was before the evening."""


def marked(number: int, text: str) -> str:
    """A text that says to which record it belongs."""
    return f"{text} ·{number}·"


def word(kind: str, language: str, chance: random.Random) -> str:
    """A word of a list."""
    return chance.choice(default_choices(kind, language)).label


class _Team:
    """The people of one office, typing."""

    def __init__(self, language: str, chance: random.Random) -> None:
        self.language, self.chance = language, chance
        self.desk = Desk(new_office(language), language)
        self.numbers = 0

    def number(self) -> int:
        self.numbers += 1
        return self.numbers

    def lead(self, tab: str = "leads", **more: Cell) -> int:
        """A lead that lacks little; gives its row."""
        n, chance = self.number(), self.chance
        typed: dict[str, Cell] = {
            "company": marked(n, f"{chance.choice(FIRST)} {chance.choice(SECOND)}"),
            "contact": marked(n, chance.choice(PEOPLE)),
            "email": f"office@t{n}.ro",
            "phone": f"07{n:02}{chance.randrange(10**6):06}",
            "source": word("source", self.language, chance),
            "stage": self.stage("new"),
            "owner": chance.choice(("Ana Pop", "Ion Rusu")),
            "interested_in": marked(n, "pumps"),
            "notes": marked(n, chance.choice(SENTENCES)),
            **more,
        }
        if chance.random() < 0.3:
            typed["next_step"] = marked(n, "call again")
        return self.desk.add(tab, **typed)

    def stage(self, code: str) -> str:
        return next(c.label for c in default_choices("stage", self.language) if c.code == code)

    def advance(self, tab: str, row: int, code: str, *, ready: bool) -> None:
        """Say that a record is in a stage, with or without what the stage asks for."""
        desk, chance = self.desk, self.chance
        desk.type(tab, row, "stage", self.stage(code))
        if not ready:
            return
        cells: dict[str, Cell] = {
            "value": chance.randrange(1, 90) * 100, "currency": "EUR",
            "expected_close": FIRST_NIGHT.date() + timedelta(days=chance.randrange(90)),
            "confirmed_by": word("confirmed_by", self.language, chance),
            "loss_reason": REASONS[self.language] if code == "lost" else "",
        }  # fmt: skip
        for field, cell in cells.items():
            if cell != "" and desk.read(tab, row, field) == "":
                desk.type(tab, row, field, cell)
        if code in ("offer-sent", "negotiation", "won"):
            n, status = self.number(), "Sent" if self.language == "en" else "Trimisă"
            who = desk.read(tab, row, "id") or desk.read(tab, row, "company")
            desk.add("offers", record=who, amount=500 + n, link=marked(n, "see the folder"), status=status)

    def own_columns(self) -> None:
        """Columns of the team's own, with words in some rows, before everything else is typed."""
        for tab in self.chance.sample(PIPELINE_TABS, self.chance.randrange(4)):
            top = self.desk.cells(tab)[0]
            top.extend([""] * (self.desk.layout(tab).tab.width - len(top)))
            top += self.chance.sample(OWN, self.chance.randint(1, 2))

    def fill_own_columns(self) -> None:
        for tab in PIPELINE_TABS:
            layout = self.desk.layout(tab)
            for column in range(len(layout.fields), layout.tab.width):
                for row in self.desk.below(tab):
                    number = _number_in(self.desk.cells(tab)[row])
                    free = layout.tab.cell(row, column) == "" and layout.tab.cell(0, column) in OWN
                    if number and free and self.chance.random() < 0.6:
                        self.desk.put(tab, row, column, marked(number, "own"))

    def others(self) -> None:
        """An account, an activity."""
        for _ in range(self.chance.randrange(3)):
            n = self.number()
            self.desk.add("accounts", name=marked(n, "Client"), email=f"a@t{n}.ro", notes=marked(n, "old friend"))
        for _ in range(self.chance.randrange(3)):
            n = self.number()
            self.desk.add("activities", record=marked(1, "Acme"), subject=marked(n, "call"), date=FIRST_NIGHT.date())

    def day(self) -> None:
        """What they did on the first day: records in all tabs, once sync has put them there."""
        self.own_columns()
        for _ in range(self.chance.randint(3, 10)):
            row = self.lead()
            self.advance("leads", row, self.chance.choice(STAGES), ready=self.chance.random() < 0.8)
        self.others()
        self.fill_own_columns()

    def evening(self) -> None:
        """What they did since the last night: stages change, records come."""
        rows = [(tab, row) for tab in PIPELINE_TABS for row in self.desk.below(tab)]
        for tab, row in self.chance.sample(rows, min(len(rows), self.chance.randint(1, 4))):
            self.advance(tab, row, self.chance.choice(STAGES), ready=self.chance.random() < 0.8)
        for tab, row in self.chance.sample(rows, min(len(rows), self.chance.randrange(2))):
            self.desk.type(tab, row, "account", {"en": "new", "ro": "nou"}[self.language])
        for _ in range(self.chance.randrange(3)):
            tab = self.chance.choice(("leads", "leads", "opportunities"))
            row = self.lead(tab)
            if self.chance.random() < 0.3:
                self.desk.type(tab, row, self.chance.choice(("stage", "source", "email")), "")
        self.fill_own_columns()


def make_office(server: SheetsServer, seed: str) -> Office:
    """An office of that seed, laid out as a spreadsheet of its owner's."""
    chance = random.Random(seed)
    language = chance.choice(("en", "ro"))
    team = _Team(language, chance)
    team.day()
    if chance.random() < 0.9:  # else it is the first night
        team.desk.sync()
    before = team.desk.snapshot()
    team.evening()
    snapshot = team.desk.snapshot()
    snapshot = Snapshot((*snapshot.tabs, _teams_tab(chance)))
    zone = {"locale": "ro_RO", "timeZone": "Europe/Bucharest"} if language == "ro" else {"locale": "en_US"}
    spreadsheet = server.sheets.spreadsheets[lay_sheet(server, snapshot, **zone)]
    tabs = {number: tab.mark or TEAMS for number, tab in enumerate(snapshot.tabs, 1)}
    decorate = [request for number, tab in enumerate(snapshot.tabs, 1) for request in _decorations(number, tab, chance)]
    if decorate:
        where = {"spreadsheetId": spreadsheet.id}
        server.sheets.call("sheets.spreadsheets.batchUpdate", where, {"requests": decorate}, Caller(OWNER))
    spreadsheet.permissions[EDITOR] = "writer"
    made = spreadsheet.copy()
    made.metadata = [m for m in made.metadata if not m["metadataKey"].startswith("sheetcrm.")]
    del server.sheets.spreadsheets[spreadsheet.id]
    return Office(made, language, FIRST_NIGHT + timedelta(days=1), tabs, team.numbers, before)


def _teams_tab(chance: random.Random) -> Tab:
    rows: list[tuple[Cell, ...]] = [("Who", "Holidays"), ("Ana", "in July"), ("Ion", chance.randrange(30))]
    return Tab("Plan of ours", rows, formulas={(3, 1): "=B3+1"})


def _decorations(sheet: int, tab: Tab, chance: random.Random) -> list[Json]:
    """Notes, formulas, colours and what stands beside the list."""
    if tab.mark not in PEOPLES:
        return []
    made: list[Json] = []
    people = [tab.marks[f] for f in ("company", "notes", "name", "subject", "email", "link") if f in tab.marks]
    for row in range(1, len(tab.rows)):
        number = _number_in(tab.rows[row])
        if number and chance.random() < 0.4:
            made.append(_put(sheet, row, chance.choice(people), {"note": marked(number, "a note")}))
        if number and chance.random() < 0.3:
            fill = {"userEnteredFormat": {"backgroundColor": {"red": 1, "green": 0.8}}}
            made.append(_put(sheet, row, chance.choice(people), fill))
    if tab.mark in PIPELINE_TABS and chance.random() < 0.5:
        made += _formulas(sheet, tab, chance)
    if tab.mark in PIPELINE_TABS and chance.random() < 0.5:
        stages = [{"userEnteredValue": c.label} for c in default_choices("stage", chance.choice(("en", "ro")))]
        rule = {"condition": {"type": "ONE_OF_LIST", "values": stages}, "strict": False, "showCustomUi": True}
        column = tab.marks["stage"]
        where = {"sheetId": sheet, "startRowIndex": 1, "startColumnIndex": column, "endColumnIndex": column + 1}
        made.append({"setDataValidation": {"range": where, "rule": rule}})
    if tab.mark in PEOPLES and chance.random() < 0.3:
        made += _beside(sheet, tab, chance)
    return made


def _formulas(sheet: int, tab: Tab, chance: random.Random) -> list[Json]:
    """A column of formulas that point at the company beside them."""
    column = tab.width
    company = column_letters(tab.marks["company"])
    made = [_put(sheet, 0, column, {"userEnteredValue": {"stringValue": "Letter to"}})]
    for row in range(1, len(tab.rows)):
        number = _number_in(tab.rows[row])
        if number and chance.random() < 0.7:
            text = f'=UPPER({company}{row + 1})&" ·{number}·"'
            made.append(_put(sheet, row, column, {"userEnteredValue": {"formulaValue": text}}))
    return made


def _beside(sheet: int, tab: Tab, chance: random.Random) -> list[Json]:
    """A note amid the columns, which empty ones keep apart; one more column of the team's own behind it."""
    column = tab.width + 2
    made: list[Json] = []
    if (need := column + 3 - max(tab.width + 3, 12)) > 0:
        made.append({"appendDimension": {"sheetId": sheet, "dimension": "COLUMNS", "length": need}})
    for row in range(2, 2 + chance.randint(1, 3)):
        made.append(_put(sheet, row, column, {"userEnteredValue": {"stringValue": f"beside {sheet}.{row}"}}))
    return [*made, _put(sheet, 0, column + 2, {"userEnteredValue": {"stringValue": "Our sign"}})]


def _put(sheet: int, row: int, column: int, cell: Json) -> Json:
    start = {"sheetId": sheet, "rowIndex": row, "columnIndex": column}
    return {"updateCells": {"start": start, "rows": [{"values": [cell]}], "fields": ",".join(cell)}}


def _number_in(cells: Any) -> int:
    """The number of the record, as the last cells of a row tell it."""
    found = [part for cell in cells if isinstance(cell, str) for part in cell.split("·")[1:2]]
    return int(found[-1]) if found else 0


def headers_of_sync(language: str, fields: Mapping[str, Any]) -> set[str]:
    """The headers under which sync writes."""
    return {header(name, language) for name, field in fields.items() if field.writer == "sync"}
