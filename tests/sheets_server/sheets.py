"""Google's Sheets API in memory: every call of it, answered as Google answers. No HTTP in here."""

from __future__ import annotations

import random
import string
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from . import metadata, reading, values
from .batch import perform
from .copying import copy_to
from .creating import fill
from .errors import ApiError, forbidden, invalid, not_found
from .job import Caller, Job
from .masks import masked, response_mask
from .model import Json, Sheet, Spreadsheet, new_sheet_properties
from .reading import sheet_properties
from .switches import Switches

__all__ = ["Caller", "Sheets"]

READERS = frozenset({"owner", "writer", "commenter", "reader"})
WRITERS = frozenset({"owner", "writer"})

Method = Callable[[Job, Json, Json], Json]

READS: dict[str, tuple[Method, str]] = {
    "sheets.spreadsheets.get": (reading.get, ""),
    "sheets.spreadsheets.getByDataFilter": (reading.get_by_data_filter, ""),
    "sheets.spreadsheets.developerMetadata.get": (metadata.get, "DeveloperMetadata"),
    "sheets.spreadsheets.developerMetadata.search": (metadata.search, "SearchDeveloperMetadataResponse"),
    "sheets.spreadsheets.values.get": (values.get, "ValueRange"),
    "sheets.spreadsheets.values.batchGet": (values.batch_get, "BatchGetValuesResponse"),
    "sheets.spreadsheets.values.batchGetByDataFilter": (
        values.batch_get_by_data_filter,
        "BatchGetValuesByDataFilterResponse",
    ),
}
WRITES: dict[str, tuple[Method, str]] = {
    "sheets.spreadsheets.values.update": (values.update, "UpdateValuesResponse"),
    "sheets.spreadsheets.values.append": (values.append, "AppendValuesResponse"),
    "sheets.spreadsheets.values.clear": (values.clear, "ClearValuesResponse"),
    "sheets.spreadsheets.values.batchUpdate": (values.batch_update, "BatchUpdateValuesResponse"),
    "sheets.spreadsheets.values.batchClear": (values.batch_clear, "BatchClearValuesResponse"),
    "sheets.spreadsheets.values.batchUpdateByDataFilter": (
        values.batch_update_by_data_filter,
        "BatchUpdateValuesByDataFilterResponse",
    ),
    "sheets.spreadsheets.values.batchClearByDataFilter": (
        values.batch_clear_by_data_filter,
        "BatchClearValuesByDataFilterResponse",
    ),
}
"""Method → what does it, and the message that its `fields` mask cuts; a method without one cuts its answer itself."""


USUAL = Switches()


class Sheets:
    """All spreadsheets there are, and the calls on them."""

    def __init__(
        self,
        switches: Switches = USUAL,
        *,
        seed: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC).replace(second=0, microsecond=0),
    ) -> None:
        self.switches = switches
        self.clock = clock
        self.spreadsheets: dict[str, Spreadsheet] = {}
        self.after_commit: Callable[[Spreadsheet, Caller], None] | None = None
        self._chance = random.Random(seed)

    # --- Files ---

    def create(self, title: str, owner: str, **properties: Any) -> Spreadsheet:
        """A new spreadsheet of `owner` with one empty tab; `properties` are such as `locale` and `timeZone`."""
        spreadsheet = Spreadsheet(
            id=self._file_id(),
            properties={
                "title": title or "Untitled spreadsheet",
                "locale": "en_US",
                "autoRecalc": "ON_CHANGE",
                "timeZone": "Etc/GMT",
                **properties,
            },
            sheets=[Sheet(new_sheet_properties(0, "Sheet1"))],
            permissions={owner: "owner"},
        )
        self.spreadsheets[spreadsheet.id] = spreadsheet
        return spreadsheet

    def _file_id(self) -> str:
        letters = string.ascii_letters + string.digits + "-_"
        return "1" + "".join(self._chance.choice(letters) for _ in range(43))

    def copy_of(self, spreadsheet: Spreadsheet) -> Spreadsheet:
        """The spreadsheet as it is now; later changes do not reach the copy."""
        return spreadsheet.copy()

    def restore(self, spreadsheet: Spreadsheet, copy: Spreadsheet) -> None:
        """Make the spreadsheet what it was when the copy was taken. The copy can be used again. Counts as a commit."""
        spreadsheet.take(copy.copy())
        spreadsheet.revision += 1

    # --- Calls ---

    def call(self, method: str, parameters: dict[str, Any], body: Any, caller: Caller) -> Json:
        """Answer one call of the API, or raise ApiError. A call that fails changes nothing."""
        body = body or {}
        if method == "sheets.spreadsheets.create":
            return self._create(parameters, body, caller)
        spreadsheet = self.spreadsheets.get(parameters.get("spreadsheetId", ""))
        if spreadsheet is None:
            raise not_found()
        if method in READS:
            work, message = READS[method]
            self._allow(spreadsheet, caller, READERS)
            answer = work(self._job(spreadsheet, caller), parameters, body)
            return cut(answer, parameters, message)
        if method in WRITES:
            work, message = WRITES[method]
            check_fields(parameters, message)
            self._allow(spreadsheet, caller, WRITERS)
            answer = self._commit(spreadsheet, caller, lambda job: work(job, parameters, body))
            return cut(answer, parameters, message)
        if method == "sheets.spreadsheets.batchUpdate":
            return self._batch_update(spreadsheet, parameters, body, caller)
        if method == "sheets.spreadsheets.sheets.copyTo":
            return self._copy_to(spreadsheet, parameters, body, caller)
        raise ApiError(404, "NOT_FOUND", f"Method {method} is not emulated.")

    def _allow(self, spreadsheet: Spreadsheet, caller: Caller, roles: frozenset[str]) -> None:
        if spreadsheet.permissions.get(caller.email, spreadsheet.permissions.get("anyone")) not in roles:
            raise forbidden()

    def _job(self, spreadsheet: Spreadsheet, caller: Caller) -> Job:
        return Job(spreadsheet, caller, self.switches, self._chance, self.clock())

    def _commit(self, spreadsheet: Spreadsheet, caller: Caller, work: Callable[[Job], Json]) -> Json:
        """Do the work on a copy, and keep the copy if nothing fails."""
        job = self._job(spreadsheet.copy(), caller)
        answer = work(job)
        spreadsheet.take(job.book)
        spreadsheet.revision += 1
        if self.after_commit:
            self.after_commit(spreadsheet, caller)
        return answer

    def _batch_update(self, spreadsheet: Spreadsheet, parameters: Json, body: Json, caller: Caller) -> Json:
        check_fields(parameters, "BatchUpdateSpreadsheetResponse")
        self._allow(spreadsheet, caller, WRITERS)
        requests = body.get("requests") or []
        if isinstance(requests, dict):
            requests = [requests]
        if not requests:
            raise invalid("Must specify at least one request.")
        job = self._job(spreadsheet.copy(), caller)
        answer: Json = {"spreadsheetId": spreadsheet.id, "replies": perform(job, requests)}
        wanted = bool(body.get("includeSpreadsheetInResponse"))
        selection_of = _selection(body)
        mask = response_mask(parameters.get("fields"), "BatchUpdateSpreadsheetResponse")
        wanted = wanted and (not mask or "updatedSpreadsheet" in mask)
        inner = mask.get("updatedSpreadsheet", {}) if mask else {}
        grid = bool(body.get("responseIncludeGridData") or parameters.get("fields"))
        if wanted and not self.switches.reply_includes_later_edits:
            answer["updatedSpreadsheet"] = reading.spreadsheet(job, inner, selection_of(job), grid)
        spreadsheet.take(job.book)
        spreadsheet.revision += 1
        if self.after_commit:
            self.after_commit(spreadsheet, caller)
        if wanted and self.switches.reply_includes_later_edits:
            later = self._job(spreadsheet, caller)
            answer["updatedSpreadsheet"] = reading.spreadsheet(later, inner, selection_of(later), grid)
        return masked(answer, {**mask, "updatedSpreadsheet": {}}) if mask else answer

    def _create(self, parameters: Json, body: Json, caller: Caller) -> Json:
        mask = response_mask(parameters.get("fields"), "Spreadsheet")
        properties = {
            name: item
            for name, item in (body.get("properties") or {}).items()
            if item and name not in ("title", "defaultFormat", "spreadsheetTheme")
        }
        title = (body.get("properties") or {}).get("title") or "Untitled spreadsheet"
        spreadsheet = self.create(title, caller.email, **properties)
        try:
            job = self._job(spreadsheet, caller)
            fill(job, body)
            return reading.spreadsheet(job, mask, None, False)
        except ApiError:
            del self.spreadsheets[spreadsheet.id]
            raise

    def _copy_to(self, spreadsheet: Spreadsheet, parameters: Json, body: Json, caller: Caller) -> Json:
        self._allow(spreadsheet, caller, READERS)
        source = self._job(spreadsheet, caller).sheet(int(parameters.get("sheetId") or 0))
        target = self.spreadsheets.get(body.get("destinationSpreadsheetId") or "")
        if target is None:
            raise not_found()
        self._allow(target, caller, WRITERS)
        answer = self._commit(target, caller, lambda job: sheet_properties(copy_to(job, source)))
        return cut(answer, parameters, "SheetProperties")


def _selection(body: Json) -> Callable[[Job], reading.Selection | None]:
    ranges = body.get("responseRanges") or []
    return lambda job: [job.named_in_grid(text) for text in ranges] if ranges else None


def cut(answer: Json, parameters: Json, message: str) -> Json:
    """The answer as far as the call's `fields` ask."""
    return masked(answer, response_mask(parameters.get("fields"), message)) if message else answer


def check_fields(parameters: Json, message: str) -> None:
    """Refuse a wrong mask before anything is written."""
    response_mask(parameters.get("fields"), message)
