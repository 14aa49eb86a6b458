"""The rows behind a number are as many as the number says, for every number of the Report tab."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

import sheetcrm
from sheetcrm import messages
from sheetcrm.demo import play
from sheetcrm.funnel import GROUPINGS, Fact, months_ahead, months_back
from sheetcrm.notebook import Crm
from sheetcrm.report.grid import month_name, short_month
from sheetcrm.tables import Cell, is_blank, raw_text

NOW = datetime(2026, 11, 25, 5, 0, tzinfo=ZoneInfo("Europe/Bucharest"))


@pytest.fixture(scope="module", params=["en", "ro"])
def crm(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Crm:
    """The demo workbook, in each language."""
    where = play(tmp_path_factory.mktemp("demo") / "crm.xlsx", request.param, lambda _: None, NOW)
    return sheetcrm.open(where, now=lambda: NOW)


class Report:
    """The Report tab as a person reads it: blocks by their headings, columns by their headers."""

    def __init__(self, crm: Crm) -> None:
        self.language = crm.language
        title = self.word("report-title")
        (self.rows,) = (tab.rows for tab in crm.snapshot.tabs if tab.mark == "report")
        assert any(self.cell(row, 0) == title for row in range(len(self.rows)))

    def word(self, key: str, **values: object) -> str:
        return messages.text("report", key, self.language, **values)

    def cell(self, row: int, column: int) -> Cell:
        cells = self.rows[row] if row < len(self.rows) else ()
        return cells[column] if column < len(cells) else ""

    def block(self, heading: str, first_header: str) -> Iterator[dict[str, Cell]]:
        """The lines of a block, wherever on the tab it stands."""
        at, column = self.find(heading)
        while self.cell(at, column) != self.word(first_header):
            at += 1
        headers: list[str] = []
        while not is_blank(self.cell(at, column + len(headers))):
            headers.append(raw_text(self.cell(at, column + len(headers))))
        while not is_blank(self.cell(at := at + 1, column)):
            yield {header: self.cell(at, column + place) for place, header in enumerate(headers)}

    def find(self, heading: str) -> tuple[int, int]:
        """Where a block begins."""
        for row, cells in enumerate(self.rows):
            for column, cell in enumerate(cells):
                if cell == self.word(heading):
                    return row, column
        raise AssertionError(f"no block “{self.word(heading)}”")

    def line(self, heading: str, first_header: str, name: str) -> dict[str, Cell]:
        return next(line for line in self.block(heading, first_header) if next(iter(line.values())) == name)


@pytest.fixture(scope="module")
def report(crm: Crm) -> Report:
    return Report(crm)


def counted(crm: Crm, number: str, **where: str | None) -> int:
    frame = crm.rows(number, **where)
    assert not frame["record_id" if number.startswith("offers") else "id"].isna().any()
    return len(frame)


# ---------------------------------------------------------------- every number of the tab


def test_the_whole_book(crm: Crm, report: Report) -> None:
    row, column = report.find("overview")
    shown = {report.cell(row + n, column): report.cell(row + n, column + 1) for n in range(14)}
    for key, number in (("records", "records"), ("open", "open"), ("won", "won"), ("lost", "lost")):
        assert shown[report.word(key)] == counted(crm, number) > 0
    assert shown[report.word("not-counted")] == counted(crm, "not_counted") > 0
    assert shown[report.word("waiting-count")] == counted(crm, "waiting") > 0


def test_the_months(crm: Crm, report: Report) -> None:
    sums = dict.fromkeys(("created", "converted", "offers_sent", "won", "lost"), 0)
    for month in months_back(crm.today):
        line = report.line("months", "month", short_month(month, crm.language))
        for number in sums:
            found = counted(crm, number, month=month)
            assert line[report.word(number.replace("_", "-"))] == found, (month, number)
            sums[number] += found
    assert all(sums.values())


def test_the_stages(crm: Crm, report: Report) -> None:
    for line in report.block("stages", "stage"):
        stage = str(line[report.word("stage")])
        assert line[report.word("reached")] == counted(crm, "reached", stage=stage)
        assert line[report.word("now")] == counted(crm, "records", stage=stage)
    assert len(list(report.block("stages", "stage"))) == len(crm.pipeline.stages) - 1  # without the lost ones


def test_the_cohorts(crm: Crm, report: Report) -> None:
    for month in months_back(crm.today):
        check_line(
            crm, report, report.line("cohorts", "created-in", short_month(month, crm.language)), created_in=month
        )


def test_what_is_expected(crm: Crm, report: Report) -> None:
    named = {report.word("late"): "late", report.word("later"): "later", report.word("no-date"): None}
    named |= {short_month(month, crm.language): month for month in months_ahead(crm.today, 5)}
    (currency,) = crm.records["currency"].dropna().unique()
    records = 0
    for line in report.block("expected", "expected-close"):
        rows = crm.rows("expected", expected_in=named[str(line[report.word("expected-close")])])
        assert line[report.word("records")] == len(rows)
        records += len(rows)
        shown = line[report.word("weighted-in", currency=currency)]
        weighted = (rows["value"] * rows["probability"]).sum()
        assert float(str(shown or 0)) == pytest.approx(weighted, abs=0.005)
    assert records == counted(crm, "expected") == len(crm.rows("open").dropna(subset="value")) > 0


def test_the_offers(crm: Crm, report: Report) -> None:
    numbers = ("sent", "accepted", "rejected")
    for number in numbers:
        this_month = report.line("offers", "offers-sent-in", month_name(crm.today.strftime("%Y-%m"), crm.language))
        assert this_month[report.word(f"offers-{number}")] == counted(
            crm, f"offers_{number}", month=crm.today.strftime("%Y-%m")
        )
        whole = report.line("offers", "offers-sent-in", report.word("total"))
        assert whole[report.word(f"offers-{number}")] == counted(crm, f"offers_{number}") > 0
    for by in ("owner", "source", "product"):
        for line in report.block(f"offers-by-{by}", by):
            key = str(line[report.word(by)])
            for number in numbers:
                found = counted(crm, f"offers_{number}", **{by: None if key == report.word("blank") else key})
                assert line[report.word(f"offers-{number}")] == found, (by, key, number)


@pytest.mark.parametrize("by", ["owner", "source", "industry"])
def test_the_groups(crm: Crm, report: Report, by: str) -> None:
    lines = list(report.block(f"by-{by}", by))
    for line in lines[:10]:
        key = line[report.word(by)]
        check_line(crm, report, line, **{by: None if key == report.word("blank") else str(key)})
    assert len(lines) > 2


def check_line(crm: Crm, report: Report, line: Mapping[str, Cell], **where: str | None) -> None:
    for number in ("records", "open", "won", "lost"):
        assert line[report.word(number)] == counted(crm, number, **where), (where, number)
    won = crm.rows("won", **where)
    for currency in won["currency"].dropna().unique():
        amount = won.loc[won["currency"] == currency, "value"].sum()
        assert float(str(line[report.word("won-in", currency=currency)])) == pytest.approx(amount, abs=0.005)


def test_the_open_pipeline(crm: Crm, report: Report) -> None:
    records = 0
    for line in report.block("pipeline", "stage"):
        stage, currency = line[report.word("stage")], line[report.word("currency")]
        if stage in (report.word("total"), report.word("total-at-rates")):
            continue
        without = currency == report.word("no-value")
        rows = crm.rows("open", stage=str(stage), currency=None if without else str(currency))
        assert line[report.word("records")] == len(rows) > 0
        records += len(rows)
        if not without:
            assert float(str(line[report.word("value")])) == pytest.approx(rows["value"].sum(), abs=0.005)
            weighted = (rows["value"] * rows["probability"]).sum()
            assert float(str(line[report.word("weighted")])) == pytest.approx(weighted, abs=0.005)
    assert records == counted(crm, "open")


def test_reasons_and_leaks(crm: Crm, report: Report) -> None:
    blank = report.word("blank")
    for line in report.block("reasons", "reason"):
        reason = str(line[report.word("reason")])
        assert line[report.word("lost")] == counted(crm, "lost", reason=None if reason == blank else reason)
    for line in report.block("leaks", "last-stage"):
        stage, reason = str(line[report.word("last-stage")]), str(line[report.word("reason")])
        where = {
            "last_stage": None if stage == report.word("no-stage") else stage,
            "reason": None if reason == blank else reason,
            "competitor": str(line[report.word("competitor")]),
        }
        assert line[report.word("lost")] == counted(crm, "lost", **where)


@pytest.mark.parametrize(
    ("number", "where", "says"),
    [
        pytest.param("sold", {}, "not 'sold'", id="a number that the report does not have"),
        pytest.param("won", {"colour": "red"}, "not by 'colour'", id="a place that it does not have"),
        pytest.param("open", {"month": "2026-10"}, "By month", id="what stands open has no month"),
        pytest.param("reached", {}, "stage=", id="reached what?"),
        pytest.param("records", {"stage": "Dreaming"}, "The stages are", id="an unknown stage"),
        pytest.param("waiting", {"owner": "Ana"}, "as a whole", id="those that wait are counted as a whole"),
        pytest.param("offers_sent", {"stage": "Won"}, "not by 'stage'", id="offers stand in no stage"),
    ],
)
def test_a_number_that_is_not_there_is_refused(crm: Crm, number: str, where: dict[str, str], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        crm.rows(number, **where)


# ---------------------------------------------------------------- the same numbers in JSON, in tables, on the tab


def test_the_tables_add_up_to_what_the_funnel_says(crm: Crm) -> None:
    records, said = crm.records, crm.funnel().as_json()
    assert len(records) == said["records"]
    assert records["outcome"].value_counts().to_dict() == {word: said[word] for word in ("open", "won", "lost")}
    won = records[records["outcome"] == "won"]
    assert won.groupby("currency")["value"].sum().round(2).to_dict() == said["won_value"]
    days = (won["closed_on"] - won["created_on"]).dt.days
    assert (days.median(), days.quantile(0.9)) == pytest.approx(tuple(said["days_to_close"]["won"].values()))
    cohorts = records.groupby(records["created_on"].dt.strftime("%Y-%m"), dropna=False).size()
    assert {c["month"]: c["records"] for c in said["cohorts"]} == {
        None if pd.isna(month) else month: n for month, n in cohorts.items()
    }
    now = records["stage"].value_counts()
    assert {s["stage"]: s["now"] for s in said["stages"]} == {name: now.get(name, 0) for name in now.index}
    reasons = records.loc[records["outcome"] == "lost", "loss_reason"].value_counts().to_dict()
    assert {r["reason"]: r["count"] for r in said["loss_reasons"]} == reasons


@pytest.mark.parametrize("by", list(GROUPINGS))
def test_the_tables_of_a_funnel_say_what_its_json_says(crm: Crm, by: str) -> None:
    view = crm.funnel(by=by)  # type: ignore[arg-type]  # one of the four
    said = view.as_json()
    frame = view.frame.astype({"stage": str}).drop(columns="goes_on")
    assert frame.to_dict("records") == said["stages"]
    assert plain(view.groups["key"]) == [group["key"] for group in said["groups"]]
    for name in ("records", "open", "won", "lost"):
        assert list(view.groups[name]) == [group[name] for group in said["groups"]]
    assert [None if pd.isna(rate) else round(rate, 4) for rate in view.groups["win_rate"]] == [
        group["win_rate"] for group in said["groups"]
    ]
    assert plain(view.cohorts["month"]) == [cohort["month"] for cohort in said["cohorts"]]
    money = view.won_value.groupby("currency")["won_value"].sum().round(2).to_dict()
    assert money == said["won_value"]


def plain(column: pd.Series[str]) -> Sequence[str | None]:
    return [None if pd.isna(word) else word for word in column]


def test_a_forecast_by_what_is_configured_is_the_open_pipeline_of_the_tab(crm: Crm, report: Report) -> None:
    view = crm.forecast()
    assert set(view.frame["basis"]) <= {"configured", "own"}, "the demo is too young to learn from"
    months = view.months[view.months["currency"].notna()].groupby("currency")[["value", "weighted"]].sum()
    for currency, row in months.iterrows():
        lines = [
            n
            for n in report.block("pipeline", "stage")
            if n[report.word("stage")] == report.word("total") and n[report.word("currency")] == currency
        ]
        (total,) = lines
        assert Decimal(str(total[report.word("value")])) == pytest.approx(
            Decimal(str(row["value"])), abs=Decimal("0.01")
        )
        assert float(str(total[report.word("weighted")])) == pytest.approx(row["weighted"], abs=0.01)


def test_as_of_today_is_today(crm: Crm) -> None:
    assert crm.as_of("2026-11-24").funnel("owner").as_json() == crm.funnel("owner").as_json()


Stood = dict[str, tuple[object, ...]]


def test_as_of_each_night_is_what_stood_there_on_that_night(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nights: dict[str, Stood] = {}

    def told(_self: object, crm: Crm, _receipt: object) -> Iterator[str]:
        nights[crm._run.today.isoformat()] = stood(crm._facts)
        return iter(())

    monkeypatch.setattr("sheetcrm.demo.theatre._Theatre.told", told)
    crm = sheetcrm.open(play(tmp_path / "crm.xlsx", "en", lambda _: None, NOW), now=lambda: NOW)
    assert len(nights) > 6
    for night, then in nights.items():
        rebuilt = stood(crm.as_of(night).facts)
        # A pasted row carries its original's day of creation, on which nobody had pasted it yet.
        assert {id_: rebuilt[id_] for id_ in rebuilt if id_ in then or id_ != "R-0033"} == then, night


def stood(facts: Iterable[Fact]) -> Stood:
    """Where records stood, by codes: names are those of today."""
    return {
        f.id: (f.stage, f.reached, f.outcome, f.created_on, f.closed_on, f.owner, f.value, f.cycle, f.reason_counts)
        for f in facts
    }
