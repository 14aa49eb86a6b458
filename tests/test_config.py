"""`sheetcrm.toml`: where it is found, what it may say, and how a workbook is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from sheetcrm import config
from sheetcrm.problems import BadSettings, SheetCrmError, UsageError

SHEET = "https://docs.google.com/spreadsheets/d/1AbC/edit"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A person's configuration folder."""
    return tmp_path / "home"


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """The folder one works in."""
    (folder := tmp_path / "work").mkdir()
    return folder


def write(folder: Path, text: str) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (file := folder / config.FILE_NAME).write_text(text, "utf-8")
    return file


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        pytest.param({"LANG": "ro_RO.UTF-8"}, "ro", id="Romanian"),
        pytest.param({"LANG": "RO"}, "ro", id="in capitals, bare"),
        pytest.param({"LANG": "en_GB.UTF-8"}, "en", id="English"),
        pytest.param({"LANG": "de_DE.UTF-8"}, "en", id="a language we do not speak"),
        pytest.param({"LANG": "C"}, "en", id="none"),
        pytest.param({}, "en", id="not said"),
        pytest.param({"LANG": "ro_RO", "LC_ALL": "en_US"}, "en", id="LC_ALL goes before LANG"),
        pytest.param({"LANG": "ro_RO", "LC_ALL": ""}, "ro", id="an empty LC_ALL says nothing"),
        pytest.param({"LANG": "en_US", "LC_MESSAGES": "ro_RO"}, "ro", id="LC_MESSAGES goes before LANG"),
    ],
)
def test_language(environ: dict[str, str], language: str) -> None:
    assert config.language(environ) == language


@pytest.mark.parametrize(
    ("where", "place"),
    [
        pytest.param("crm.xlsx", "{work}/crm.xlsx", id="a file, there or not"),
        pytest.param("sub/crm", "{work}/sub/crm", id="a path without an ending is still a path"),
        pytest.param("/srv/crm.xlsx", "/srv/crm.xlsx", id="a path from the root"),
        pytest.param("sales", "{work}/team/crm.xlsx", id="a name whose path is relative to the settings"),
        pytest.param("Echipa Nord", "/srv/nord.xlsx", id="a name with a space"),
        pytest.param("sheet", SHEET, id="a name of an address"),
        pytest.param(SHEET, SHEET, id="an address"),
    ],
)
def test_resolve(where: str, place: str, work: Path) -> None:
    write(
        work,
        f"""
        [workbooks]
        sales = "team/crm.xlsx"
        "Echipa Nord" = "/srv/nord.xlsx"
        sheet = "{SHEET}"
        """,
    )
    place = place.format(work=work)
    assert config.resolve(where, {}, work) == place
    assert config.resolve(place, {}, work) == place, "what was resolved once stays as it is"


def test_resolve_takes_a_file_without_an_ending_that_is_there(work: Path) -> None:
    (work / "crm").touch()
    assert config.resolve("crm", {}, work) == str(work / "crm")


@pytest.mark.parametrize(
    ("said", "key"),
    [
        pytest.param("", "no-names", id="nobody has named a workbook"),
        pytest.param('[workbooks]\nsales = "crm.xlsx"', "unknown-name", id="others are named"),
    ],
)
def test_resolve_refuses_a_name_that_nobody_gave(said: str, key: str, work: Path) -> None:
    write(work, said)
    with pytest.raises(UsageError) as refused:
        config.resolve("saels", {}, work)
    assert refused.value.key == key
    assert "saels" in refused.value.text("ro")


def test_settings_are_looked_for_in_order(tmp_path: Path, work: Path, home: Path) -> None:
    environ = {"XDG_CONFIG_HOME": str(home)}
    assert config.load(environ, work) == config.Config()

    own = write(home / "sheetcrm", '[offers]\nfolder = "offers"')
    assert config.load(environ, work) == config.Config(own, {}, home / "sheetcrm" / "offers")

    here = write(work, "")
    assert config.load(environ, work).file == here, "the current folder's before one's own"

    named = write(tmp_path / "elsewhere", "")
    environ["SHEETCRM_CONFIG"] = str(named)
    assert config.load(environ, work).file == named, "the named one before all"


@pytest.mark.parametrize(
    ("said", "key", "names"),
    [
        pytest.param("[workbooks", "config-unreadable", "TOML", id="no TOML"),
        pytest.param("[workbook]\nsales = 'x'", "config-unknown", "workbook", id="a misspelt section"),
        pytest.param("[offers]\nfoldr = 'x'", "config-unknown", "offers.foldr", id="a misspelt key"),
        pytest.param("sales = 'x'", "config-unknown", "sales", id="a key outside of any section"),
        pytest.param("[workbooks]\nsales = 7", "config-not-text", "workbooks.sales", id="a number for a path"),
        pytest.param("[workbooks.sales]\nfile = 'x'", "config-not-text", "workbooks.sales", id="a section for a path"),
        pytest.param("[offers]\nfolder = ' '", "config-not-text", "offers.folder", id="a blank path"),
    ],
)
def test_nonsense_is_refused_by_name(said: str, key: str, names: str, work: Path) -> None:
    file = write(work, said)
    with pytest.raises(BadSettings) as refused:
        config.load({}, work)
    assert refused.value.key == key
    assert refused.value.exit_code == 78
    assert str(file) in refused.value.text("en")
    assert key == "config-unreadable" or names in refused.value.text("ro")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xff\xfe[\x00", id="not UTF-8"),
        pytest.param(None, id="not there"),
    ],
)
def test_a_named_file_must_be_readable(content: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(SheetCrmError, match=r"own\.toml"):
        config.load({"SHEETCRM_CONFIG": str(file)}, tmp_path)


def test_a_byte_order_mark_is_forgiven(work: Path) -> None:
    write(work, '\ufeff[workbooks]\nsales = "crm.xlsx"')
    assert config.load({}, work).workbooks == {"sales": str(work / "crm.xlsx")}
