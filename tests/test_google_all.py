"""Fifty workbooks in one night, within what Google allows one account."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Run

from sheetcrm.workbooks.google import client
from tests.laws.desk import Desk
from tests.sheets_server.quotas import Quota
from tests.sheets_server.server import SheetsServer
from tests.workbooks.google_laying import lay_sheet

WORKBOOKS = 50


class Clock:
    """Time that passes when somebody sleeps, and a little at each look."""

    def __init__(self, quota: Quota) -> None:
        self.now = 0.0
        self.slept = 0.0
        self._quota = quota

    def monotonic(self) -> float:
        self.now += 0.05
        self._quota.advance(0.05)
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds
        self._quota.advance(seconds)


def test_fifty_workbooks_keep_below_the_quota(
    sheets_server: SheetsServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    desk.lead("Acme")
    lines = ["[workbooks]"]
    for number in range(WORKBOOKS):
        spreadsheet = lay_sheet(sheets_server, desk.snapshot())
        lines.append(f'crm-{number:02} = "https://docs.google.com/spreadsheets/d/{spreadsheet}/edit"')
    settings = tmp_path / "sheetcrm.toml"
    settings.write_text("\n".join(lines), "utf-8")
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings))
    quota = Quota()
    clock = Clock(quota)
    monkeypatch.setattr(sheets_server, "quota", quota)
    monkeypatch.setattr(client, "PACE", client.Pace(55))
    for name in ("sleep", "clock"):
        monkeypatch.setitem(
            client.Client.__init__.__kwdefaults__, name, clock.sleep if name == "sleep" else clock.monotonic
        )
    called = len(sheets_server.journal)
    exit_code, said, complaint = run("sync", "--all")
    calls = [call for call in sheets_server.journal[called:] if "spreadsheets" in call.method]
    assert exit_code == 0, complaint
    assert said.count("━━") == WORKBOOKS
    assert {call.status for call in calls} == {200}
    assert sum(call.method.endswith(".get") for call in calls) == 2 * WORKBOOKS
    assert sum(call.method.endswith(".batchUpdate") for call in calls) == WORKBOOKS
    assert 0 < clock.slept < 120


def test_one_that_fails_does_not_keep_the_others(
    sheets_server: SheetsServer, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = Desk()
    desk.lead("Acme")
    good = lay_sheet(sheets_server, desk.snapshot())
    settings = tmp_path / "sheetcrm.toml"
    bad = "1AbCdEfGhIjKlMnOpQrStUvWxYz0123456789abcdefg"
    settings.write_text(
        f'[workbooks]\nbad = "https://docs.google.com/spreadsheets/d/{bad}/edit"\n'
        f'good = "https://docs.google.com/spreadsheets/d/{good}/edit"\n',
        "utf-8",
    )
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings))
    exit_code, said, complaint = run("sync", "--all")
    assert exit_code == 2
    assert "Google knows no spreadsheet" in complaint
    assert "Done:" in said.partition("━━ good")[2]


def test_all_needs_names_and_no_workbook_besides(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = tmp_path / "sheetcrm.toml"
    settings.write_text("", "utf-8")
    monkeypatch.setenv("SHEETCRM_CONFIG", str(settings))
    assert run("sync", "--all")[0] == 2
    assert run("sync", "crm.xlsx", "--all")[0] == 2
    assert run("sync")[0] == 2
