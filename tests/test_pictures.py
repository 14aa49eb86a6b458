"""What pictures and cards say, and that no word of the workbook's becomes a program of the page."""

from __future__ import annotations

import base64
import importlib.util
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from conftest import require

from sheetcrm.display import charts, html, pictures
from sheetcrm.funnel import Funnel, Lost, funnel
from sheetcrm.learned import ExpectedMonth
from sheetcrm.notebook import Crm
from sheetcrm.setup import fresh_workbook
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.test_funnel import LOST_ONES, PIPELINE, lost, open_one, won
from tests.test_sync import with_row

EVIL = "<script>alert('x')</script>"


def counted(*facts: Any, by: str | None = None) -> Funnel:
    return funnel(facts, PIPELINE, by=by)


# ---------------------------------------------------------------- what they say


def test_a_funnel_names_its_narrowest_step() -> None:
    facts = [open_one("R-1"), open_one("R-2"), open_one("R-3"), open_one("R-4", "qualified"), won("R-5")]
    picture = pictures.stages(counted(*facts), "en")
    assert [(mark.label, mark.value) for mark in picture.marks] == [
        ("New", 5),
        ("Contacted", 2),
        ("Qualified", 2),
        ("Offer sent", 1),
        ("Won", 1),
    ]
    assert picture.lines[-1] == "The narrowest step is from “New” to “Contacted”: 2 of 5 went on (40.0 %)."


@pytest.mark.parametrize(
    ("wins", "losses", "says"),
    [
        pytest.param((3, 1), (1, 2), "overlap", id="few records tell nothing"),
        pytest.param((30, 2), (2, 30), "wins more often", id="many records do"),
    ],
)
def test_a_difference_of_win_rates_is_told_from_chance(
    wins: tuple[int, int], losses: tuple[int, int], says: str
) -> None:
    facts = [
        fact
        for owner, won_by, lost_by in zip(("Ana", "Bob"), wins, losses, strict=True)
        for fact in [
            *(won(f"{owner}-w{n}", owner=owner) for n in range(won_by)),
            *(lost(f"{owner}-l{n}", owner=owner) for n in range(lost_by)),
        ]
    ]
    picture = pictures.groups(counted(*facts, by="owner"), "en")
    assert says in picture.lines[-1]
    for mark in picture.marks:
        assert mark.low is not None
        assert mark.value is not None
        assert mark.high is not None
        assert mark.low < mark.value < mark.high


def test_months_without_a_loss_are_shown_too() -> None:
    found = [Lost("Price", "2026-01", 1), Lost("Price", "2026-04", 2)]
    picture = pictures.losses(found, "month", PIPELINE, "en")
    assert [(mark.series, mark.value) for mark in picture.marks] == [
        ("Jan 2026", 1),
        ("Feb 2026", 0),
        ("Mar 2026", 0),
        ("Apr 2026", 2),
    ]


def test_stages_of_losses_stand_in_their_order_and_no_stage_is_called_so() -> None:
    found = [Lost("Price", "offer-sent", 1), Lost("Price", "new", 1), Lost("Price", "", 1)]
    picture = pictures.losses(found, "stage", PIPELINE, "en")
    assert picture.series == ["(no stage)", "new", "offer-sent"]


def test_many_competitors_are_the_largest_and_the_rest_together() -> None:
    found = [Lost("Price", f"Competitor {n:02}", n) for n in range(1, 31)]
    picture = pictures.losses(found, "competitor", PIPELINE, "en")
    assert len(picture.series) == pictures.MOST_COLUMNS
    assert picture.series[-1] == "19 others together"
    assert sum(mark.value or 0 for mark in picture.marks) == sum(cell.lost for cell in found)


def test_many_owners_are_the_largest_and_how_many_more() -> None:
    facts = [won(f"R-{n}", owner=f"A person with quite a long name, number {n:02}") for n in range(20)]
    picture = pictures.groups(counted(*facts, by="owner"), "en")
    assert len(picture.labels) == pictures.MOST
    assert picture.lines[-1] == "and 5 more"


def test_months_of_several_currencies_stand_in_one_order_the_unknown_last() -> None:
    def month(name: str | None, currency: str) -> ExpectedMonth:
        return ExpectedMonth(name, currency, 1, Decimal(1), Decimal(10), Decimal(5), Decimal(5))

    lines = [month("2026-11", "EUR"), month("2026-12", "RON"), month(None, "EUR")]
    picture = pictures.expected_months(lines, {"learned": 1}, "en")
    assert picture.labels == ["Nov 2026", "Dec 2026", "no date"]
    assert {mark.panel for mark in picture.marks} == {"EUR", "RON"}
    assert picture.heading == picture.title
    assert pictures.expected_months(lines[:1], {}, "en").heading.endswith(" (EUR)")


# ---------------------------------------------------------------- how they are drawn


def every_picture(crm: Crm) -> dict[str, Any]:
    return {
        "funnel": crm.funnel(),
        "months": crm.months(),
        "losses": crm.losses(),
        "durations": crm.durations(),
        "team": crm.team(),
        "forecast": crm.forecast(),
        "backtest": crm.backtest(),
        "as_of": crm.as_of(crm.today),
    }


@pytest.fixture
def crm() -> Crm:
    """A workbook in which somebody wrote a program for the page into every word."""
    snapshot = with_row(fresh_workbook("en"), "lists", owner=EVIL, loss_reason=EVIL, source=EVIL)
    for stage in ("New", "Lost"):
        who = {"company": f"{EVIL} {stage}", "email": "a@acme.ro", "source": EVIL, "owner": EVIL}
        snapshot = with_row(snapshot, "leads", **who, stage=stage, loss_reason=EVIL if stage == "Lost" else "")
    snapshot = with_row(snapshot, "leads", company=EVIL, email=EVIL)
    made = Crm(MemoryWorkbook(snapshot), now=lambda: datetime(2026, 11, 23, 10, 0, tzinfo=UTC), name=EVIL)
    made.sync()
    return made


def test_words_are_escaped_wherever_they_are_shown(crm: Crm) -> None:
    rows = crm.cells("leads")
    rows.loc["R-0001", "notes"] = EVIL
    shown = [crm, crm.check(), crm.plan(), crm.sync(), crm.follow_ups(), crm.fix(rows)]
    pages = [one._repr_html_() for one in shown]
    pages += [pictures.reasons(crm.losses().figures, "en").as_table(), html.unfolded(EVIL, "")]
    assert not [page for page in pages if "<script" in page]
    assert "&lt;script&gt;" in pages[0]


def test_without_altair_there_are_tables_and_one_sentence(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "altair" else real(name))
    for view in every_picture(crm).values():
        data = view._repr_mimebundle_()
        assert list(data) == ["text/html"]
    page = crm.losses()._repr_mimebundle_()["text/html"]
    assert page.count("pip install &#x27;sheetcrm[notebook]&#x27;") == 1
    assert "<table" in page


def test_a_chart_is_vega_and_a_png_and_no_html(crm: Crm) -> None:
    require(importlib.util.find_spec("altair") and importlib.util.find_spec("vl_convert"), "altair[save] is absent")
    data, about = crm.funnel()._repr_mimebundle_()
    assert set(data) == {charts.VEGA_LITE, "image/png"}
    assert base64.b64decode(data["image/png"]).startswith(b"\x89PNG")
    assert about["image/png"]["width"] > 100


def test_every_kind_of_picture_can_be_drawn() -> None:
    require(importlib.util.find_spec("altair"), "altair is absent")
    for kind in charts.KINDS:
        marks = [
            pictures.Mark(label, value, str(value), series, 0.1, 0.9, panel)
            for label, value in (("a'b\"c", 0.5), ("d", 0.7))
            for series in ("one's", "two")
            for panel in ("EUR", "RON")
        ]
        picture = pictures.Picture(kind, "Title", ("Line",), tuple(marks), "en", "head", "percent")  # type: ignore[arg-type]
        assert charts.drawn(picture).to_dict()["title"]["text"] == "Title"


def test_a_renderer_that_the_reader_chose_stays(crm: Crm) -> None:
    require(importlib.util.find_spec("altair"), "altair is absent")
    import altair as alt

    with alt.renderers.enable("json"):
        crm.funnel().chart()
        assert alt.renderers.active == "json"


def test_leaks_of_the_figures_are_those_of_the_picture() -> None:
    picture = pictures.reasons(counted(*LOST_ONES), "en")
    assert sum(mark.value or 0 for mark in picture.marks) == 4
