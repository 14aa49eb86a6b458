"""A workbook in Google Sheets: read it, and land a plan in it whole or not at all, while people type.

It knows the order of calls: one to read, one to read again right before writing,
one to write, whose answer shows whether somebody was at work in between.
"""

from __future__ import annotations

import re
from dataclasses import replace

from sheetcrm.problems import Changed, SheetCrmError, Unsupported, UsageError
from sheetcrm.tables import MoveRow, Plan, Receipt, Snapshot, locate, same_cell
from sheetcrm.workbooks.edits import check_headers, edits
from sheetcrm.workbooks.google.aside import TITLE, Aside, Keeper
from sheetcrm.workbooks.google.client import Client, Refused, Unknown
from sheetcrm.workbooks.google.healing import disturbed, repair
from sheetcrm.workbooks.google.probing import probe
from sheetcrm.workbooks.google.reading import FIELDS, Reading, read
from sheetcrm.workbooks.google.values import Json
from sheetcrm.workbooks.google.writing import Write, new_id, write_of

__all__ = ["GoogleWorkbook", "id_of"]

_MARKS = "developerMetadata(metadataId,metadataKey,metadataValue)"
_KEPT = f"sheets(properties(sheetId,title),{_MARKS},data(startRow,startColumn,rowData(values(effectiveValue))))"
_ANSWER = f"updatedSpreadsheet({_KEPT})"
_TOKEN = f"sheets(properties(sheetId,title),{_MARKS})"

_ADDRESS = re.compile(r"https?://docs\.google\.com/(?:a/[^/]+/)?spreadsheets/(?:u/\d+/)?d/([A-Za-z0-9_-]{20,})")
_ID = re.compile(r"[A-Za-z0-9_-]{30,}")


def id_of(where: str) -> str:
    """The ID of a spreadsheet, from its address or as it is; "" for what is neither."""
    match = _ADDRESS.match(where)
    if match:
        return match[1]
    return where if _ID.fullmatch(where) else ""


class GoogleWorkbook:
    """Tabs in a Google Sheet."""

    def __init__(self, where: str, client: Client | None = None) -> None:
        spreadsheet = id_of(where)
        if not spreadsheet:
            raise UsageError("google-address", address=where)
        self.client = client or Client(spreadsheet)
        self._reading: Reading | None = None

    def read(self) -> Snapshot:
        """Every tab as it stands now."""
        return self.reading().snapshot

    def reading(self) -> Reading:
        """The same, with all that Google says besides."""
        found = read(self.client.get(FIELDS))
        found.snapshot = replace(found.snapshot, repair=repair(found))
        self._reading = found
        return found

    def apply(self, plan: Plan, base: Snapshot) -> Receipt:
        """Make `plan` true, whole or not at all.

        `Receipt.again` tells that somebody was at work in the instant of the write,
        so that what is there now must be planned once more.
        """
        if plan.is_empty:
            return Receipt(False, plan)
        reading = self._reading
        if reading is None or plan is not base.repair or reading.snapshot is not base:
            reading = self._fresh(plan, base)
        if "guard" not in reading.learned:
            reading.learned |= self._learn()
        if reading.learned.get("guard") != "yes":
            raise Unsupported("google-no-guard")
        write = write_of(reading, plan, edits(reading.snapshot, plan))
        aside = self._land(write, reading)
        self._reading = None
        return Receipt(True, plan, again=disturbed(aside))

    def adjust(self, wanted: list[Json], reading: Reading) -> None:
        """Send requests that write no cell, if nobody else wrote since they were made."""
        token = new_id([*reading.ids.values()])
        begin = Keeper().requests(token, reading.aside.id if reading.aside else None)
        self._land(Write(token, [*begin, *wanted]), reading)
        self._reading = None

    def _fresh(self, plan: Plan, base: Snapshot) -> Reading:
        """The spreadsheet read again right before the write. Raises `Changed` where that matters."""
        reading = self.reading()
        if reading.snapshot.token != base.token or reading.snapshot.repair:
            raise Changed("sheet-changed")
        check_headers(reading.snapshot, base, plan)
        _check_rows_that_move(reading.snapshot, base, plan)
        return reading

    def _learn(self) -> dict[str, str]:
        until, tries = self.client.deadline, 0
        while True:
            try:
                return probe(self.client)
            except Unknown:
                tries += 1
                self.client.pause(tries, until)

    def _land(self, write: Write, reading: Reading) -> Aside:
        """Send the write until it is certain that it landed, and give what it kept.

        Never sends it twice without having looked: the ID of the tab that keeps
        tells whose write was the last.
        """
        until, tries, shows = self.client.deadline, 0, True
        while True:
            try:
                if shows:
                    answer = self.client.write(write.requests, _ANSWER, [f"'{TITLE}'"])
                    return self._kept(answer.get("updatedSpreadsheet", {}), write)
                self.client.write(write.requests)
                return self._kept(self.client.get(_KEPT, [f"'{TITLE}'"]), write)
            except Refused as refused:
                if shows and "parse range" in refused.message:
                    shows = False  # an answer cannot name a tab that the write itself makes
                    continue
                if self.read() == reading.snapshot:
                    raise SheetCrmError("google-refused", reason=refused.message[:300]) from refused
                raise Changed("sheet-changed") from refused
            except Unknown:
                token = read(self.client.get(_TOKEN)).snapshot.token
                if token == str(write.token):
                    return self._kept(self.client.get(_KEPT, [f"'{TITLE}'"]), write)
                if token != reading.snapshot.token:
                    raise Changed("sheet-changed") from None
                tries += 1
                self.client.pause(tries, until)

    def _kept(self, answer: Json, write: Write) -> Aside:
        aside = read(answer).aside
        if aside is None or aside.id != write.token:
            raise Changed("sheet-changed")
        return aside


def _check_rows_that_move(now: Snapshot, base: Snapshot, plan: Plan) -> None:
    """Raise `Changed` where a row that moves says something else than in `base`, in whatever column."""
    for title in {change.row.tab for change in plan.changes if isinstance(change, MoveRow)}:
        tab, before = now.tab(title), base.tab(title)
        if tab is None or before is None:
            continue
        rows, rows_before = locate(tab, plan.addressing[title]), locate(before, plan.addressing[title])
        for key in (c.row for c in plan.changes if isinstance(c, MoveRow) and c.row.tab == title):
            if key in rows and key in rows_before:
                row, stood = rows[key], rows_before[key]
                columns = (c for c in range(max(tab.width, before.width)) if (row, c) not in tab.formulas)
                if any(not same_cell(tab.cell(row, c), before.cell(stood, c)) for c in columns):
                    raise Changed("cell-changed", tab=title, row=row + 1)
