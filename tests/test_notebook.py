"""What Python and Jupyter see of a workbook."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pandas as pd
import pytest

from sheetcrm.notebook import Crm
from sheetcrm.setup import fresh_workbook
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.test_sync import with_row

START = datetime(2026, 11, 23, 0, 17, tzinfo=UTC)


@pytest.fixture
def crm() -> Crm:
    """A small team's workbook after its first night."""
    snapshot = fresh_workbook("en")
    snapshot = with_row(snapshot, "lists", owner="Ana Pop")
    snapshot = with_row(snapshot, "leads", company="Acme SRL", email="ana@acme.ro", source="Website", owner="Ana Pop")
    snapshot = with_row(snapshot, "leads", company="Lost Co", source="Website", stage="Lost", loss_reason="No budget")
    snapshot = with_row(
        snapshot, "activities", record="Acme SRL", type="Call", date=date(2026, 11, 20), subject="First"
    )
    made = Crm(MemoryWorkbook(snapshot), now=_clock())
    made.sync()
    return made


def _clock() -> Callable[[], datetime]:
    return lambda: START + timedelta(minutes=5)


def test_records_are_a_typed_table_with_one_row_a_record(crm: Crm) -> None:
    frame = crm.records
    assert list(frame["id"]) == ["R-0001", "R-0002"]
    assert list(frame["stage"]) == ["New", "Lost"]
    assert list(frame["loss_reason"].fillna("")) == ["", "No budget"]
    assert pd.api.types.is_datetime64_any_dtype(frame["created_on"])
    assert list(crm.leads["company"]) == ["Acme SRL", "Lost Co"]
    assert crm.opportunities.empty
    assert crm.deals.empty


def test_a_plan_is_a_table_of_cells_and_empty_when_all_is_done(crm: Crm) -> None:
    assert crm.plan().is_empty
    workbook = crm.workbook
    assert isinstance(workbook, MemoryWorkbook)
    workbook.snapshot = with_row(workbook.snapshot, "leads", company="Beta SA", source="website")
    crm.refresh()
    frame = crm.plan().to_frame()
    leads = frame[(frame["tab"] == "Leads") & (frame["what"] == "set")]
    assert dict(zip(leads["column"], leads["after"], strict=True))["ID"] == "R-0003"
    assert ("Source", "website", "Website") in set(zip(leads["column"], leads["before"], leads["after"], strict=True))


def test_problems_say_where_what_and_how_to_mend_it(crm: Crm) -> None:
    workbook = crm.workbook
    assert isinstance(workbook, MemoryWorkbook)
    workbook.snapshot = with_row(workbook.snapshot, "leads", company="Beta SA", email="beta at beta.ro")
    crm.refresh()
    frame = crm.problems
    assert list(frame.columns) == ["tab", "row", "id", "column", "code", "severity", "message"]
    bad = frame[frame["code"] == "bad-email"].iloc[0]
    assert (bad["tab"], bad["row"], bad["column"]) == ("Leads", 4, "E-mail")


def test_the_funnel_is_a_table_of_stages_and_of_groups(crm: Crm) -> None:
    view = crm.funnel(by="owner")
    assert list(view.frame["stage"])[:2] == ["New", "Contacted"]
    assert view.as_json()["records"] == 2
    assert set(view.groups["key"].fillna("–")) == {"Ana Pop", "–"}


def test_a_timeline_tells_events_and_activities_in_order(crm: Crm) -> None:
    told = crm.timeline("R-0001")
    assert list(told["event"]) == ["activity", "created", "stage"]
    assert told["happened_on"].is_monotonic_increasing


def test_accounts_activities_offers_and_events_are_tables(crm: Crm) -> None:
    assert crm.accounts.empty
    assert list(crm.activities["record_id"]) == ["R-0001"]
    assert crm.offers.empty
    assert set(crm.events["event"]) >= {"created", "lost"}
