"""Offers under SIGKILL: a small part of `benchmarks/offers_kill.py`."""

from __future__ import annotations

import sys

import pytest

from benchmarks.offers_kill import campaign

KILLS_OF_A_TEST = 8


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_killed_between_file_and_row_no_number_is_lost_or_given_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHEETCRM_CONFIG", "")  # the campaign says its own; this puts it back
    _, deaths = campaign(KILLS_OF_A_TEST, 3)
    assert [death.wrong for death in deaths if death.wrong] == []
    assert any(death.files for death in deaths)
