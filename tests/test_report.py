from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.funnel import Fact
from sheetcrm.model import Event
from sheetcrm.offer_figures import OfferFact
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.problems import Problem
from sheetcrm.report import Moved, Place, Sheet, Status, Waiting, problem_rows, report_rows, today_rows
from sheetcrm.report.blocks import CHARTS, END_OF_BLOCKS, Chart
from sheetcrm.settings import Settings
from sheetcrm.tables import Cell, Formula

STYLES = set(
    "title words heading header text note count amount percent days date late moment good bad link alert".split()
)
PIPELINE = Pipeline(
    stages=(
        Stage("new", "Nou", "leads", "open", Decimal(0)),
        Stage("qualified", "Calificat", "opportunities", "open", Decimal("0.1")),
        Stage("won", "Câștigat", "deals", "won", Decimal(1)),
        Stage("lost", "Pierdut", "", "lost", Decimal(0)),
    )
)
TODAY = date(2026, 3, 20)
RO = Settings(language="ro", currency="RON", rates={"EUR": Decimal("5")})
EN = Settings(language="en", currency="EUR")


def won(number: int, **more: Any) -> Fact:
    return Fact(f"R-{number:04}", f"Firma {number}", stage="won", reached="qualified", outcome="won", **more)


def lost(number: int, **more: Any) -> Fact:
    return Fact(f"R-{number:04}", f"Firma {number}", stage="lost", outcome="lost", **more)


def in_progress(number: int, **more: Any) -> Fact:
    return Fact(f"R-{number:04}", f"Firma {number}", stage="qualified", reached="qualified", **more)


def values(sheet: Sheet) -> list[list[Cell]]:
    return [[cell.value for cell in row] for row in sheet.rows]


def block(sheet: Sheet, title: str) -> list[list[Cell]]:
    """The lines of a block, below its title, up to the next blank line."""
    rows = values(sheet)
    start = next(number for number, row in enumerate(rows) if row[:1] == [title]) + 1
    end = next((number for number in range(start, len(rows)) if not rows[number]), len(rows))
    return rows[start:end]


def report(facts: Sequence[Fact], of: Settings = EN, waiting: Sequence[Waiting] = (), **more: Any) -> Sheet:
    events: list[Event] = more.get("events", [])
    offers = [OfferFact(f"OF-{n}", sent_on=day) for n, day in enumerate(more.get("offers", []))]
    return report_rows(facts, events, waiting, offers, PIPELINE, of, more.get("today", TODAY))


# ---------------------------------------------------------------- Report


@pytest.mark.parametrize("of", [pytest.param(EN, id="English"), pytest.param(RO, id="Romanian")])
def test_an_empty_workbook_has_a_report_too(of: Settings) -> None:
    sheet = report([], of)
    assert sheet.rows[0][0].style == "title"
    assert {cell.style for row in sheet.rows for cell in row} <= STYLES


def test_this_month_stands_first_and_the_total_last() -> None:
    facts = [won(1, created_on=date(2025, 3, 1), closed_on=TODAY), in_progress(2, created_on=TODAY)]
    lines = block(report(facts, RO, offers=[TODAY]), "Lună de lună")
    assert lines[1][:3] == ["Luna", "Prospecți noi", "Devenite oportunități"]
    assert lines[2] == ["mar. 2026", 1, 0, 1, 1, 0, 1.0]
    assert lines[14] == ["mar. 2025", 1, 0, 0, 0, 0, ""]
    assert lines[15] == ["Total", 2, 0, 1, 1, 0, ""]


def test_cohorts_hold_every_record_whenever_it_was_created() -> None:
    facts = [
        won(1),
        lost(2, created_on=date(2020, 1, 1)),
        in_progress(3, created_on=TODAY),
        lost(4, created_on=date(2030, 1, 1)),
    ]
    lines = block(report(facts), "What became of each month's leads")
    assert {line[0]: line[1] for line in lines[2:] if line[1]} == {
        "Mar 2026": 1,
        "earlier": 1,
        "later": 1,
        "unknown": 1,
        "Total": 4,
    }


# ---------------------------------------------------------------- the blocks of the charts


HEADERS = {
    "months": ["Month", "New leads", "Won"],
    "expected": ["Expected close", "Weighted, EUR"],
    "stages": ["Stage", "Reached it"],
    "reasons": ["Loss reason", "Lost"],
    "by-owner": ["Owner", "Win rate"],
    "by-source": ["Source", "Win rate"],
}
"""What a chart shows: the header of its names, and those of its series."""
CROWD = [
    fact
    for n in range(1, 40)
    for fact in (
        won(n, owner=f"Owner {n}", source=f"Source {n}", created_on=TODAY, closed_on=TODAY, value=1, currency="USD"),
        lost(100 + n, owner="Ana", reason=f"Reason {n}", closed_on=TODAY),
        in_progress(200 + n, value=Decimal(n), currency=("EUR", "USD")[n % 2], expected_close=TODAY),
    )
]


@pytest.mark.parametrize("facts", [pytest.param([], id="an empty workbook"), pytest.param(CROWD, id="a crowd")])
@pytest.mark.parametrize("chart", [pytest.param(chart, id=chart.block) for chart in CHARTS])
def test_a_chart_points_at_what_it_shows_however_much_there_is(chart: Chart, facts: list[Fact]) -> None:
    rows = values(report(facts))
    header, *lines = [rows[row] for row in chart.rows]
    assert [header[column] for column in (0, *(series.column for series in chart.series))] == HEADERS[chart.block]
    ends = next((number for number, line in enumerate(lines) if not line), len(lines))
    assert not any(lines[ends:])
    assert all(len(line) > 1 for line in lines[:ends]) or lines[0] == ["Nothing."]


@pytest.mark.parametrize("facts", [pytest.param([], id="an empty workbook"), pytest.param(CROWD, id="a crowd")])
def test_nothing_stands_where_charts_lie(facts: list[Fact]) -> None:
    rows = values(report(facts))
    for chart in CHARTS:
        covered, columns = chart.covers
        assert not any(rows[row] for row in covered)
        assert columns.stop <= len(report([]).widths)
    places = [(row, column) for c in CHARTS for row in c.covers[0] for column in c.covers[1]]
    assert len(places) == len(set(places))


def test_what_grows_begins_in_one_place() -> None:
    titles = [["Rows that wait"], ["By source"], ["What became of each month's leads"]]
    few, many = values(report([])), values(report(CROWD))
    assert [few.index(title) for title in titles] == [many.index(title) for title in titles]
    assert few[END_OF_BLOCKS:][1] == ["Rows that wait"]


def test_a_long_pipeline_shows_ten_steps_and_how_many_more_there_are() -> None:
    stages = [Stage(f"s{n}", f"Step {n}", "leads", "open", Decimal(0)) for n in range(14)]
    pipeline = Pipeline((*stages, PIPELINE.stages[2], PIPELINE.stages[3]))
    lines = block(report_rows([won(1)], [], [], [], pipeline, EN, TODAY), "How far they come")[2:]
    assert [line[0] for line in lines] == [*(f"Step {n}" for n in range(9)), "Câștigat", "and 5 more"]


EXPECTED = [
    in_progress(1, value=Decimal(1000), currency="EUR", probability=Decimal("0.5"), expected_close=TODAY),
    in_progress(2, value=Decimal(200), currency="RON", probability=Decimal("0.1"), expected_close=TODAY),
    in_progress(3, value=Decimal(200), currency="RON", probability=Decimal("0.1"), expected_close=date(2026, 2, 1)),
]


def test_the_first_amount_by_expected_close_is_of_all_currencies_at_the_rates_of_settings() -> None:
    lines = block(report(EXPECTED, RO), "Când ne așteptăm să câștigăm")[1:]
    assert lines[0] == ["Închidere estimată", "Înregistrări", "Ponderat, tot în RON", "Ponderat, RON", "Ponderat, EUR"]
    assert lines[1] == ["în trecut", 1, Decimal(20), Decimal(20), ""]
    assert lines[2] == ["mar. 2026", 2, Decimal(2520), Decimal(20), Decimal(500)]
    assert [line[0] for line in lines[3:]] == [
        *("apr. 2026", "mai 2026", "iun. 2026", "iul. 2026", "aug. 2026"),
        *("mai târziu", "fără dată"),
    ]


def test_without_a_rate_the_first_amount_is_in_the_teams_own_currency_and_that_is_said() -> None:
    lines = block(report(EXPECTED, EN), "When we expect to win")[1:]
    assert lines[0] == ["Expected close", "Records", "Weighted, EUR", "Weighted, RON"]
    assert lines[2] == ["Mar 2026", 2, Decimal(500), Decimal(20)]
    assert lines[-1] == ["No total in EUR: Settings has no rate for RON."]


# ---------------------------------------------------------------- what changed, in words


FEBRUARY, JANUARY = date(2026, 2, 10), date(2026, 1, 10)
CHANGED = [
    won(1, created_on=JANUARY, closed_on=FEBRUARY, value=Decimal("1000.50"), currency="EUR", owner="Ana"),
    won(2, created_on=FEBRUARY, closed_on=TODAY, value=Decimal(2500), currency="EUR", source="Web"),
    lost(3, created_on=FEBRUARY, closed_on=FEBRUARY, source="Web", reason="Price"),
    in_progress(4, created_on=TODAY, source="Fair"),
    in_progress(5, created_on=TODAY, source="Fair"),
]


@pytest.mark.parametrize(
    ("facts", "of", "lines"),
    [
        pytest.param(
            CHANGED,
            EN,
            [
                "March 2026 so far, against all of February 2026: 2 new leads (±0), 1 won (±0), 0 lost (−1); "
                "win rate 100.0 % (+50.0 points); value won 2,500 EUR (+1,500).",
                "Furthest ahead already: new leads from the source “Fair”, 2 (+2).",
                "February 2026 against January 2026: 2 new leads (+1), 1 won (+1), 1 lost (+1); win rate 50.0 %; "
                "value won 1,001 EUR (+1,001).",
                "What changed most: new leads from the source “Web”, 2 (+2).",
            ],
            id="in English",
        ),
        pytest.param(
            CHANGED,
            RO,
            [
                "Martie 2026 până acum, față de toată luna februarie 2026: 2 prospecți noi (±0), una câștigată (±0), "
                "0 pierdute (−1); rata de câștig 100,0 % (+50,0 puncte); valoare câștigată 2.500 EUR (+1.500).",
                "Cel mai mult în plus deja acum: prospecți noi din sursa „Fair”, 2 (+2).",
                "Februarie 2026 față de ianuarie 2026: 2 prospecți noi (+1), una câștigată (+1), una pierdută (+1); "
                "rata de câștig 50,0 %; valoare câștigată 1.001 EUR (+1.001).",
                "Cel mai mult s-a schimbat: prospecți noi din sursa „Web”, 2 (+2).",
            ],
            id="in Romanian",
        ),
        pytest.param(
            [],
            EN,
            [
                "March 2026 so far, against all of February 2026: 0 new leads (±0), 0 won (±0), 0 lost (±0); "
                "win rate –; value won –.",
                "",
                "February 2026 against January 2026: 0 new leads (±0), 0 won (±0), 0 lost (±0); win rate –; "
                "value won –.",
                "",
            ],
            id="when nothing happened",
        ),
        pytest.param(
            [won(1, closed_on=TODAY, value=Decimal(5), currency="RON"), won(2, closed_on=FEBRUARY, value=Decimal(7))],
            EN,
            [
                "March 2026 so far, against all of February 2026: 0 new leads (±0), 1 won (±0), 0 lost (±0); "
                "win rate 100.0 % (±0 points); value won 0 ? (−7), 5 RON (+5).",
                "",
                "February 2026 against January 2026: 0 new leads (±0), 1 won (+1), 0 lost (±0); win rate 100.0 %; "
                "value won 7 ? (+7).",
                "What changed most: won by (none), 1 (+1).",
            ],
            id="currencies apart",
        ),
    ],
)
def test_the_tab_says_in_words_what_changed(facts: list[Fact], of: Settings, lines: list[str]) -> None:
    assert values(report(facts, of))[1:5] == [[line] for line in lines]


# ---------------------------------------------------------------- groups, pipeline, lists


def test_more_than_ten_owners_are_the_ten_largest_and_the_rest() -> None:
    facts = [won(n, owner=f"Owner {n % 13:02}", created_on=TODAY, closed_on=TODAY) for n in range(130)]
    lines = block(report(facts), "By owner")[2:]
    assert len(lines) == 11
    assert lines[-1][:2] == ["3 others together", 30]
    assert sum(int(str(line[1])) for line in lines) == 130


def test_currencies_stand_apart_and_the_total_says_what_it_is() -> None:
    facts = [won(1, value=Decimal("100.10"), currency="EUR"), won(2, value=Decimal(50), currency="RON")]
    lines = block(report(facts, RO), "Pe responsabili")
    assert lines[1][-3:] == ["Câștigat, RON", "Câștigat, EUR", "Tot, în RON"]
    assert lines[2][-3:] == [Decimal(50), Decimal("100.10"), Decimal("550.50")]


def test_a_missing_rate_is_said_and_nothing_is_added_up() -> None:
    facts = [won(1, value=Decimal(100), currency="USD"), won(2, value=Decimal(50), currency="RON")]
    lines = block(report(facts, RO), "Pe responsabili")
    assert lines[1][-2:] == ["Câștigat, RON", "Câștigat, USD"]
    assert lines[-1] == ["Fără total în RON: în Setări lipsește cursul pentru USD."]


def test_the_open_pipeline_has_a_sum_for_each_currency() -> None:
    facts = [
        in_progress(1, value=Decimal(1000), currency="EUR", probability=Decimal("0.5")),
        in_progress(2, value=Decimal(200), currency="RON", probability=Decimal("0.1")),
        in_progress(3),
    ]
    assert block(report(facts, RO), "În lucru acum")[2:] == [
        ["Calificat", "EUR", 1, Decimal(1000), Decimal(500)],
        ["Calificat", "RON", 1, Decimal(200), Decimal(20)],
        ["Calificat", "încă fără valoare", 1, "", ""],
        ["Total", "RON", 1, Decimal(200), Decimal(20)],
        ["Total", "EUR", 1, Decimal(1000), Decimal(500)],
        ["Total la cursurile din Setări", "RON", 2, Decimal(5200), Decimal(2520)],
    ]


def test_rows_that_wait_stand_under_the_totals_with_the_reason() -> None:
    waiting = [
        Waiting("R-0010", "Zeta", "", "Leads", "Qualified", "Owner is missing."),
        Waiting("R-0002", "Acme", "Ana", "Leads", "Won", "Value is missing."),
    ]
    lines = block(report([], EN, waiting), "Rows that wait")
    assert lines[2:] == [
        ["Acme", "Ana", "Leads", "Won", "R-0002", "Value is missing."],
        ["Zeta", "", "Leads", "Qualified", "R-0010", "Owner is missing."],
    ]
    many = [w._replace(id=f"R-{n:04}") for n, w in enumerate(waiting * 30)]
    assert block(report([], EN, many), "Rows that wait")[-1] == ["and 10 more"]


def test_the_lists_hold_this_month_and_the_last() -> None:
    facts = [
        lost(1, closed_on=date(2026, 1, 31), reason="Preț"),
        lost(
            2, closed_on=date(2026, 2, 1), reason="Preț", competitor="Beta", note="A cerut 20 % reducere", owner="Ana"
        ),
        lost(4, closed_on=date(2026, 4, 1), reason="Preț"),
        won(3, closed_on=TODAY, value=Decimal(10), currency="EUR", source="Târg"),
    ]
    sheet = report(facts, RO)
    assert block(sheet, "Pierdute luna aceasta și luna trecută")[1:] == [
        ["Firma 2", "Ana", "Preț", "Beta", date(2026, 2, 1), "", "", "R-0002", "A cerut 20 % reducere"]
    ]
    assert block(sheet, "Câștigate luna aceasta și luna trecută")[1:] == [
        ["Firma 3", "", "Târg", "", TODAY, Decimal(10), "EUR", "R-0003", ""]
    ]


def test_reasons_and_leaks_show_their_share() -> None:
    facts = [lost(1, reached="qualified", reason="Preț", competitor="Beta"), lost(2, reached="new")]
    sheet = report(facts, RO)
    assert block(sheet, "De ce pierdem")[2:] == [["(necompletat)", 1, 0.5], ["Preț", 1, 0.5]]
    assert block(sheet, "Unde pierdem")[2:] == [
        ["Nou", "(necompletat)", "", 1, 0.5],
        ["Calificat", "Preț", "Beta", 1, 0.5],
    ]


CELLS = get_args(Cell)
FACTS = st.lists(
    st.builds(
        lambda number, kind, created, days, owner, value, currency: kind(
            number,
            created_on=created,
            closed_on=created and created + timedelta(days=days),
            owner=owner,
            value=value,
            currency=currency,
        ),
        st.integers(1, 999),
        st.sampled_from([won, lost, in_progress]),
        st.none() | st.dates(date(2024, 1, 1), date(2026, 12, 31)),
        st.integers(-5, 200),
        st.text(max_size=5),
        st.none() | st.decimals(0, 10**6, places=2),
        st.sampled_from(["EUR", "RON", "USD"]),
    ),
    max_size=25,
    unique_by=lambda fact: fact.id,
)


@given(FACTS, st.randoms())
@settings(max_examples=40, deadline=None)
def test_sorting_rows_and_another_day_of_the_month_change_no_cell(facts: list[Fact], random: Any) -> None:
    shuffled = list(facts)
    random.shuffle(shuffled)
    first, second = report(facts, RO), report(shuffled, RO, today=TODAY - timedelta(days=7))
    assert first == second
    for row in first.rows:
        for cell in row:
            assert isinstance(cell.value, CELLS)
            assert cell.style in STYLES
        assert len(row) <= len(first.widths)
    assert values(first)[END_OF_BLOCKS:][1] == ["Rânduri care așteaptă"]


# ---------------------------------------------------------------- Today

PLACES = {"leads": Place("Prospecți", 0), "opportunities": Place('Ana\'s "best"', 27)}
AT = datetime(2026, 3, 20, 2, 17)


def today(moved: Sequence[Moved] = (), problems: Sequence[Problem] = (), status: Status | None = None) -> Sheet:
    return today_rows(status or Status(AT, 7, {"errors": 2}), moved, problems, RO, PLACES)


def test_the_status_turns_red_by_itself() -> None:
    rows = today().rows
    assert (rows[2][1].value, rows[2][1].style) == (AT, "moment")
    fresh, stale = rows[3][1], rows[4][1]
    assert isinstance(fresh.value, Formula)
    assert isinstance(stale.value, Formula)
    assert fresh.value.startswith('=IF(NOW()-B3>26/24,"","În regulă')
    assert stale.value.startswith('=IF(NOW()-B3>26/24,"Nicio rulare de peste 26 de ore')
    assert (fresh.style, stale.style) == ("good", "alert")
    assert ["Erori", 2] in values(today())


def test_a_stopped_tab_is_no_good_status() -> None:
    sheet = today(status=Status(AT, 7, {}, ["Prospecți: lipsește antetul ID."]))
    assert sheet.rows[3][1].style == "bad"
    assert ["Lăsată neatinsă", "Prospecți: lipsește antetul ID."] in values(sheet)


def test_what_moved_has_a_link_that_finds_the_row_by_its_id() -> None:
    moved = [
        Moved("=Acme", "R-0042", "Ana", "leads", "opportunities", "Calificat", TODAY),
        Moved("Beta", "R-0043", "Ion", "leads", "Arhivă", "Pierdut", TODAY),
    ]
    first, second = block(today(moved), "Mutate azi-noapte")[2:]
    assert first[:6] == ["=Acme", "Ana", "Prospecți", 'Ana\'s "best"', "Calificat", TODAY]
    assert not isinstance(first[0], Formula)
    target, found = """ "#'Ana''s ""best""'!AB" """, """MATCH("R-0042",'Ana''s "best"'!$AB:$AB,0)"""
    assert first[6] == Formula(f'=IFERROR(HYPERLINK({target.strip()}&{found},"R-0042"),"R-0042")')
    assert second[3] == "Arhivă"
    assert second[6] == "R-0043"
    assert not isinstance(second[6], Formula)


def test_a_night_in_which_many_rows_moved_names_fifty_and_counts_the_rest() -> None:
    moved = [Moved(f"Firm {n}", f"R-{n:04d}", "Ana", "leads", "opportunities", "Calificat", TODAY) for n in range(60)]
    lines = block(today(moved), "Mutate azi-noapte")[2:]
    assert [line[0] for line in lines[:50]] == [f"Firm {n}" for n in range(50)]
    assert len(lines) == 51
    assert "10" in str(lines[50][0])


class Said(Problem):
    """A problem whose words need no catalogue."""

    def message(self, language: str) -> str:
        """Its code."""
        return f"{self.code} {language}"

    @property
    def severity(self) -> Any:
        """By its code, too."""
        return self.code.partition("-")[0]


def test_each_owner_sees_at_most_fifteen_and_no_hint() -> None:
    problems = [Said("error-x", "Prospecți", n + 2, f"R-{n:04}", "E-mail", owner="Ana") for n in range(17)]
    problems += [Said("hint-x", "Prospecți", 3, "R-0001", owner="Ion"), Said("warning-x", "Setări", 3)]
    rows = values(today(problems=problems))
    start = next(n for n, row in enumerate(rows) if row[:1] == ["Ana (17)"])
    assert rows[start + 16] == ["și încă 2 rânduri"]
    assert rows[start + 18][0] == "Fără responsabil (1)"
    assert rows[start + 19] == ["Setări", "Setări", "", "", "warning-x ro"]
    assert rows[start + 20] == []


# ---------------------------------------------------------------- Problems


def test_problems_stand_by_weight_and_without_row_numbers() -> None:
    problems = [
        Said("hint-a", "Leads", 2, "R-0001", "Notes"),
        Said("error-b", "Leads", 9, "R-0010", "Phone"),
        Said("error-b", "Leads", 4, "R-0002", "Phone"),
    ]
    sheet = problem_rows(problems, EN, {"R-0002": "Acme"})
    rows = values(sheet)
    assert rows[1] == ["2 errors, 0 warnings, 1 hint"]
    assert rows[4:] == [
        ["Leads", "R-0002", "Acme", "Phone", "error", "error-b en", "error-b"],
        ["Leads", "R-0010", "", "Phone", "error", "error-b en", "error-b"],
        ["Leads", "R-0001", "", "Notes", "hint", "hint-a en", "hint-a"],
    ]
    sorted_by_somebody = [Said(p.code, p.tab, 30 - (p.row or 0), p.id, p.column) for p in reversed(problems)]
    assert problem_rows(sorted_by_somebody, EN, {"R-0002": "Acme"}) == sheet


@pytest.mark.parametrize("area", ["report", "display"])
def test_every_text_is_there_in_both_languages(area: str) -> None:
    for key, entry in messages.area(area).items():
        assert set(messages.LANGUAGES) <= set(entry), key
        for forms, names in ((entry["en"], {"one", "other"}), (entry["ro"], {"one", "few", "other"})):
            assert isinstance(forms, str) or names <= set(forms), key  # type: ignore[call-overload]
        assert not set("şţŞŢ") & set(str(entry["ro"])), key
