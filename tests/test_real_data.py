"""Three real exports, taken in with the maps in `examples/maps`, give the reference figures exactly.

What had to be decided about each stands in `docs/real-data.md`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import ROOT, require

from sheetcrm.cli import main
from sheetcrm.columns import read_layout
from sheetcrm.importing import ImportReport, import_into, open_import
from sheetcrm.notebook import Crm
from sheetcrm.schema import PIPELINE_TABS
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Cell, is_blank
from sheetcrm.workbooks.memory import MemoryWorkbook

MAPS = ROOT / "examples" / "maps"
NIGHT = datetime(2026, 11, 23, 0, 17, tzinfo=UTC)


class File(NamedTuple):
    """One export: where it goes, and by which map."""

    tab: str
    name: str
    map_name: str


ICH = [File("Opportunities", "deals.csv", "ich_school_crm.toml")]
MAVEN = [
    File("Accounts", "accounts.csv", "maven_accounts.toml"),
    File("Opportunities", "sales_pipeline.csv", "maven_crm.toml"),
]
OLIST = [
    File("Leads", "olist_closed_deals_dataset.csv", "olist_closed_deals.toml"),
    File("Leads", "olist_marketing_qualified_leads_dataset.csv", "olist_funnel.toml"),
]


class Reference:
    """The figures that were computed from the files alone."""

    def __init__(self, file: Path) -> None:
        self._queries = json.loads(file.read_text("utf-8"))["queries"]

    def rows(self, query: str, **wanted: object) -> Iterator[dict[str, object]]:
        """The rows of a query, those with `wanted` in them."""
        columns = self._queries[query]["columns"]
        for row in self._queries[query]["rows"]:
            named = dict(zip(columns, row, strict=True))
            if all(named[name] == value for name, value in wanted.items()):
                yield named

    def row(self, query: str, **wanted: object) -> dict[str, object]:
        """The only such row."""
        (found,) = self.rows(query, **wanted)
        return found


class Taken:
    """A workbook that took files in and was synced."""

    def __init__(self, folder: Path, files: Sequence[File]) -> None:
        self.reports: list[ImportReport] = []
        self.workbook = MemoryWorkbook(fresh_workbook("en"))
        self.crm = Crm(self.workbook, now=lambda: NIGHT)
        for file in files:
            importing = open_import(file.tab, folder / file.name, MAPS / file.map_name, add_to_lists=True)
            self.reports.append(import_into(self.workbook, importing, now=lambda: NIGHT))
        self.synced = self.crm.sync()

    def cells(self, tab: str, name: str) -> list[Cell]:
        """What stands in a column, blanks left out."""
        layout = read_layout(self.workbook.snapshot).layouts[tab]
        column = layout.columns[name]
        below = layout.tab.rows[layout.header_row + 1 :]
        return [row[column] for row in below if column < len(row) and not is_blank(row[column])]

    def rows(self, tab: str) -> int:
        """Rows of a tab that bear an ID."""
        return len(self.cells(tab, "id"))

    @property
    def records(self) -> int:
        """Rows of Leads, Opportunities and Deals."""
        return sum(map(self.rows, PIPELINE_TABS))

    def funnel(self, by: str | None = None) -> dict[str, object]:
        """What `funnel --json` says."""
        return json.loads(json.dumps(self.crm.funnel(by=by).as_json()))  # type: ignore[arg-type]


def data(shared: Path, name: str) -> Path:
    folder = shared / "data" / name
    require(folder.is_dir(), f"no data set {name} in {shared / 'data'}")
    return folder


@pytest.fixture(scope="module")
def ich(shared: Path) -> Taken:
    return Taken(data(shared, "ich_school_crm"), ICH)


@pytest.fixture(scope="module")
def maven(shared: Path) -> Taken:
    return Taken(data(shared, "maven_crm"), MAVEN)


@pytest.fixture(scope="module")
def olist(shared: Path) -> Taken:
    return Taken(data(shared, "olist_funnel"), OLIST)


@pytest.fixture
def reference(shared: Path, request: pytest.FixtureRequest) -> Reference:
    return Reference(shared / "data" / "reference" / f"{request.param}.json")


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("reference", [pytest.param(name, id=name)], indirect=True)


def money(amounts: object) -> float:
    """The only amount there is; nothing where there is none."""
    assert isinstance(amounts, Mapping)
    assert len(amounts) <= 1
    return round(float(next(iter(amounts.values()), 0.0)), 2)


def cohorts(said: Mapping[str, object]) -> dict[object, tuple[object, ...]]:
    rows = said["cohorts"]
    assert isinstance(rows, list)
    return {c["month"]: (c["records"], c["open"], c["won"], c["lost"], money(c["won_value"])) for c in rows}


def groups(said: Mapping[str, object]) -> dict[object, tuple[object, ...]]:
    rows = said["groups"]
    assert isinstance(rows, list)
    rate = {g["key"]: None if g["win_rate"] is None else round(g["win_rate"], 4) for g in rows}
    return {g["key"]: (g["records"], g["won"], g["lost"], rate[g["key"]], money(g["won_value"])) for g in rows}


def rounded(days: object) -> tuple[float, float]:
    assert isinstance(days, Mapping)
    return round(days["median"], 4), round(days["p90"], 4)


def days_of(row: Mapping[str, object]) -> tuple[float, float]:
    return round(float(str(row["median_days"])), 4), round(float(str(row["p90_days"])), 4)


# ---------------------------------------------------------------- the school


def test_every_deal_of_the_school_is_found_in_a_tab(ich: Taken) -> None:
    (report,) = ich.reports
    assert (report.added, report.updated, report.skipped) == (8174, 0, 0)
    assert [(n.line, n.why, n.text) for n in report.unread] == [(8177, "noise", "#REF!")]
    assert ich.records == 8174
    assert not ich.synced.written


@of("ich_school_crm")
def test_the_school_s_totals(ich: Taken, reference: Reference) -> None:
    said, total = ich.funnel(), reference.row("totals", period="ALL")
    assert (said["records"], said["open"], said["won"], said["lost"]) == tuple(
        total[name] for name in ("deals", "open", "won", "lost")
    )
    assert round(float(str(said["win_rate"])), 4) == total["win_rate"]
    assert said["won_value"] == {"EUR": total["won_offer_amount"]}


@of("ich_school_crm")
def test_the_school_s_cohorts(ich: Taken, reference: Reference) -> None:
    assert cohorts(ich.funnel()) == {
        r["month"]: (r["deals"], r["open"], r["won"], r["lost"], r["won_offer_amount"])
        for r in reference.rows("by_month_cohort")
    }


@of("ich_school_crm")
def test_the_school_s_days_to_close(ich: Taken, reference: Reference) -> None:
    days = ich.funnel()["days_to_close"]
    assert isinstance(days, Mapping)
    for outcome, stage in (("won", "Payment Done"), ("lost", "Lost")):
        assert rounded(days[outcome]) == days_of(reference.row("days_created_to_closing", Stage=stage, period="ALL"))


@of("ich_school_crm")
def test_the_school_s_owners(ich: Taken, reference: Reference) -> None:
    assert groups(ich.funnel("owner")) == {
        None if r["owner"] == "(none)" else r["owner"]: (
            *(r["deals"], r["won"], r["lost"], r["win_rate"], r["won_offer_amount"] or 0.0),
        )
        for r in reference.rows("by_owner", period="ALL")
    }


@of("ich_school_crm")
def test_the_school_s_sources(ich: Taken, reference: Reference) -> None:
    found = {key: (some[0], some[1], some[2], some[4]) for key, some in groups(ich.funnel("source")).items()}
    assert found == {
        r["Source"]: (r["deals"], r["won"], r["lost"], r["won_offer_amount"] or 0.0)
        for r in reference.rows("by_source", period="ALL")
    }


@of("ich_school_crm")
def test_the_school_s_loss_reasons(ich: Taken, reference: Reference) -> None:
    reasons = ich.funnel()["loss_reasons"]
    assert isinstance(reasons, list)
    assert {r["reason"]: r["count"] for r in reasons} == {
        None if r["reason"] == "(blank)" else r["reason"]: r["all_lost"] for r in reference.rows("loss_reasons")
    }


@of("ich_school_crm")
def test_what_is_wrong_with_the_school_s_deals_is_flagged(ich: Taken, reference: Reference) -> None:
    issues = {r["issue"]: r["n"] for r in reference.rows("quality_issues")}
    codes = [problem.code for problem in ich.crm.check()]
    for code, issue in (
        ("missing-loss-reason", "lost without reason"),
        ("loss-reason-on-won", "won with a loss reason"),
        ("closed-before-created", "closed before created"),
    ):
        assert codes.count(code) == issues[issue]


def test_the_school_s_file_twice_adds_nothing_twice(ich: Taken, shared: Path) -> None:
    (file,) = ICH
    folder = data(shared, "ich_school_crm")
    again = open_import(file.tab, folder / file.name, MAPS / file.map_name, add_to_lists=True)
    report = import_into(ich.workbook, again, now=lambda: NIGHT)
    assert (report.added, report.updated, report.skipped, report.written) == (0, 0, 8174, False)


# ---------------------------------------------------------------- the hardware seller


def test_every_opportunity_of_the_seller_is_found_in_a_tab(maven: Taken) -> None:
    assert [(r.added, len(r.unread)) for r in maven.reports] == [(85, 0), (8800, 0)]
    assert maven.records == 8800
    assert not maven.synced.written


@of("maven_crm")
def test_the_seller_s_totals(maven: Taken, reference: Reference) -> None:
    said, total = maven.funnel(), reference.row("totals")
    assert (said["records"], said["open"], said["won"], said["lost"]) == tuple(
        total[name] for name in ("opportunities", "open", "won", "lost")
    )
    assert round(float(str(said["win_rate"])), 4) == total["win_rate"]
    assert said["won_value"] == {"USD": total["won_amount"]}


@of("maven_crm")
def test_the_seller_s_cohorts(maven: Taken, reference: Reference) -> None:
    found = cohorts(maven.funnel())
    prospecting = found.pop(None)
    assert prospecting == (reference.row("by_stage", deal_stage="Prospecting")["n"],) * 2 + (0, 0, 0.0)
    assert found == {
        r["month"]: (r["engaged"], r["still_open"], r["won"], r["lost"], r["won_amount"])
        for r in reference.rows("by_engage_month_cohort")
    }


@of("maven_crm")
def test_the_seller_s_days_to_close(maven: Taken, reference: Reference) -> None:
    days = maven.funnel()["days_to_close"]
    assert isinstance(days, Mapping)
    for outcome, stage in (("won", "Won"), ("lost", "Lost")):
        assert rounded(days[outcome]) == days_of(reference.row("days_engage_to_close", deal_stage=stage))


@of("maven_crm")
def test_the_seller_s_agents(maven: Taken, reference: Reference) -> None:
    assert groups(maven.funnel("owner")) == {
        r["sales_agent"]: (r["opportunities"], r["won"], r["lost"], r["win_rate"], r["won_amount"])
        for r in reference.rows("by_agent")
    }


@pytest.mark.parametrize(
    "files",
    [
        pytest.param(MAVEN, id="its list of accounts first"),
        pytest.param(MAVEN[1:], id="the won deals alone"),
    ],
)
def test_the_seller_s_won_deals_give_its_85_accounts(files: Sequence[File], shared: Path, maven: Taken) -> None:
    taken = maven if files is MAVEN else Taken(data(shared, "maven_crm"), files)
    assert taken.rows("accounts") == 85
    assert sum(int(str(deals)) for deals in taken.cells("accounts", "deals")) == 4238
    deals = taken.crm.deals
    assert deals["account_id"].notna().all()
    assert deals["account_id"].nunique() == 85


@of("maven_crm")
def test_the_seller_s_lost_ones_lack_a_reason_and_say_so(maven: Taken, reference: Reference) -> None:
    codes = [problem.code for problem in maven.crm.check()]
    assert codes.count("missing-loss-reason") == reference.row("by_stage", deal_stage="Lost")["n"]


# ---------------------------------------------------------------- the marketplace


def test_every_lead_of_the_marketplace_is_found_in_a_tab(olist: Taken) -> None:
    closed, leads = olist.reports
    assert (closed.added, len(closed.unread)) == (842, 0)
    assert (leads.added, leads.updated, len(leads.unread)) == (7158, 842, 0)
    assert olist.records == 8000
    assert (olist.rows("leads"), olist.rows("deals")) == (7158, 842)
    assert not olist.synced.written


@of("olist_funnel")
def test_the_marketplace_s_totals(olist: Taken, reference: Reference) -> None:
    said, total = olist.funnel(), reference.row("totals")
    assert (said["records"], said["won"], said["lost"], said["won_value"]) == (total["leads"], total["closed"], 0, {})


@of("olist_funnel")
def test_the_marketplace_s_cohorts(olist: Taken, reference: Reference) -> None:
    found = {month: (some[0], some[2]) for month, some in cohorts(olist.funnel()).items()}
    assert found == {r["month"]: (r["leads"], r["closed"]) for r in reference.rows("by_lead_month_cohort")}


@of("olist_funnel")
def test_the_marketplace_s_days_to_close(olist: Taken, reference: Reference) -> None:
    days = olist.funnel()["days_to_close"]
    assert isinstance(days, Mapping)
    assert rounded(days["won"]) == days_of(reference.row("days_contact_to_won"))


@of("olist_funnel")
def test_the_marketplace_s_origins(olist: Taken, reference: Reference) -> None:
    # Two of its words are ours, in another spelling.
    theirs = {"(blank)": None, "email": "email", "referral": "Referral"}
    found = {key: some[:2] for key, some in groups(olist.funnel("source")).items()}
    assert found == {
        theirs.get(str(r["origin"]), r["origin"]): (r["leads"], r["closed"]) for r in reference.rows("by_origin")
    }


@of("olist_funnel")
def test_the_marketplace_s_sales_people(olist: Taken, reference: Reference) -> None:
    found = {key: some[1] for key, some in groups(olist.funnel("owner")).items() if key}
    assert found == {r["sr_id"]: r["won"] for r in reference.rows("by_sales_rep")}


@of("olist_funnel")
def test_the_marketplace_s_wins_by_month(olist: Taken, reference: Reference) -> None:
    days = olist.crm.deals["closed_on"].dt.strftime("%Y-%m")
    assert days.value_counts().to_dict() == {r["month"]: r["won"] for r in reference.rows("won_by_month")}


# ---------------------------------------------------------------- once, as a user does it


@of("maven_crm")
def test_with_the_commands_on_an_excel_file(
    shared: Path, tmp_path: Path, reference: Reference, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, crm = data(shared, "maven_crm"), str(tmp_path / "crm.xlsx")

    def says(*words: str) -> dict[str, object]:
        capsys.readouterr()
        assert main([*words, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    assert main(["init", crm, "--lang", "en"]) == 0
    for file in MAVEN:
        arguments = [file.tab, str(folder / file.name), "--map", str(MAPS / file.map_name), "--add-to-lists"]
        assert says("import", crm, *arguments)["written"] is True
    assert main(["sync", crm]) == 0
    said, total = says("funnel", crm), reference.row("totals")
    assert (said["records"], said["won"], said["lost"]) == (total["opportunities"], total["won"], total["lost"])
    assert said["won_value"] == {"USD": total["won_amount"]}
    assert cohorts(said)["2017-07"] == (1198, 402, 441, 355, 1049172.0)
    again = says("import", crm, "Accounts", str(folder / "accounts.csv"), "--map", str(MAPS / "maven_accounts.toml"))
    assert (again["added"], again["unchanged"]) == (0, 85)
