"""Law 4 on an Excel file: killed at any instant, the workbook is as before or as after."""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sheetcrm.tables import AddRows
from sheetcrm.workbooks.excel import ExcelWorkbook
from tests.workbook_suite import WORKBOOK, differences, plan_of
from tests.workbooks.laying import lay

ROOT = Path(__file__).resolve().parents[2]
KILLS = 12

WRITER = """
import sys
from sheetcrm.tables import AddRows
from sheetcrm.workbooks.excel import ExcelWorkbook
from tests.workbook_suite import plan_of
workbook = ExcelWorkbook(sys.argv[1])
print("ready", flush=True)
while True:
    with workbook.held():
        workbook.apply(plan_of(AddRows("Leads", (("x",), ("y",)))), workbook.read())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGKILL on Windows")
def test_killed_at_any_instant_the_file_is_whole_and_the_next_run_carries_on(tmp_path: Path) -> None:
    path = lay(tmp_path / "crm.xlsx", WORKBOOK).path
    chance = random.Random(20261123)
    for _ in range(KILLS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], cwd=ROOT, stdout=subprocess.PIPE)
        assert writer.stdout is not None
        writer.stdout.readline()
        time.sleep(chance.uniform(0, 0.25))
        writer.kill()
        writer.communicate()
        leads = ExcelWorkbook(path).read().tabs[0]
        added = [row[0] for row in leads.rows[6:]]
        assert added == ["x", "y"] * (len(added) // 2)
    workbook = ExcelWorkbook(path)
    base = workbook.read()
    assert workbook.apply(plan_of(AddRows("Deals", (("R-1",),))), base).written
    assert not list(tmp_path.rglob("*.tmp"))
    untouched = [tab for tab in workbook.read().tabs if tab.title not in ("Leads", "Deals")]
    assert (
        differences(
            type(WORKBOOK)(tuple(untouched)),
            type(WORKBOOK)(tuple(t for t in WORKBOOK.tabs if t.title not in ("Leads", "Deals"))),
        )
        == []
    )
    assert len(list((tmp_path / "crm backups").iterdir())) <= 14
