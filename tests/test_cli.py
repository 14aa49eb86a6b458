"""The command line: help in both languages, errors in one sentence, the right exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import click
import pytest
from conftest import ROOT, Run

import sheetcrm
from sheetcrm import cli
from sheetcrm.commands.shared import Session, say_json
from sheetcrm.problems import BadSettings, Busy, UsageError


def test_help_names_every_command(run: Run) -> None:
    exit_code, out, err = run("--help")
    assert (exit_code, err) == (0, "")
    assert all(f"\n  {name} " in out for name in cli.COMMANDS)


def test_without_a_command_it_helps(run: Run) -> None:
    exit_code, out, err = run()
    assert (exit_code, out) == (2, "")
    assert err.startswith("Usage: sheetcrm [OPTIONS] COMMAND")


@pytest.mark.parametrize("name", cli.COMMANDS)
@pytest.mark.parametrize(("language", "usage"), [("en", "Usage"), ("ro", "Utilizare")])
def test_every_command_has_help_in_both_languages(run: Run, name: str, language: str, usage: str) -> None:
    exit_code, out, _ = run(name, "--lang", language, "--help")
    assert exit_code == 0
    assert out.startswith(f"{usage}: sheetcrm {name} [")
    assert "--debug" in out


@pytest.mark.parametrize(
    ("variable", "arguments", "start"),
    [
        pytest.param("ro_RO.UTF-8", ["--help"], "Utilizare:", id="the machine's"),
        pytest.param("ro_RO.UTF-8", ["--lang", "en", "--help"], "Usage:", id="what was asked for goes before it"),
        pytest.param("en_US.UTF-8", ["--lang", "ro", "--help"], "Utilizare:", id="the other way about"),
    ],
)
def test_help_speaks(
    run: Run, monkeypatch: pytest.MonkeyPatch, variable: str, arguments: list[str], start: str
) -> None:
    monkeypatch.setenv("LANG", variable)
    assert run(*arguments)[1].startswith(start)


def test_version(run: Run) -> None:
    assert run("--version") == (0, f"sheetcrm {sheetcrm.__version__}\n", "")


@pytest.mark.parametrize(
    ("typed", "english", "romanian"),
    [
        pytest.param(
            ["snyc"],
            "There is no command “snyc”. Did you mean sync? See: sheetcrm --help",
            "Nu există comanda „snyc”. Ați vrut sync? Vedeți: sheetcrm --help",
            id="a mistyped command",
        ),
        pytest.param(
            ["check"],
            "WORKBOOK is missing. See: sheetcrm check --help",
            "Lipsește REGISTRU. Vedeți: sheetcrm check --help",
            id="no workbook",
        ),
        pytest.param(
            ["check", "x.xlsx", "--jsn"],
            "There is no option --jsn. Did you mean --json? See: sheetcrm check --help",
            "Nu există opțiunea --jsn. Ați vrut --json? Vedeți: sheetcrm check --help",
            id="a mistyped option",
        ),
        pytest.param(
            ["funnel", "x.xlsx", "--by", "country"],
            "--by takes one of: owner, source, industry, channel. See: sheetcrm funnel --help",
            "--by primește una dintre valorile: owner, source, industry, channel. Vedeți: sheetcrm funnel --help",
            id="no such group",
        ),
        pytest.param(
            ["funnel", "x.xlsx", "--since", "31.02.2026"],
            "--since takes a day, such as 2026-03-01 or 01.03.2026. See: sheetcrm funnel --help",
            "--since primește o zi, de exemplu 2026-03-01 sau 01.03.2026. Vedeți: sheetcrm funnel --help",
            id="a day that is none",
        ),
        pytest.param(
            ["check", "x.xlsx", "y.xlsx"],
            "That cannot be read: Got unexpected extra argument (y.xlsx) See: sheetcrm check --help",
            "Nu se înțelege: Got unexpected extra argument (y.xlsx) Vedeți: sheetcrm check --help",
            id="one workbook too many",
        ),
    ],
)
def test_a_usage_error_is_one_sentence(run: Run, typed: list[str], english: str, romanian: str) -> None:
    assert run(*typed) == (2, "", f"{english}\n")
    assert run("--lang", "ro", *typed) == (2, "", f"{romanian}\n")


@pytest.mark.parametrize(
    ("error", "exit_code"),
    [
        pytest.param(UsageError("no-file", path="x.xlsx"), 2, id="no such workbook"),
        pytest.param(Busy("no-file", path="x.xlsx"), 75, id="somebody has it open"),
        pytest.param(BadSettings("no-file", path="x.xlsx"), 78, id="bad settings"),
        pytest.param(PermissionError(13, "Permission denied", "x.xlsx"), 77, id="not allowed"),
        pytest.param(OSError(28, "No space left on device", "x.xlsx"), 69, id="the disk is full"),
        pytest.param(click.Abort(), 130, id="interrupted"),
        pytest.param(OSError("no file is named"), 70, id="an error of the system that names no file"),
        pytest.param(ZeroDivisionError("division by zero"), 70, id="a bug"),
    ],
)
@pytest.mark.parametrize("language", ["en", "ro"])
def test_every_error_is_one_sentence_and_an_exit_code(error: Exception, exit_code: int, language: str) -> None:
    sentence, code = cli.last_word(error, Session(language), ["check", "x.xlsx"])
    assert code == exit_code
    assert "\n" not in sentence
    assert "x.xlsx" in sentence or code == 130


class TestABreakdown:
    """A command that breaks."""

    @pytest.fixture(autouse=True)
    def _broken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def get_command(_self: cli.Program, _ctx: click.Context, _name: str) -> click.Command:
            return click.Command("check", callback=lambda: 1 / 0)

        monkeypatch.setattr(cli.Program, "get_command", get_command)

    def test_is_one_sentence(self, run: Run) -> None:
        exit_code, out, err = run("check")
        assert (exit_code, out) == (70, "")
        assert err.count("\n") == 1
        assert "sheetcrm --debug check" in err

    def test_shows_everything_when_asked(self, run: Run) -> None:
        exit_code, _, err = run("--debug", "check")
        assert exit_code == 70
        assert "Traceback" in err
        assert "sheetcrm --debug check" in err


def test_json_is_plain(capsys: pytest.CaptureFixture[str]) -> None:
    say_json({"day": date(2026, 3, 1), "whole": Decimal("12.00"), "part": Decimal("12.34"), "city": "Iași"})
    out = capsys.readouterr().out
    assert "Iași" in out
    assert json.loads(out) == {"day": "2026-03-01", "whole": 12, "part": 12.34, "city": "Iași"}


def test_runs_as_a_module_where_letters_are_few(tmp_path: Path) -> None:
    environ = {**os.environ, "LANG": "ro_RO", "PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, "-m", "sheetcrm", "--help"], env=environ, cwd=tmp_path, capture_output=True, check=True
    )
    assert b"mut\\u0103" in done.stdout
