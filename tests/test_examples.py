"""Every public name of the Python face has a true example, and docs/python.md describes every column."""

from __future__ import annotations

import doctest
import inspect
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from types import ModuleType
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from conftest import ROOT

import sheetcrm
from sheetcrm import notebook, views
from sheetcrm.demo import play
from sheetcrm.notebook import Crm

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=ZoneInfo("Europe/Bucharest"))
FACE = [sheetcrm.open, *(getattr(views, name) for name in views.__all__ if inspect.isclass(getattr(views, name))), Crm]
OPTIONS = doctest.NORMALIZE_WHITESPACE


def examples(module: ModuleType) -> Iterator[doctest.DocTest]:
    found = doctest.DocTestFinder(exclude_empty=False).find(module)
    return (test for test in found if test.examples)


@pytest.fixture(scope="module")
def crm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crm]:
    """The demo workbook as `make demo` leaves it, on a day of its own."""
    folder, before = tmp_path_factory.mktemp("examples"), Path.cwd()
    (folder / "demo").mkdir()
    os.chdir(folder)
    play("demo/crm.xlsx", "en", lambda _: None, NOW)
    yield sheetcrm.open("demo/crm.xlsx", now=lambda: NOW)
    os.chdir(before)


@pytest.mark.parametrize(
    "test",
    [test for module in (notebook, views.plans, views.funnels, views.forecasts) for test in examples(module)],
    ids=lambda test: test.name.removeprefix("sheetcrm."),
)
def test_an_example_is_true(test: doctest.DocTest, crm: Crm) -> None:
    test.globs = {"crm": crm, "date": date, "sheetcrm": sheetcrm}
    said: list[str] = []
    with pd.option_context("display.width", 100, "display.max_columns", 20):
        doctest.DocTestRunner(optionflags=OPTIONS).run(test, out=said.append)
    assert not said, "".join(said)


def public_names() -> Iterator[tuple[str, object]]:
    for face in FACE:
        yield face.__name__, face
        if inspect.isclass(face):
            for name, member in vars(face).items():
                shown = inspect.isfunction(member) or isinstance(member, property)
                if shown and not name.startswith("_"):
                    yield f"{face.__name__}.{name}", member


@pytest.mark.parametrize(("name", "member"), [pytest.param(*found, id=found[0]) for found in public_names()])
def test_a_public_name_has_an_example(name: str, member: object) -> None:
    assert ">>> " in (inspect.getdoc(member) or ""), name


# ---------------------------------------------------------------- the page

TABLES: Mapping[str, Callable[[Crm], Sequence[pd.DataFrame]]] = {
    "crm.records, crm.leads, crm.opportunities, crm.deals": lambda crm: [crm.records, crm.leads, crm.deals],
    "crm.accounts": lambda crm: [crm.accounts],
    "crm.activities": lambda crm: [crm.activities],
    "crm.offers": lambda crm: [crm.offers],
    "crm.events": lambda crm: [crm.events],
    "crm.timeline(id)": lambda crm: [crm.timeline("R-0018")],
    "crm.problems": lambda crm: [crm.problems],
    "crm.plan().to_frame()": lambda crm: [crm.plan().to_frame()],
    "crm.fix(cells)": lambda crm: [crm.fix(crm.cells("leads")).to_frame()],
    "crm.funnel(by=, since=, until=, dated=)": lambda crm: [
        getattr(crm.funnel(by="owner"), name) for name in ("frame", "groups", "cohorts", "won_value", "reasons")
    ],
    "crm.months()": lambda crm: [crm.months().frame],
    "crm.losses()": lambda crm: [crm.losses().frame, crm.losses().across("stage"), crm.losses().across("owner")],
    "crm.team()": lambda crm: [crm.team().frame, crm.team().open],
    "crm.follow_ups()": lambda crm: [crm.follow_ups().frame],
    "crm.forecast()": lambda crm: [crm.forecast().frame, crm.forecast().months, crm.forecast().stages],
    'crm.as_of("2026-10-31")': lambda crm: [
        crm.as_of("2026-10-20").records,
        crm.as_of("2026-10-20").forecast().against_actual,
    ],
    "crm.transitions(), crm.durations()": lambda crm: [crm.transitions(), crm.durations().frame],
    "crm.backtest()": lambda crm: [crm.backtest().brier, crm.backtest().stages, crm.backtest().calibration],
}

TYPES = {
    "text": "str",
    "date": "datetime64",
    "amount": "float64",
    "count": "Int64",
    "category": "category",
    "cell": "object",
}


def sections() -> dict[str, str]:
    page = (ROOT / "docs" / "python.md").read_text("utf-8")
    parts = (part.partition("\n## ")[0] for part in page.split("\n### ")[1:])
    return {title: text for title, _, text in (part.partition("\n") for part in parts)}


def said_types(section: str) -> dict[str, set[str]]:
    """Column → the types that the page gives it, in a table or in a sentence."""
    found: dict[str, set[str]] = {}
    for names, kinds in re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| ([\w, ]+) \|", section, re.MULTILINE):
        for name in re.findall(r"`(\w+)`", names):
            found[name] = set(kinds.split(", "))
    for names, kind in re.findall(
        r"((?:`\w+`(?: of [a-z ]+)?(?:, )?)+) \((text|date|amount|count|category)\b", section
    ):
        for name in re.findall(r"`(\w+)`", names):
            found.setdefault(name, set()).add(kind)
    return found


def test_the_page_has_a_section_for_each_table() -> None:
    assert [title for title in sections() if title.startswith("crm.")] == list(TABLES)


@pytest.mark.parametrize("title", list(TABLES))
def test_the_page_says_which_columns_there_are_and_of_which_type(title: str, crm: Crm) -> None:
    said = said_types(sections()[title])
    tables = TABLES[title](crm)
    assert {column for table in tables for column in table} == set(said)
    for table in tables:
        for column, dtype in table.dtypes.items():
            kinds = said[str(column)]
            assert any(str(dtype).startswith(TYPES[kind]) for kind in kinds), column
