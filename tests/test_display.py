from __future__ import annotations

import json
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm import display
from sheetcrm.display.numbers import bar, cell_text, table
from sheetcrm.funnel import Fact, funnel
from sheetcrm.model import Event
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.problems import Problem
from sheetcrm.tables import (
    AddColumn,
    Addressing,
    AddRows,
    AddTab,
    CellChange,
    Column,
    Mark,
    MoveRow,
    Plan,
    Receipt,
    RowKey,
    SetCells,
    Snapshot,
    Styled,
    Tab,
    WriteTab,
    locate,
)

PIPELINE = Pipeline(
    stages=(
        Stage("new", "Nou", "leads", "open", Decimal(0)),
        Stage("qualified", "Calificat", "opportunities", "open", Decimal("0.1")),
        Stage("won", "Câștigat", "deals", "won", Decimal(1)),
        Stage("lost", "Pierdut", "", "lost", Decimal(0)),
    )
)


class Said(Problem):
    """A problem whose words need no catalogue."""

    def message(self, language: str) -> str:
        """Its code."""
        return f"{self.code} {language}"

    @property
    def severity(self) -> Any:
        """By its code, too."""
        return self.code.partition("-")[0]


# ---------------------------------------------------------------- numbers


@pytest.mark.parametrize(
    ("number", "language", "places", "text"),
    [
        pytest.param(8174, "en", 0, "8,174", id="English thousands"),
        pytest.param(8174, "ro", 0, "8.174", id="Romanian thousands"),
        pytest.param(Decimal("1234567.895"), "ro", 2, "1.234.567,90", id="rounded to the cent"),
        pytest.param(-0.5, "en", 0, "-1", id="halves away from zero"),
    ],
)
def test_numbers(number: Any, language: str, places: int, text: str) -> None:
    assert display.number_text(number, language, places) == text


def test_amounts_and_rates() -> None:
    assert display.amount_text(Decimal("3500"), "EUR", "ro") == "3.500,00 EUR"
    assert display.percent_text(0.63149, "ro") == "63,1 %"
    assert display.percent_text(None, "ro") == "–"


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        pytest.param("", '""', id="blank"),
        pytest.param("two\nlines", '"two lines"', id="on one line"),
        pytest.param("x" * 100, '"' + "x" * 71 + '…"', id="long text is cut"),
        pytest.param(date(2026, 3, 1), "2026-03-01", id="a day"),
        pytest.param(12.0, "12", id="a whole number"),
    ],
)
def test_cells(cell: Any, text: str) -> None:
    assert cell_text(cell) == text


@given(st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_bar_is_as_long_as_its_part(part: int, more: int) -> None:
    whole = part + more
    assert len(bar(part, whole)) <= 24
    assert bool(bar(part, whole)) == bool(part)
    assert not whole or bar(whole, whole) == "█" * 24


def test_tables_line_up() -> None:
    assert table(["Who", "n", ""], [["Ana", "7", "██"], ["Ion", "1.200", "█"]]) == [
        "Who      n",
        "Ana      7  ██",
        "Ion  1.200  █",
    ]


# ---------------------------------------------------------------- plans

LEADS = Tab(
    "Prospecți",
    [
        ["ID", "De corectat", "Companie", "Stadiu", "Culoare"],
        ["R-0042", "", "Acme SRL", "calificat", ""],
        ["R-0043", "", "Beta SA", "Nou", "roșu"],
        ["", "", "Gama", "Nou", ""],
    ],
    "leads",
    {"id": 0, "check": 1, "company": 2, "stage": 3},
)
SNAPSHOT = Snapshot((LEADS, Tab("Oportunități", [["ID", "De corectat", "Companie", "Stadiu", "În stadiu din"]])))
ADDRESSING = Addressing(0, 0, (2, 3, 4))
KEYS = list(locate(LEADS, ADDRESSING))
PLAN = Plan(
    (
        Mark("Prospecți", "leads", (("id", 0), ("stage", 3))),
        SetCells(KEYS[0], (CellChange(3, "calificat", "Calificat"),)),
        MoveRow(KEYS[1], "Oportunități", ((0, 0), (2, 2)), ((5, date(2026, 3, 2)), (6, Decimal("0.1")))),
        SetCells(KEYS[2], (CellChange(0, "", "R-0044"), CellChange(1, "", ""))),
        AddColumn("Oportunități", 5, "Culoare", 0),
        AddRows("Clienți", (("A-0007", "", "Acme SRL"),)),
        AddTab("Istoric", "history", (Column("number", "Nr."),), ((1,), (2,))),
        AddTab("Memorie", "state", hidden=True),
        SetCells(RowKey("Memorie", "R-0042", "", 0), (CellChange(1, "a", "b"),)),
        AddRows("Istoric", ((3,), (4,), (5,))),
        WriteTab("Raport", ((Styled("Raport", "title"),),)),
    ),
    {"Prospecți": ADDRESSING},
    problems=(Said("error-x", "Prospecți"), Said("hint-x", "Prospecți")),
    language="ro",
)


def test_a_plan_shows_every_row_and_cell() -> None:
    assert (
        display.plan_text(PLAN, "ro", SNAPSHOT)
        == """\
Prospecți
  · 2 coloane reținute după antet
  ~ R-0042 Acme SRL
      Stadiu: "calificat" → "Calificat"
  → R-0043 Beta SA se mută Prospecți → Oportunități
      Culoare: 2026-03-02
      coloana G: 0.1
  ~ rând fără ID Gama
      ID: "" → "R-0044"
      De corectat: "" → ""

Oportunități
  + coloana „Culoare”, la capătul din dreapta

Clienți
  + A-0007 Acme SRL

Istoric
  + foaie nouă, doar cu antete
  + 5 linii

Memorie
  + foaie nouă, ascunsă
  ~ 1 linie adusă la zi

Raport
  ~ se scrie din nou

Plan: 1 rând de mutat, 2 rânduri de modificat, 1 rând de adăugat."""
    )


def test_without_a_snapshot_columns_go_by_their_letters() -> None:
    text = display.plan_text(PLAN, "en")
    assert '~ R-0042\n      column D: "calificat" → "Calificat"' in text
    assert "→ R-0043 moves Prospecți → Oportunități" in text
    assert "1 row to move, 2 rows to change, 1 row to add" in text


def test_an_empty_plan_says_so_and_why_a_tab_was_stopped() -> None:
    assert display.plan_text(Plan(), "en") == "Nothing to do: the workbook is up to date."
    stopped = Plan(stopped=(Said("error-lost-header", "Leads"),))
    assert display.plan_text(stopped, "en").splitlines()[0] == "Left alone: error-lost-header en"


def test_a_plan_that_only_reports_says_so() -> None:
    plan = Plan((WriteTab("Report", ()),))
    assert display.plan_text(plan, "en").splitlines()[-1] == "Plan: only sync's own tabs."


def test_a_plan_is_json() -> None:
    found = json.loads(json.dumps(display.plan_json(PLAN, SNAPSHOT)))
    assert [found[key] for key in ("empty", "moved", "changed", "added", "errors", "warnings")] == [
        False,
        1,
        2,
        1,
        1,
        0,
    ]
    assert found["changes"][1] == {
        "change": "set",
        "tab": "Prospecți",
        "id": "R-0042",
        "cells": [{"column": "Stadiu", "before": "calificat", "after": "Calificat"}],
    }
    assert found["changes"][2]["cells"] == [
        {"column": "Culoare", "after": "2026-03-02"},
        {"column": "coloana G", "after": 0.1},
    ]


CELLS = st.one_of(
    st.text(max_size=9),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.decimals(-9, 9, places=2),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(),
)


@given(st.lists(st.tuples(CELLS, CELLS), max_size=4))
def test_whatever_cells_hold_a_plan_can_be_shown(cells: list[tuple[Any, Any]]) -> None:
    changes = tuple(CellChange(number, before, after) for number, (before, after) in enumerate(cells))
    plan = Plan((SetCells(KEYS[0], changes), AddRows("Clienți", (tuple(before for before, _ in cells),))))
    json.dumps(display.plan_json(plan, SNAPSHOT))
    assert len(display.plan_text(plan, "ro", SNAPSHOT).splitlines()) == len(cells) + 7


def test_a_receipt_says_what_was_done_and_where_the_copy_is() -> None:
    assert display.receipt_text(Receipt(True, PLAN, "crm copies/2026-03-20.xlsx", ("odd",)), "en") == (
        "Done: 1 row moved, 2 rows changed, 1 row added.\n"
        "To put right: 1 error, 0 warnings.\n"
        "odd\n"
        "The workbook as it was: crm copies/2026-03-20.xlsx"
    )
    assert display.receipt_text(Receipt(False, Plan()), "ro") == "Nimic de făcut: nu s-a scris nimic."
    found = display.receipt_json(Receipt(False, Plan()))
    assert (found["written"], found["copy"], found["empty"]) == (False, None, True)


# ---------------------------------------------------------------- lists


def test_problems_stand_below_their_tab_in_the_order_of_rows() -> None:
    problems = [
        Said("warning-b", "Leads", 9, "R-0009", "Phone"),
        Said("error-a", "Leads", 2, "R-0002", "E-mail"),
        Said("error-c", "Settings"),
    ]
    assert display.problems_text(problems, "en") == (
        "Leads\n"
        "  ✗ row 2 · R-0002 · E-mail: error-a en\n"
        "  ! row 9 · R-0009 · Phone: warning-b en\n"
        "\n"
        "Settings\n"
        "  ✗ error-c en\n"
        "\n"
        "2 errors, 1 warning, 0 hints."
    )
    assert display.problems_text([], "ro") == "Nimic de corectat."


def event(word: str, **more: Any) -> Event:
    common = {"number": 1, "happened_on": date(2026, 3, 1), "seen_at": datetime(2026, 3, 2, 2, 17), "run": 1}
    return Event(**(common | {"event": word} | more))


EVENTS = [
    event("moved", record="R-0042", before="leads", after="opportunities"),
    event(
        "won",
        record="R-0042",
        before="qualified",
        after="won",
        owner="Ana",
        value=Decimal("3500"),
        currency="EUR",
        happened_on=None,
    ),
]


def test_history_is_told_day_by_day() -> None:
    assert display.events_text(EVENTS, "ro", PIPELINE) == (
        "2026-03-01\n"
        "  R-0042 mutat: Prospecți → Oportunități\n"
        "\n"
        "zi necunoscută\n"
        "  R-0042 câștigat: Calificat → Câștigat (Ana, 3.500,00 EUR)"
    )
    assert display.events_text([], "en") == "Nothing happened yet."


def test_history_as_json() -> None:
    first, second = json.loads(json.dumps(display.events_json(EVENTS)))["events"]
    assert (first["event"], first["value"], first["happened_on"]) == ("moved", None, "2026-03-01")
    assert second["value"] == 3500.0


class Imported:
    """An import that has its own words."""

    plan = Plan()
    copy = "a copy"

    def as_text(self, language: str) -> str:
        """One word."""
        return f"done {language}"


def test_an_import_speaks_for_itself() -> None:
    assert display.import_text(Imported(), "ro") == "done ro\nRegistrul așa cum era: a copy"


# ---------------------------------------------------------------- the funnel


def test_the_funnel_is_a_page_with_bars() -> None:
    day = date(2026, 3, 1)
    facts = [
        Fact(
            "R-1",
            stage="won",
            outcome="won",
            created_on=day,
            closed_on=day + timedelta(10),
            value=Decimal(3500),
            currency="EUR",
            owner="Ana",
        ),
        Fact("R-2", stage="lost", reached="new", outcome="lost", reason="Preț", owner="Ana"),
        Fact("R-3", stage="lost", reached="new", outcome="lost", reason_counts=False),
        Fact("R-4", stage="new", reached="new", created_on=day),
    ]
    assert (
        display.funnel_text(funnel(facts, PIPELINE, by="owner"), "ro")
        == """\
Înregistrări: 4 (în lucru 1, câștigate 1, pierdute 2)
Rata de câștig 33,3 %; 50,0 % fără pierderile dintr-un motiv care nu intră în rate (1)
Valoare câștigată 3.500,00 EUR
Zile până la câștig: mediana 10, nouă din zece în 10

Stadiu     Au ajuns aici  Sunt aici acum
Nou                    4               1  ████████████████████████
Calificat              1               0  ██████
Câștigat               1               1  ██████
Pierdut                2               2  ████████████

Create în    Înregistrări  În lucru  Câștigate  Pierdute  Rata de câștig  Valoare câștigată
2026-03                 2         1          1         0         100,0 %       3.500,00 EUR
necunoscută             2         0          0         2           0,0 %                  –

Motiv pierdere  Pierdute  Pondere
(necompletat)          1   50,0 %  ████████████
Preț                   1   50,0 %  ████████████

Responsabil    Înregistrări  În lucru  Câștigate  Pierdute  Rata de câștig  Valoare câștigată
(necompletat)             2         1          0         1           0,0 %                  –
Ana                       2         0          1         1          50,0 %       3.500,00 EUR"""
    )
    assert display.funnel_text(funnel([], PIPELINE), "en") == "No records."
