"""The house of the design stands: imports go down, the core is pure, help is light."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import ROOT

HOUSE = ROOT / "sheetcrm"

UPPER_ROOMS = frozenset(
    "__init__ __main__ cli commands config demo display frames importing notebook notebook_files progress sync views "
    "workbooks".split()
)
"""Everything else is the core: a new module is pure until it is named here."""

IMPURE_MODULES = frozenset(
    "IPython click filelock getpass google gspread io locale openpyxl os pandas pathlib platform python_calamine "
    "random rich secrets shutil socket subprocess tempfile threading time uuid".split()
)
CLOCKS = frozenset({"now", "today", "utcnow"})
TELL_THE_TIME = frozenset({"date", "datetime"})

HEAVY = (
    "pandas openpyxl gspread google pydantic python_calamine lxml rich phonenumbers stdnum email_validator rapidfuzz "
    "filelock"
).split()


def core_rooms() -> list[str]:
    names = {path.stem for path in HOUSE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()}
    return sorted(names - UPPER_ROOMS)


def files_of(room: str) -> list[Path]:
    return [*HOUSE.glob(f"{room}.py"), *(HOUSE / room).rglob("*.py")]


def impurities(source: str) -> Iterator[str]:
    """What of clock, environment, randomness, files and stores a module uses."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (a.name for a in names if a.name.partition(".")[0] in IMPURE_MODULES)
            case ast.ImportFrom(module=str(module), level=0) if module.partition(".")[0] in IMPURE_MODULES:
                yield module
            case ast.Call(func=ast.Attribute(attr=name)) if name in CLOCKS:
                yield f".{name}()"
            case ast.Attribute(value=ast.Name(id=owner) | ast.Attribute(attr=owner), attr=name) if (
                name in CLOCKS and owner in TELL_THE_TIME
            ):
                yield f"{owner}.{name}"
            case ast.Call(func=ast.Name(id="open" | "input" | "print" as name)):
                yield f"{name}()"


@pytest.mark.parametrize(
    ("source", "found"),
    [
        pytest.param("from datetime import time, datetime", [], id="a time of day is a value"),
        pytest.param("def f(run, now): return run.today, now", [], id="now as an argument"),
        pytest.param("d.strftime('%Y'); x.opened()", [], id="methods that only sound alike"),
        pytest.param("import time", ["time"], id="the clock"),
        pytest.param("Day.today()", [".today()"], id="today, under another name"),
        pytest.param("f = datetime.datetime.now", ["datetime.now"], id="now, not even called"),
        pytest.param("default_factory(date.today)", ["date.today"], id="today, handed on"),
        pytest.param("import os.path", ["os.path"], id="the environment"),
        pytest.param("from random import choice", ["random"], id="randomness"),
        pytest.param("def f():\n    import pandas as pd", ["pandas"], id="a store, imported late"),
        pytest.param("open('x')", ["open()"], id="a file"),
    ],
)
def test_impurity_is_seen(source: str, found: list[str]) -> None:
    assert list(impurities(source)) == found


@pytest.mark.parametrize("room", core_rooms())
def test_core_is_pure(room: str) -> None:
    found = {str(path.relative_to(ROOT)): list(impurities(path.read_text("utf-8"))) for path in files_of(room)}
    assert not {path: what for path, what in found.items() if what}


def test_contract_of_purity_names_the_whole_core() -> None:
    said = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (contract,) = (c for c in said["tool"]["importlinter"]["contracts"] if c["type"] == "forbidden")
    assert contract["source_modules"] == [f"sheetcrm.{room}" for room in core_rooms()]


def test_imports_go_down_only() -> None:
    lint = "from importlinter.cli import lint_imports_command as lint; lint()"
    done = subprocess.run([sys.executable, "-c", lint, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    "code",
    [
        pytest.param("import sheetcrm", id="importing the package"),
        pytest.param("from sheetcrm.cli import main; main(['--help'])", id="sheetcrm --help"),
        pytest.param("from sheetcrm.cli import main; main(['--version'])", id="sheetcrm --version"),
        pytest.param("from sheetcrm.cli import main; main(['nonsense'])", id="a mistyped command"),
    ],
)
def test_nothing_heavy_is_loaded_by(code: str) -> None:
    look = f"{code}; import sys; sys.exit(' '.join(set({HEAVY!r}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", look], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
