"""`sheetcrm connect`: each step made to fail in turn, on an emulator of Google."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest
from conftest import Run

from sheetcrm.columns import tab_title
from sheetcrm.workbooks.google import connecting
from tests.sheets_server.errors import ApiError
from tests.sheets_server.model import Spreadsheet
from tests.sheets_server.server import OWNER, SERVICE_ACCOUNT, SheetsServer
from tests.sheets_server.sheets import Caller

Json = dict[str, Any]

UNKNOWN = "https://docs.google.com/spreadsheets/d/1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg/edit"
COMES_TO_GOOGLE = ["credentials", "key-file", "sign-in", "api", "spreadsheet"]
ALL_IS_WELL = [*COMES_TO_GOOGLE, "edit", "probe", "probe", "locale", "time-zone", "protection", "set-up", "headers"]


LAID_OUT: dict[str, Spreadsheet] = {}


class Google:
    """An emulator, a key for it, and a spreadsheet that its owner shared."""

    def __init__(self, server: SheetsServer, folder: Path) -> None:
        self.server = server
        self.key = server.credentials(folder / "key.json")
        self.key.chmod(0o600)
        self.spreadsheet = server.create("CRM", locale="en_GB", timeZone="Europe/Bucharest").id
        self.address = f"https://docs.google.com/spreadsheets/d/{self.spreadsheet}/edit"
        server.share(self.spreadsheet, SERVICE_ACCOUNT, "writer")

    def as_owner(self, *requests: Json) -> None:
        """Change the spreadsheet."""
        body = {"requests": list(requests)}
        where = {"spreadsheetId": self.spreadsheet}
        self.server.sheets.call("sheets.spreadsheets.batchUpdate", where, body, Caller(OWNER))

    def set_up(self, run: Run, language: str) -> None:
        """Lay it out as init does, once for each language; from then on as it was then."""
        spreadsheet = self.server.sheets.spreadsheets[self.spreadsheet]
        if language in LAID_OUT:
            self.server.sheets.restore(spreadsheet, LAID_OUT[language])
            return
        assert run("init", self.address, "--lang", language)[0] == 0
        LAID_OUT[language] = spreadsheet.copy()

    def sheet(self, title: str) -> int:
        """The ID of a tab."""
        return self.titles()[title]

    def titles(self) -> dict[str, int]:
        """The tabs."""
        return {sheet.title: sheet.id for sheet in self.server.sheets.spreadsheets[self.spreadsheet].sheets}


@pytest.fixture
def google(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Google]:
    with SheetsServer() as server:
        google = Google(server, tmp_path)
        monkeypatch.setenv("SHEETCRM_GOOGLE_URL", server.address)
        monkeypatch.setenv("SHEETCRM_CREDENTIALS", str(google.key))
        # A machine that is nobody's: no account of gcloud's, none of a cloud's.
        monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
        monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path / "gcloud"))
        monkeypatch.setenv("NO_GCE_CHECK", "true")
        monkeypatch.setattr(connecting, "PATIENCE_SECONDS", 0.1)
        yield google


@pytest.fixture(params=["en", "ro"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def asked(run: Run, google: Google) -> Callable[..., tuple[int, Json]]:
    """Run connect --json."""

    def asked(*arguments: str, address: str = "") -> tuple[int, Json]:
        exit_code, out, err = run("connect", address or google.address, "--json", *arguments)
        assert err == ""
        return exit_code, json.loads(out)

    return asked


Asked = Callable[..., tuple[int, Json]]


def steps(found: Json) -> list[str]:
    return [step["step"] for step in found["steps"]]


def not_ok(found: Json) -> dict[str, list[str]]:
    """Step → texts of what is not as it should be."""
    told: dict[str, list[str]] = {}
    for step in found["steps"]:
        if step["state"] != "ok":
            told.setdefault(step["step"], []).append(step["text"])
    return told


def states(found: Json) -> dict[str, str]:
    return {step["step"]: step["state"] for step in found["steps"]}


# ---------------------------------------------------------------- all is well


def test_a_sheet_that_is_shared_and_set_up_has_nothing_missing(
    run: Run, google: Google, asked: Asked, language: str
) -> None:
    google.set_up(run, language)
    if language == "ro":
        google.as_owner({"updateSpreadsheetProperties": {"properties": {"locale": "ro_RO"}, "fields": "locale"}})
    exit_code, found = asked("--lang", language)
    assert not_ok(found) == {}
    assert steps(found) == ALL_IS_WELL
    assert found["ok"] is True
    assert found["email"] == SERVICE_ACCOUNT
    assert exit_code == 0


def test_says_it_to_people_one_line_a_step(run: Run, google: Google) -> None:
    exit_code, out, err = run("connect", google.address)
    assert exit_code == 0
    assert err == ""
    assert [line[:2] for line in out.splitlines()] == ["✓ "] * 10 + ["! "]
    assert f"is the key of {SERVICE_ACCOUNT}" in out


def test_speaks_the_teams_language_once_it_knows_it(run: Run, google: Google) -> None:
    google.set_up(run, "ro")
    assert "✓ Drept de editare: da." in run("connect", google.address)[1]
    assert "✓ Right to edit: yes." in run("connect", google.address, "--lang", "en")[1]


def test_leaves_nothing_behind_but_what_it_learned(google: Google, asked: Asked) -> None:
    before = google.titles()
    asked()
    assert google.titles() == before
    written = [call for call in google.server.journal if call.committed]
    marks = google.server.sheets.spreadsheets[google.spreadsheet].metadata
    assert {mark["metadataKey"] for mark in marks} == {
        f"sheetcrm.{name}" for name in ("cut", "filter", "guard", "notes")
    }
    asked()
    assert [call for call in google.server.journal if call.committed] == written, "what is known is not tried again"


def test_writes_nothing_without_a_probe(google: Google, asked: Asked) -> None:
    exit_code, found = asked("--no-probe")
    assert exit_code == 0
    assert "as you wished" in not_ok(found)["probe"][0]
    assert not [call for call in google.server.journal if call.committed]


def test_knows_an_excel_file_as_doctors_business(run: Run, tmp_path: Path, language: str) -> None:
    exit_code, out, err = run("connect", str(tmp_path / "crm.xlsx"), "--lang", language)
    assert exit_code == 2
    assert out == ""
    assert f"sheetcrm doctor {tmp_path / 'crm.xlsx'}" in err


def test_an_address_of_something_else_is_refused(run: Run) -> None:
    exit_code, _, err = run("connect", "https://example.com/crm")
    assert exit_code == 2
    assert "not the address of a Google Sheet" in err


# ---------------------------------------------------------------- the key


@pytest.mark.parametrize(
    ("language", "words"),
    [
        pytest.param("en", "export SHEETCRM_CREDENTIALS=", id="English"),
        pytest.param("ro", "Creați un cont de serviciu", id="română"),
    ],
)
def test_begins_with_how_to_get_a_key(asked: Asked, monkeypatch: pytest.MonkeyPatch, language: str, words: str) -> None:
    monkeypatch.delenv("SHEETCRM_CREDENTIALS")
    exit_code, found = asked("--lang", language)
    assert exit_code == 77
    assert words in not_ok(found)["credentials"][0]
    assert steps(found) == ["credentials"]
    assert found["ok"] is False
    assert found["email"] is None


def test_takes_the_machines_own_account_where_no_key_is_named(
    google: Google, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SHEETCRM_CREDENTIALS")
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(google.key))
    exit_code, found = asked()
    assert exit_code == 0
    assert f"this machine's own account signs in ({SERVICE_ACCOUNT})" in found["steps"][0]["text"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        pytest.param(None, "there is no such file", id="a missing file"),
        pytest.param("-----BEGIN PRIVATE KEY-----", "is no JSON", id="a bare key"),
        pytest.param('{"installed": {"client_id": "x"}}', "an OAuth client", id="an OAuth client"),
        pytest.param("[1, 2]", "no key of a service account", id="a list"),
        pytest.param('{"type": "authorized_user"}', "no key of a service account", id="a person's sign-in"),
        pytest.param('{"type": "service_account"}', "damaged or not whole", id="half a key"),
        pytest.param(
            '{"type": "service_account", "client_email": "a@b.c", "token_uri": "https://x", "private_key": "no key"}',
            "damaged or not whole",
            id="a damaged key",
        ),
    ],
)
def test_says_what_a_key_file_is_instead(google: Google, asked: Asked, content: str | None, words: str) -> None:
    google.key.unlink()
    if content is not None:
        google.key.write_text(content, "utf-8")
    exit_code, found = asked()
    assert exit_code == 77
    assert steps(found) == ["credentials"]
    assert words in not_ok(found)["credentials"][0]
    assert str(google.key) in not_ok(found)["credentials"][0]


@pytest.mark.skipif(os.name != "posix", reason="files have no such rights here")
@pytest.mark.parametrize("mode", [0o644, 0o640, 0o606, 0o660])
def test_warns_of_a_key_that_others_may_read(google: Google, asked: Asked, mode: int) -> None:
    google.key.chmod(mode)
    exit_code, found = asked("--no-probe")
    assert exit_code == 0
    assert f"Run: chmod 600 {google.key}" in not_ok(found)["key-file"][0]


@pytest.mark.parametrize("ignored", [True, False])
def test_warns_of_a_key_in_a_git_repository(
    google: Google, asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ignored: bool
) -> None:
    folder = tmp_path / "repository" / "deep" / "inside"
    folder.mkdir(parents=True)
    (tmp_path / "repository" / ".git").mkdir()
    if ignored:
        (tmp_path / "repository" / ".gitignore").write_text("*.json\n", "utf-8")
    key = google.key.rename(folder / "key.json")
    for named in (key, _linked(tmp_path / "link.json", key)):
        monkeypatch.setenv("SHEETCRM_CREDENTIALS", str(named))
        exit_code, found = asked("--no-probe", "--lang", "ro")
        assert exit_code == 0
        assert f"depozitul git {tmp_path / 'repository'}" in not_ok(found)["key-file"][0]


def _linked(link: Path, to: Path) -> Path:
    link.symlink_to(to)
    return link


# ---------------------------------------------------------------- signing in


@pytest.mark.parametrize(
    ("google_is_ahead_seconds", "language", "words"),
    [
        pytest.param(3 * 3600 + 300, "en", "it is 3 h 5 min slow", id="slow"),
        pytest.param(-2 * 86400, "ro", "este cu 2 d înainte", id="fast, in Romanian"),
    ],
)
def test_says_by_how_much_the_clock_is_wrong(
    google: Google,
    asked: Asked,
    monkeypatch: pytest.MonkeyPatch,
    google_is_ahead_seconds: int,
    language: str,
    words: str,
) -> None:
    google.server.accounts.clock = lambda: time.time() + google_is_ahead_seconds
    monkeypatch.setattr(
        google.server._http.RequestHandlerClass,
        "date_time_string",
        lambda *_: formatdate(time.time() + google_is_ahead_seconds, usegmt=True),
    )
    exit_code, found = asked("--lang", language)
    assert exit_code == 77
    assert steps(found) == ["credentials", "key-file", "sign-in"]
    assert words in not_ok(found)["sign-in"][0]


def test_says_that_the_clock_is_wrong_where_google_does_not_tell_the_time(
    google: Google, asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    google.server.accounts.clock = lambda: time.time() + 86400
    monkeypatch.setattr(google.server._http.RequestHandlerClass, "date_time_string", lambda *_: "yesterday")
    exit_code, found = asked()
    assert exit_code == 77
    assert "this machine's clock is wrong. Set it" in not_ok(found)["sign-in"][0]


def test_tells_a_deleted_key_from_a_deleted_account(google: Google, asked: Asked) -> None:
    google.server.accounts.revoked.add(SERVICE_ACCOUNT)
    exit_code, found = asked()
    assert exit_code == 77
    assert "not this key. It was deleted" in not_ok(found)["sign-in"][0]
    google.server.accounts.service_accounts.clear()
    exit_code, found = asked()
    assert exit_code == 77
    assert "no such service account" in not_ok(found)["sign-in"][0]


def test_says_that_google_does_not_answer(google: Google, asked: Asked) -> None:
    told = json.loads(google.key.read_text("utf-8"))
    google.key.write_text(json.dumps({**told, "token_uri": "http://127.0.0.1:9/token"}), "utf-8")
    exit_code, found = asked()
    assert exit_code == 69
    assert "may it reach oauth2.googleapis.com" in not_ok(found)["sign-in"][0]


# ---------------------------------------------------------------- the spreadsheet


def test_says_where_to_switch_the_api_on(google: Google, asked: Asked, language: str) -> None:
    google.server.accounts.disabled.add("sheets.googleapis.com")
    exit_code, found = asked("--lang", language)
    assert exit_code == 77
    assert steps(found) == ["credentials", "key-file", "sign-in", "api"]
    assert "https://console.developers.google.com/apis/api/sheets.googleapis.com" in not_ok(found)["api"][0]


def test_tells_not_shared_from_not_there(google: Google, asked: Asked, language: str) -> None:
    google.server.unshare(google.spreadsheet, SERVICE_ACCOUNT)
    exit_code, found = asked("--lang", language)
    not_shared = not_ok(found)["spreadsheet"][0]
    assert exit_code == 77
    exit_code, found = asked("--lang", language, address=UNKNOWN)
    not_there = not_ok(found)["spreadsheet"][0]
    assert exit_code == 2
    assert steps(found) == COMES_TO_GOOGLE
    assert not_shared != not_there
    assert SERVICE_ACCOUNT in not_shared
    assert SERVICE_ACCOUNT in not_there


def test_knows_an_excel_file_that_lies_in_drive(google: Google, asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise ApiError(400, "FAILED_PRECONDITION", "This operation is not supported for this document")

    monkeypatch.setattr(google.server.sheets, "call", refuse)
    exit_code, found = asked()
    assert exit_code == 78
    assert "Save as Google Sheets" in not_ok(found)["spreadsheet"][0]


def test_tells_reading_from_editing(run: Run, google: Google, asked: Asked, language: str) -> None:
    google.as_owner(protected(0, editors=[OWNER]))
    google.server.share(google.spreadsheet, SERVICE_ACCOUNT, "reader")
    exit_code, found = asked("--lang", language)
    assert exit_code == 77
    assert list(not_ok(found)) == ["edit", "set-up"]
    assert SERVICE_ACCOUNT in not_ok(found)["edit"][0]
    assert not {"probe", "protection"} & set(steps(found)), "a reader cannot know"


# ---------------------------------------------------------------- what was tried out


@pytest.mark.parametrize(
    ("switch", "words"),
    [
        pytest.param({"cut_paste_across_tabs": False}, "a row is copied to its new tab", id="no cutting"),
        pytest.param({"cut_paste_carries_notes": False}, "sync writes these again", id="no notes"),
    ],
)
def test_says_what_it_learned(google: Google, asked: Asked, switch: dict[str, bool], words: str) -> None:
    google.server.switch(**switch)
    exit_code, found = asked()
    assert exit_code == 0
    assert [words in step["text"] for step in found["steps"] if step["step"] == "probe"] == [False, True]


def test_a_google_without_the_guard_is_refused(google: Google, asked: Asked) -> None:
    data = {"metadataKey": "sheetcrm.guard", "metadataValue": "no", "visibility": "DOCUMENT"}
    google.as_owner({"createDeveloperMetadata": {"developerMetadata": {**data, "location": {"spreadsheet": True}}}})
    exit_code, found = asked()
    assert exit_code == 78
    assert "Sync refuses to run here" in not_ok(found)["probe"][0]


def test_takes_away_what_a_probe_left_that_nobody_heard_of(google: Google, asked: Asked) -> None:
    before = google.titles()
    google.server.faults.add("503-after", "spreadsheets.batchUpdate", nth=2)
    exit_code, found = asked()
    assert exit_code == 69
    assert "it is not known how it ended" in not_ok(found)["probe"][0]
    assert google.titles() != before
    assert asked()[0] == 0
    assert google.titles() == before


# ---------------------------------------------------------------- what stands there


def test_compares_locale_and_time_zone_with_settings(run: Run, google: Google, asked: Asked, language: str) -> None:
    google.set_up(run, language)
    properties = {"locale": "de_DE", "timeZone": "America/New_York"}
    google.as_owner({"updateSpreadsheetProperties": {"properties": properties, "fields": "locale,timeZone"}})
    exit_code, found = asked("--lang", language)
    told = not_ok(found)
    assert exit_code == 0
    assert list(told) == ["locale", "time-zone"]
    assert "de_DE" in told["locale"][0]
    assert {"en": "File, Settings, Locale", "ro": "Fișier, Setări, Setări regionale: România"}[language] in told[
        "locale"
    ][0]
    assert {"en": "Time zone: Europe/Bucharest", "ro": "Fus orar: Europe/Bucharest"}[language] in told["time-zone"][0]


def test_a_zone_by_another_name_is_the_same_zone(run: Run, google: Google, asked: Asked) -> None:
    google.set_up(run, "en")
    properties = {"timeZone": "Europe/Helsinki"}
    google.as_owner({"updateSpreadsheetProperties": {"properties": properties, "fields": "timeZone"}})
    assert not_ok(asked()[1]) == {}


def protected(sheet: int, *, editors: list[str], warning: bool = False, **block: int) -> Json:
    made: Json = {"range": {"sheetId": sheet, **block}}
    made |= {"warningOnly": True} if warning else {"editors": {"users": editors}}
    return {"addProtectedRange": {"protectedRange": made}}


def test_names_what_is_shut_to_it_and_who_can_open_it(run: Run, google: Google, asked: Asked, language: str) -> None:
    google.set_up(run, language)
    leads, deals, stages = (tab_title(name, language) for name in ("leads", "deals", "stages"))
    own = [OWNER]
    span = {"startRowIndex": 1, "endRowIndex": 20, "startColumnIndex": 2, "endColumnIndex": 5}
    google.as_owner(
        protected(google.sheet(leads), editors=own, **span),
        protected(google.sheet(leads), editors=own, startColumnIndex=0, endColumnIndex=1),
        protected(google.sheet(leads), editors=own, startRowIndex=0, endRowIndex=1),
        protected(google.sheet(leads), editors=own, startRowIndex=6, startColumnIndex=1, endColumnIndex=2),
        protected(google.sheet(deals), editors=own),
        protected(google.sheet(stages), editors=[], warning=True),
        protected(google.sheet(stages), editors=[OWNER, SERVICE_ACCOUNT]),
        {"addSheet": {"properties": {"sheetId": 77, "title": "Ours"}}},
        protected(77, editors=own),
    )
    exit_code, found = asked("--lang", language)
    assert exit_code == 77
    first, second = not_ok(found)["protection"]
    assert leads in first
    assert "C2:E20, A, 1, B7:B" in first
    assert deals in second
    assert {"en": "the whole tab", "ro": "întreaga foaie"}[language] in second
    for told in (first, second):
        assert SERVICE_ACCOUNT in told
        assert {"en": "Protect sheets and ranges", "ro": "Protejați foi și intervale"}[language] in told


@pytest.mark.parametrize(
    ("cells", "title", "command"),
    [
        pytest.param([], "Sheet1", "sheetcrm init {}", id="blank"),
        pytest.param(["Company", "E-mail", "Stage"], "Leads", "sheetcrm takeover {}", id="records of the team's own"),
        pytest.param(["Company", "E-mail", "Stage"], "Pipeline 2026", "sheetcrm init {}. If", id="anything else"),
    ],
)
def test_says_how_to_set_it_up(google: Google, asked: Asked, cells: list[str], title: str, command: str) -> None:
    row = {"values": [{"userEnteredValue": {"stringValue": text}} for text in cells]}
    google.as_owner(
        {"updateSheetProperties": {"properties": {"sheetId": 0, "title": title}, "fields": "title"}},
        {"updateCells": {"start": {"sheetId": 0}, "rows": [row], "fields": "userEnteredValue"}},
    )
    exit_code, found = asked()
    assert exit_code == 0
    assert states(found)["set-up"] == "warning"
    assert command.format(google.address) in not_ok(found)["set-up"][0]
    assert "headers" not in steps(found)


def without_column(google: Google, tab: str, header: str) -> Json:
    cells = google.server.sheets.call(
        "sheets.spreadsheets.values.get",
        {"spreadsheetId": google.spreadsheet, "range": f"'{tab}'!1:1"},
        None,
        Caller(OWNER),
    )
    column = cells["values"][0].index(header)
    span = {"sheetId": google.sheet(tab), "dimension": "COLUMNS", "startIndex": column, "endIndex": column + 1}
    return {"deleteDimension": {"range": span}}


@pytest.mark.parametrize(
    ("language", "leads", "accounts", "stage", "id_", "check"),
    [
        pytest.param("en", "Leads", "Accounts", "Stage", "ID", "To put right", id="English"),
        pytest.param("ro", "Prospecți", "Clienți", "Stadiu", "ID", "De corectat", id="română"),
    ],
)
def test_names_the_columns_that_are_missing(
    run: Run, google: Google, asked: Asked, language: str, leads: str, accounts: str, stage: str, id_: str, check: str
) -> None:
    google.set_up(run, language)
    google.as_owner(without_column(google, leads, stage), without_column(google, leads, check))
    google.as_owner(without_column(google, accounts, id_), without_column(google, leads, id_))
    exit_code, found = asked("--lang", language)
    assert exit_code == 78
    told = [(step["state"], step["text"]) for step in found["steps"] if step["step"] == "headers"]
    assert [state for state, _ in told] == ["error", "warning", "error"]
    assert leads in told[0][1]
    assert f"{id_}, {stage}" in told[0][1]
    assert check in told[1][1]
    assert accounts in told[2][1]


# ---------------------------------------------------------------- secrets


def test_never_says_the_key(run: Run, google: Google, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(google.key.read_text("utf-8"))
    secrets = {told["private_key_id"], told["private_key"].splitlines()[1]}
    said = "".join(run("connect", google.address, *more)[1] for more in ((), ("--json",), ("--debug",)))
    google.key.write_text(json.dumps({**told, "private_key": "damaged " + told["private_key"][40:]}), "utf-8")
    said += "".join(run("connect", google.address, "--debug")[1:])
    secrets |= set(google.server.accounts.tokens)
    assert not [secret for secret in secrets if secret in said]
