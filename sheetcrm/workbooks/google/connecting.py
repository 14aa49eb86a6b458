"""What is missing to work with a Google Sheet, step by step, as far as it can be known.

It tries what a run would need: key, signing in, reading, writing. It writes nothing
into the spreadsheet but what `probing` does. It says nothing of a key but its place
and whose it is, and nothing of what stands in the cells but headers and settings.
"""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Literal, TypeAlias
from zoneinfo import ZoneInfo

import requests
from google.auth.credentials import Credentials

from sheetcrm import config, messages
from sheetcrm.columns import Layout, header, read_layout
from sheetcrm.problems import BadSettings, NotAllowed, SheetCrmError, Unavailable, Unsupported, UsageError
from sheetcrm.schema import HOME_MARK, PIPELINE_TABS, SYNC_TABS, TABS
from sheetcrm.settings import Settings, read_settings
from sheetcrm.tables import column_letters
from sheetcrm.workbooks.google.client import GOOGLE, Client, Refused, Unknown, as_it_is, credentials, load_credentials
from sheetcrm.workbooks.google.probing import probe
from sheetcrm.workbooks.google.reading import FIELDS, Reading, read
from sheetcrm.workbooks.google.values import Json
from sheetcrm.workbooks.google.workbook import id_of
from sheetcrm.workbooks.google.writing import new_id

__all__ = ["Findings", "Step", "connect"]

State: TypeAlias = Literal["ok", "warning", "error"]

PATIENCE_SECONDS = 20.0
"""Somebody sits there and waits."""
CLOCK_TIMEOUT_SECONDS = 10.0
TELLING_SKEW = timedelta(minutes=1)
"""Google lets small differences pass: a smaller one is not what it refused."""
FOR_OTHERS = 0o077
NEEDED_OF_PEOPLE = {"settings": ["setting", "setting_value"], "stages": ["stage"]}
"""Columns that people write and without which their tab says nothing."""

_FIELDS = FIELDS.replace(
    "basicFilter(", "protectedRanges(range,unprotectedRanges,warningOnly,requestingUserCanEdit),basicFilter("
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that must be so, and whether it is."""

    name: str
    state: State
    key: str
    """A text of the area `connect`, or an error's key."""
    values: Mapping[str, object] = field(default_factory=dict)
    """What the text is filled in with; a tuple is a list of keys of the area."""
    exit_code: int = 0

    def text(self, language: str) -> str:
        """What is so, and where it should not be, what to do."""
        values = {name: _said(value, language) for name, value in self.values.items()}
        area, _, key = self.key.rpartition("/")
        area = area or ("connect" if self.key in messages.area("connect") else "errors")
        return messages.text(area, key, language, **values)


def _said(value: object, language: str) -> object:
    if isinstance(value, tuple):
        return ", ".join(messages.text("connect", str(key), language) for key in value)
    return value


@dataclass(slots=True)
class Findings:
    """All steps that could be tried, in order."""

    steps: list[Step] = field(default_factory=list)
    email: str = ""
    """Whom the spreadsheet must be shared with; "" where that is not known."""
    language: str = ""
    """The team's, as its Settings say; "" where they were not reached."""

    @property
    def exit_code(self) -> int:
        """0 where nothing is in the way, else that of the first thing that is."""
        return next((step.exit_code for step in self.steps if step.state == "error"), 0)


def connect(where: str, *, probing: bool = True) -> Findings:
    """Try everything in turn; it ends where nothing further can be known. Raises `UsageError` for no address."""
    inquiry = _Inquiry(where, probing=probing)
    inquiry.go()
    return inquiry.found


class _Inquiry:
    def __init__(self, where: str, *, probing: bool) -> None:
        self.where = where
        self.spreadsheet = id_of(where)
        if not self.spreadsheet:
            raise UsageError("google-address", address=where)
        self.probing = probing
        self.found = Findings()
        self._at = "credentials"

    def go(self) -> None:
        """Every step, until one fails on which all others rest."""
        try:
            client = self._client()
            if not self._sign_in(client):
                return
            answer = self._open(client)
        except SheetCrmError as error:
            self._fail(error)
            return
        reading = read(answer)
        layouts = read_layout(reading.snapshot).layouts
        settings = read_settings(layouts["settings"], "en")[0] if "settings" in layouts else None
        self.found.language = settings.language if settings else ""
        taken = [sheet["properties"].get("sheetId", 0) for sheet in answer.get("sheets", ())]
        may_edit = self._may_edit(client, taken)
        if may_edit:
            self._learn(client, reading)
        self._compare_locale(reading, settings)
        if may_edit:  # a reader may edit nothing, protected or not
            self._look_for_locks(answer, layouts)
        self._look_at_tabs(reading, layouts, self.found.language or "en")

    # ------------------------------------------------------------ who we are

    def _client(self) -> Client:
        file = config.google_credentials()
        config.google_url()  # refuses an address that nothing may be sent to
        account = credentials() if file is None else _account_of(file)
        client = Client(self.spreadsheet, account, patience=PATIENCE_SECONDS)
        self._know(client)
        if file is None:
            self._ok("credentials-own", email=self.found.email or "?")
            return client
        self._ok("credentials-file", file=str(file), email=self.found.email)
        self._at = "key-file"
        exposed = list(_exposed(file))
        for key, values in exposed:
            self._warn(key, **values)
        if not exposed:
            self._ok("key-kept")
        return client

    def _know(self, client: Client) -> None:
        # The account of a machine in Google's cloud calls itself "default" until it has signed in.
        self.found.email = client.email if "@" in client.email else ""

    def _sign_in(self, client: Client) -> bool:
        self._at = "sign-in"
        try:
            client.sign_in()
        except SheetCrmError as error:
            if error.key == "google-clock":
                self._fail_by_clock(error)
            else:
                self._fail(_plainer(error))
            return False
        self._know(client)
        self._ok("signed-in", email=self.found.email or "?")
        return True

    def _fail_by_clock(self, error: SheetCrmError) -> None:
        skew = _skew(config.google_url() or GOOGLE)
        if skew is None or abs(skew) < TELLING_SKEW:
            self._fail(error)
            return
        direction = "clock-fast" if skew > timedelta() else "clock-slow"
        self._error("google-clock-by", error.exit_code, by=_in_words(abs(skew)), direction=(direction,))

    # ------------------------------------------------------------ the spreadsheet

    def _open(self, client: Client) -> Json:
        self._at = "api"
        try:
            answer = client.get(_FIELDS)
        except SheetCrmError as error:
            if error.key not in ("google-api-off", "google-scope", "google-unavailable", "connect/google-certificate"):
                self._ok("api-on")
                self._at = "spreadsheet"
            if "not supported for this document" in str(error.values_.get("reason", "")):
                raise Unsupported("connect/google-office-file") from error
            raise
        self._ok("api-on")
        self._at = "spreadsheet"
        self._ok("opened", title=answer.get("properties", {}).get("title", ""))
        return answer

    def _may_edit(self, client: Client, taken: Sequence[int]) -> bool:
        """Ask for something that nobody can do: who may edit is told so, who may not is told that."""
        self._at = "edit"
        try:
            client.write([{"deleteSheet": {"sheetId": new_id(taken)}}])
        except Refused:
            pass
        except Unknown:
            self._error("google-unavailable", Unavailable.exit_code, reason="503")
            return False
        except SheetCrmError as error:
            self._fail(error)
            return False
        self._ok("may-edit")
        return True

    def _learn(self, client: Client, reading: Reading) -> None:
        self._at = "probe"
        learned = reading.learned
        if "guard" not in learned:
            if not self.probing:
                self._warn("not-probed")
                return
            try:
                learned = probe(client)
            except Refused as refused:
                self._error("probe-refused", SheetCrmError.exit_code, reason=refused.message[:300])
                return
            except Unknown:
                self._error("probe-lost", Unavailable.exit_code)
                return
            except SheetCrmError as error:
                self._fail(error)
                return
        if learned["guard"] == "yes":
            self._ok("guarded")
        else:
            self._error("google-no-guard", Unsupported.exit_code)
        if learned.get("cut", "yes") == "no":
            self._ok("moves-by-copy")
        else:
            self._ok("moves-by-cut" if learned.get("notes", "yes") == "yes" else "moves-without-notes")
        if learned.get("filter") == "no":
            self._ok("filters-hide")

    # ------------------------------------------------------------ what stands there

    def _compare_locale(self, reading: Reading, settings: Settings | None) -> None:
        self._at = "locale"
        locale, zone = reading.locale, reading.time_zone
        if settings is None:
            self._ok("locale-free", locale=locale, zone=zone)
            return
        if locale.partition("_")[0] == settings.language:
            self._ok("locale-fits", locale=locale)
        else:
            language, country = (f"language-{settings.language}",), (f"country-{settings.language}",)
            self._warn("locale-differs", locale=locale, language=language, country=country)
        self._at = "time-zone"
        if _same_hours(zone, settings.zone):
            self._ok("zone-fits", zone=zone)
        else:
            self._warn("zone-differs", zone=zone, wanted=settings.zone.key)

    def _look_for_locks(self, answer: Json, layouts: Mapping[str, Layout]) -> None:
        self._at = "protection"
        ours = {layout.title for layout in layouts.values()}
        locked = {title: ranges for title, ranges in _locked(answer) if title in ours}
        for title, ranges in locked.items():
            key = "locked" if "" not in ranges else "locked-whole"
            email = self.found.email or "?"
            self._error(key, NotAllowed.exit_code, tab=title, ranges=", ".join(ranges), email=email)
        if not locked:
            self._ok("not-locked")

    def _look_at_tabs(self, reading: Reading, layouts: Mapping[str, Layout], language: str) -> None:
        self._at = "set-up"
        if not any(layout.tab.mark in (*SYNC_TABS, "settings") for layout in layouts.values()):
            blank = not any(tab.rows for tab in reading.snapshot.tabs)
            known = [layout.title for layout in layouts.values() if layout.columns]
            key = "to-take-over" if known else "to-init" if blank else "to-init-or-take-over"
            self._warn(key, address=self.where, tabs=", ".join(known))
            return
        self._ok("set-up", n=sum(bool(tab.mark) for tab in reading.snapshot.tabs))
        self._at = "headers"
        lacking = False
        for layout in layouts.values():
            vital, other = _missing(layout)
            lacking = lacking or bool(vital or other)
            if vital:
                names = ", ".join(header(name, language) for name in vital)
                self._error("header-needed", BadSettings.exit_code, tab=layout.title, headers=names)
            if other:
                names = ", ".join(header(name, language) for name in other)
                self._warn("header-missed", tab=layout.title, headers=names)
        if not lacking:
            self._ok("headers-there")

    # ------------------------------------------------------------ noting

    def _ok(self, key: str, **values: object) -> None:
        self.found.steps.append(Step(self._at, "ok", key, values))

    def _warn(self, key: str, **values: object) -> None:
        self.found.steps.append(Step(self._at, "warning", key, values))

    def _error(self, key: str, exit_code: int, **values: object) -> None:
        self.found.steps.append(Step(self._at, "error", key, values, exit_code))

    def _fail(self, error: SheetCrmError) -> None:
        self._error(error.key, error.exit_code, **error.values_)


# ---------------------------------------------------------------- the key file


def _account_of(file: Path) -> Credentials:
    """The account of a key file. Raises `NotAllowed`, which says what the file is instead."""
    if not file.is_file():
        raise NotAllowed("connect/key-not-there", file=str(file))
    try:
        told: Any = json.loads(file.read_bytes())
    except OSError as error:
        raise NotAllowed("google-no-key", file=str(file)) from error
    except ValueError as error:
        raise NotAllowed("connect/key-no-json", file=str(file)) from error
    if not isinstance(told, dict) or told.get("type") != "service_account":
        client = isinstance(told, dict) and bool({"installed", "web"} & told.keys())
        raise NotAllowed("connect/key-of-client" if client else "connect/key-other", file=str(file))
    return load_credentials(file)


def _exposed(file: Path) -> Iterator[tuple[str, dict[str, object]]]:
    """Who besides the job could come by the key."""
    if os.name == "posix" and file.stat().st_mode & FOR_OTHERS:
        yield "key-readable", {"file": str(file), "command": f"chmod 600 {shlex.quote(str(file))}"}
    folders = dict.fromkeys((*file.absolute().parents, *file.resolve().parents))
    repository = next((folder for folder in folders if (folder / ".git").exists()), None)
    if repository is not None:
        yield "key-in-repository", {"file": str(file), "folder": str(repository)}


def _plainer(error: SheetCrmError) -> SheetCrmError:
    """A refused key in words, where Google's own are known."""
    said = str(error.__cause__)
    if error.key == "google-credentials" and "Invalid JWT Signature" in said:
        return NotAllowed("connect/key-gone")
    if error.key == "google-credentials" and "account not found" in said:
        return NotAllowed("connect/account-gone")
    return error


def _skew(address: str) -> timedelta | None:
    """By how much this machine's clock is ahead of Google's; None where Google does not tell."""
    try:
        # Any answer will do: each bears the hour at which it was given.
        answer = requests.get(address, timeout=CLOCK_TIMEOUT_SECONDS, allow_redirects=False, auth=as_it_is)
        told = parsedate_to_datetime(answer.headers["Date"])
    except (requests.RequestException, LookupError, ValueError):
        return None
    return datetime.now(UTC) - (told if told.tzinfo else told.replace(tzinfo=UTC))


def _in_words(time: timedelta) -> str:
    """`2 d 3 h`, `1 h 5 min`: the two largest units."""
    minutes = round(time / timedelta(minutes=1))
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "min"))
    return " ".join([f"{count} {unit}" for count, unit in parts if count][:2])


# ---------------------------------------------------------------- the spreadsheet


def _same_hours(zone: str, other: ZoneInfo) -> bool:
    """Whether two zones show the same hour the whole year round, whatever they are called."""
    try:
        own = ZoneInfo(zone)
    except (LookupError, ValueError, OSError):
        return False
    days = (datetime.now(UTC) + timedelta(days=30 * month) for month in range(13))
    return all(day.astimezone(own).utcoffset() == day.astimezone(other).utcoffset() for day in days)


def _locked(answer: Json) -> Iterator[tuple[str, list[str]]]:
    """Tabs of which something is shut to us, and what; "" is the whole tab."""
    for sheet in answer.get("sheets", ()):
        shut = [
            _a1(given.get("range", {}))
            for given in sheet.get("protectedRanges", ())
            if not given.get("warningOnly") and not given.get("requestingUserCanEdit")
        ]
        if shut:
            yield sheet["properties"]["title"], shut


def _a1(block: Json) -> str:
    """`B2:D10`, `B:D`, `2:5`; "" for a whole tab."""
    left, right = block.get("startColumnIndex", 0), block.get("endColumnIndex")
    top, bottom = block.get("startRowIndex", 0), block.get("endRowIndex")
    whole_rows = right is None and not left
    whole_columns = bottom is None and not top
    if whole_rows and whole_columns:
        return ""
    first = ("" if whole_rows else column_letters(left)) + ("" if whole_columns else str(top + 1))
    last = ("" if right is None else column_letters(right - 1)) + ("" if bottom is None else str(bottom))
    return first if first == last else f"{first}:{last}"


def _missing(layout: Layout) -> tuple[Sequence[str], Sequence[str]]:
    """Columns of a tab without which sync leaves it alone, and others of sync's own."""
    mark = layout.tab.mark
    if not mark or not TABS.get(mark, TABS["deals"]):
        return (), ()
    wanted = [field.name for field in layout.fields.values() if field.writer == "sync"]
    if mark in PIPELINE_TABS or mark.startswith(HOME_MARK):
        needed = ["id", "stage"]
    elif mark in ("accounts", "activities"):
        needed = ["id"]
    else:
        needed = wanted if mark in SYNC_TABS else NEEDED_OF_PEOPLE.get(mark, [])
    vital = [name for name in needed if name not in layout.columns]
    return vital, [name for name in wanted if name not in layout.columns and name not in vital]
