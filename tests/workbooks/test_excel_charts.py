"""The charts of the Report tab in Excel files: what they show, who may change them, what sync leaves of them."""

from __future__ import annotations

import re
import subprocess
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from lxml import etree

from sheetcrm import messages
from sheetcrm.plan import make_plan
from sheetcrm.report.blocks import CHARTS
from sheetcrm.setup import fresh_workbook
from sheetcrm.sync import carry_out
from sheetcrm.tables import Plan, Snapshot
from sheetcrm.workbooks.excel import ExcelWorkbook, XlsxFile
from sheetcrm.workbooks.excel.charts import add_charts
from sheetcrm.workbooks.excel.dress import create

NIGHT = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
TITLES = {"en": "Report", "ro": "Raport"}
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"
LEADS = [
    ("Acme", "Website", "Ana Pop", "new"),
    ("Beta", "Referral", "Ana Pop", "new"),
    ("Gama", "Website", "Ion Rus", "lost"),
]


@pytest.fixture(params=["en", "ro"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def path(tmp_path: Path, language: str) -> Path:
    path = tmp_path / "crm.xlsx"
    create(path, fresh_workbook(language), language)
    return path


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        return {info.filename: archive.read(info) for info in archive.infolist()}


def _pictures(path: Path) -> dict[str, bytes]:
    """The parts that charts are made of."""
    return {name: data for name, data in _parts(path).items() if "/charts/" in name or "/drawings/" in name}


def _plain(xml: bytes) -> str:
    """However its namespaces are written."""
    return str(etree.canonicalize(xml.decode().partition("?>")[2] if xml.startswith(b"<?") else xml.decode()))


def _change(path: Path, change: Callable[[str, str], str]) -> None:
    """What another program makes of the charts."""
    parts = _parts(path)
    for name in _pictures(path):
        parts[name] = change(name, parts[name].decode()).encode()
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name, data)


def _type(path: Path, language: str, company: str, source: str, owner: str, stage: str) -> None:
    """A person writes a lead."""
    tab = ExcelWorkbook(path).read().marked("leads")
    assert tab is not None
    words = {"stage": messages.text("defaults", f"stage-{stage}", language)}
    if stage == "lost":
        words["loss_reason"] = messages.text("defaults", "loss_reason-budget", language)
    cells = {"company": company, "email": f"office@{company.lower()}.ro", "source": source, "owner": owner, **words}
    row: list[str] = [""] * len(tab.rows[0])
    for name, text in cells.items():
        row[tab.marks[name]] = text
    with XlsxFile(path) as file:
        file.append(tab.title, [row])
        file.save()


def _sync(path: Path, night: int, **how: Any) -> None:
    def make(snapshot: Snapshot, now: datetime) -> Plan:
        return make_plan(snapshot, now, **how)

    assert carry_out(ExcelWorkbook(path), make, now=lambda: NIGHT + timedelta(days=night)).written


def _shown(path: Path, number: int) -> list[list[Any]]:
    """What a chart draws: names, then each series with its header, as the cells say it."""
    root = etree.fromstring(_parts(path)[f"xl/charts/chart{number}.xml"])
    book = openpyxl.load_workbook(path, data_only=True)

    def cells(reference: str) -> list[Any]:
        title, _, place = reference.rpartition("!")
        found = book[title.strip("'")][place.replace("$", "")]
        return [row[0].value for row in found] if isinstance(found, tuple) else [found.value]

    def values(kind: str) -> list[list[Any]]:
        return [cells(f.text or "") for f in root.iterfind(f".//{CHART}{kind}//{CHART}f")]

    return [values("cat")[0], *(head + said for head, said in zip(values("tx"), values("val"), strict=True))]


# ------------------------------------------------------------------ what they show


def test_init_makes_each_chart_in_the_teams_language(path: Path, language: str) -> None:
    texts = b"".join(_pictures(path).values()).decode()
    assert len([name for name in _pictures(path) if "/charts/" in name]) == len(CHARTS)
    for chart in CHARTS:
        assert f"<a:t>{chart.title(language)}</a:t>" in texts
        if chart.kind == "columns":
            assert f"<a:t>{chart.axis(language)}</a:t>" in texts
    assert "None" not in texts
    assert "Cache" not in texts


def test_charts_show_what_sync_wrote(path: Path, language: str) -> None:
    for lead in LEADS:
        _type(path, language, *lead)
    _sync(path, 0)
    names, leads, won = _shown(path, 1)
    assert (leads[0], leads[1], won[1]) == (messages.text("report", "created", language), 3, 0)
    assert names[0].endswith("2026")
    assert len(names) == 13
    names, reached = _shown(path, 2)
    assert names[0] == messages.text("defaults", "stage-new", language)
    assert reached[:2] == [messages.text("report", "reached", language), 2]
    assert names[6:] == [messages.text("defaults", "stage-won", language), None, None, None]
    names, lost = _shown(path, 4)
    assert (names[0], lost[1]) == (messages.text("defaults", "loss_reason-budget", language), 1)
    names, rates = _shown(path, 5)
    assert dict(zip(names, rates[1:], strict=True)) | {None: None} == {"Ana Pop": None, "Ion Rus": 0, None: None}
    sources = [messages.text("defaults", f"source-{code}", language) for code in ("website", "referral")]
    assert _shown(path, 6)[0][:2] == sources


def test_takeover_puts_the_same_charts_beside_a_teams_own_tabs(tmp_path: Path, language: str) -> None:
    path, fresh = tmp_path / "sales.xlsx", tmp_path / "fresh.xlsx"
    book = openpyxl.Workbook()
    book.active.title = "Leads"
    book.active.append(["Company", "Owner", "Stage", "Source"])
    book.active.append(["Acme", "Ana Pop", "Won", "Website"])
    book.save(path)
    _sync(path, 0, takeover=True, language=language)
    create(fresh, fresh_workbook(language), language)
    made, wanted = _pictures(path), _pictures(fresh)
    assert made.keys() == wanted.keys()
    for name in [name for name in made if not name.endswith(".rels")]:
        assert _plain(made[name]) == _plain(wanted[name]), name
    names, rates = _shown(path, 5)
    assert (names[0], rates[1]) == ("Ana Pop", 1)
    sheet = openpyxl.load_workbook(path)[TITLES[language]]
    assert sheet["A1"].style == "sheetcrm title"
    assert len(sheet._charts) == len(CHARTS)
    assert (sheet.page_setup.orientation, sheet.page_setup.fitToHeight) == ("landscape", 0)
    assert sheet.sheet_properties.pageSetUpPr.fitToPage


def test_a_strict_workbook_gets_strict_charts(shared: Path, tmp_path: Path) -> None:
    path = tmp_path / "strict.xlsx"
    path.write_bytes((shared / "xlsx_corpus" / "poi__SimpleStrict.xlsx").read_bytes())
    with XlsxFile(path) as file:
        add_charts(file.add_tab("Report"), "en")
        file.save()
    made = {name: data for name, data in _pictures(path).items() if not name.endswith(".rels")}
    assert len(made) == len(CHARTS) + 1
    assert not [name for name, data in made.items() if b"schemas.openxmlformats.org" in data]


def test_libreoffice_opens_and_keeps_them(path: Path, tmp_path: Path, language: str, libreoffice: str) -> None:
    _type(path, language, *LEADS[0])
    _sync(path, 0)
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [libreoffice, profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path), str(path)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    charts = [
        data for name, data in _parts(path.with_suffix(".ods")).items() if re.fullmatch(r"Object .*content.xml", name)
    ]
    assert len(charts) == len(CHARTS)
    for chart in CHARTS:
        assert any(chart.title(language).encode() in data for data in charts)


# ------------------------------------------------------------------ whose they are


def _restyled(name: str, xml: str) -> str:
    """Moved to another place, in other colours, under a title of the team's own."""
    if "/drawings/" in name:
        return re.sub(r"row>(\d+)<", lambda match: f"row>{int(match[1]) + 200}<", xml)
    return xml.replace("1D4E89", "AA00AA").replace("t>", "t>Our ", 1)


NUMBERS = '<{0}Cache><ptCount val="1"/><pt idx="0"><v>77</v></pt></{0}Cache>'


def _with_numbers(xml: str) -> str:
    """As Excel saves it: beside each reference what its cells said."""
    for kind in ("num", "str"):
        xml = re.sub(rf"(<{kind}Ref><f>[^<]*</f>)", rf"\1{NUMBERS.format(kind)}", xml)
    return xml


def test_a_chart_that_the_team_moved_and_restyled_stays_as_it_is(path: Path, language: str) -> None:
    _sync(path, 0)
    _change(path, _restyled)
    before = _pictures(path)
    for night, lead in enumerate(LEADS, 1):
        _type(path, language, *lead)
        _sync(path, night)
    assert _pictures(path) == before
    assert _shown(path, 1)[1][1] == 3
    assert b">Our " in before["xl/charts/chart1.xml"]


def test_a_chart_that_the_team_deleted_does_not_come_back(path: Path, language: str) -> None:
    book = openpyxl.load_workbook(path)
    del book[TITLES[language]]._charts[2:]
    book.save(path)
    for night, lead in enumerate(LEADS):
        _type(path, language, *lead)
        _sync(path, night)
    assert len(openpyxl.load_workbook(path)[TITLES[language]]._charts) == 2


def test_a_report_that_was_thrown_away_comes_back_with_its_charts(path: Path, language: str) -> None:
    _type(path, language, *LEADS[0])
    _sync(path, 0)
    book = openpyxl.load_workbook(path)
    del book[TITLES[language]]
    book.save(path)
    _sync(path, 1)
    tab = ExcelWorkbook(path).read().marked("report")
    assert tab is not None
    assert len(openpyxl.load_workbook(path)[tab.title]._charts) == len(CHARTS)
    assert _shown(path, 1)[1][1] == 1


def test_charts_keep_no_numbers_that_are_no_longer_true(path: Path, language: str) -> None:
    _sync(path, 0)
    without = _pictures(path)
    _change(path, lambda name, xml: _with_numbers(xml) if "/charts/" in name else xml)
    assert b"<v>77</v>" in _pictures(path)["xl/charts/chart1.xml"]
    _type(path, language, *LEADS[0])
    _sync(path, 1)
    assert _pictures(path) == without


def test_numbers_of_other_tabs_are_kept(path: Path, language: str) -> None:
    _sync(path, 0)
    elsewhere = f"'{TITLES[language]}'!", "'Our own'!"
    _change(path, lambda name, xml: _with_numbers(xml.replace(*elsewhere)) if "/charts/" in name else xml)
    before = _pictures(path)
    _type(path, language, *LEADS[0])
    _sync(path, 1)
    assert _pictures(path) == before
