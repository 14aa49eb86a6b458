"""What every store must do with the same plan. Each store's tests inherit this and say how a workbook is made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from itertools import zip_longest

import pytest

from sheetcrm.problems import Changed
from sheetcrm.tables import (
    AddColumn,
    Addressing,
    AddRows,
    AddTab,
    Cell,
    CellChange,
    Change,
    Column,
    Formula,
    Mark,
    MoveRow,
    Plan,
    RowKey,
    SetCells,
    Snapshot,
    Styled,
    Tab,
    Workbook,
    WriteTab,
    locate,
    same_cell,
)
from sheetcrm.workbooks.memory import applied

__all__ = ["WORKBOOK", "WorkbookSuite", "differences", "key_of", "plan_of"]

LEADS: tuple[tuple[Cell, ...], ...] = (
    ("ID", "Company", "Stage", "Next step on", "Notes"),
    ("R-0001", "Acme", "New", date(2026, 11, 25), "=cmd|' /C calc'!A0"),
    ("R-0002", "Beta", "Qualified", "", "+40 722 123 456"),
    ("R-0003", "Gamma", "New", date(2026, 12, 1), "  spaces around  "),
    ("", "Delta", "", "", "two\nlines"),
    ("R-0005", "Beta", "Qualified", "", "-"),
)
DEALS: tuple[tuple[Cell, ...], ...] = (
    ("ID", "Company", "Value", "Stage", "Next step on"),
    ("R-0009", "Omega", 1234.5, "Won", date(2026, 1, 31)),
)
WORKBOOK = Snapshot(
    (
        Tab("Leads", LEADS, "leads", {"id": 0, "company": 1, "stage": 2}),
        Tab("Deals", DEALS, "deals", {"id": 0, "value": 2}),
        Tab("Report", (("old", "words"), ("to", "go")), "report"),
        Tab("Our own", (("a", 1.0), ("", True)), ""),
    )
)
ADDRESSING = {"Leads": Addressing(0, 0, (1, 2, 3, 4)), "Deals": Addressing(0, 0, (1, 2, 3, 4))}


def plan_of(*changes: Change) -> Plan:
    """A plan over the little workbook."""
    return Plan(changes, ADDRESSING)


def key_of(snapshot: Snapshot, title: str, row: int) -> RowKey:
    """The address of a row, which counts from 1 as people count."""
    tab = snapshot.tab(title)
    assert tab is not None
    return next(key for key, at in locate(tab, ADDRESSING[title]).items() if at == row - 1)


def _key(row: int, title: str = "Leads") -> RowKey:
    return key_of(WORKBOOK, title, row)


def differences(one: Snapshot, other: Snapshot) -> list[str]:
    """Where two workbooks say something else; formats are no matter here, nor what a formula comes to."""
    found = []
    for a, b in zip_longest(one.tabs, other.tabs):
        if a is None or b is None or (a.title, a.mark, a.hidden) != (b.title, b.mark, b.hidden):
            found.append(f"tab {a and a.title} {b and b.title}")
            continue
        if dict(a.marks) != dict(b.marks) or set(a.formulas) != set(b.formulas):
            found.append(f"{a.title}: marks or formulas")
        found += [
            f"{a.title} row {row + 1} column {column + 1}: {a.cell(row, column)!r} {b.cell(row, column)!r}"
            for row in range(max(len(a.rows), len(b.rows)))
            for column in range(max(a.width, b.width))
            if not ((row, column) in a.formulas and (row, column) in b.formulas)
            and not same_cell(a.cell(row, column), b.cell(row, column))
        ]
    return found


PLANS: Sequence[object] = [
    pytest.param(
        (SetCells(_key(3), (CellChange(2, "Qualified", "Won"), CellChange(6, "", "far right"))),),
        id="cells of one row are set",
    ),
    pytest.param(
        (MoveRow(_key(3), "Deals", ((0, 0), (1, 1), (2, 3), (3, 4)), ((3, "Won"), (2, Decimal("99.90")))),),
        id="a row moves and those below close up",
    ),
    pytest.param(
        (
            SetCells(_key(2), (CellChange(2, "New", "Won"),)),
            MoveRow(_key(2), "Deals", ((0, 0), (1, 1), (2, 3), (3, 4), (4, 5))),
            MoveRow(_key(4), "Deals", ((0, 0), (1, 1), (2, 3), (4, 5))),
            AddRows("Leads", (("R-0010", "New one", "New", date(2027, 1, 1)), ("R-0011",))),
        ),
        id="rows leave from both ends while others come",
    ),
    pytest.param(
        tuple(MoveRow(_key(row), "Deals", ((0, 0), (1, 1))) for row in (2, 3, 4, 5, 6)),
        id="every row leaves",
    ),
    pytest.param(
        (
            AddRows(
                "Leads", (("=1+1", "+1", "-1", "@x", "=HYPERLINK(0)"), ("'quoted", "#REF!", "TRUE", "1.5", "_x000B_"))
            ),
        ),
        id="text that looks like something else stays text",
    ),
    pytest.param(
        (
            AddRows(
                "Deals", (("R-1", "x", 3, True, datetime(2026, 11, 23, 2, 17, 5)), ("", "", Decimal("0.10"), False))
            ),
        ),
        id="numbers, truths, dates and moments keep what they are",
    ),
    pytest.param(
        (
            AddColumn("Deals", 5, "Notes", 0, like=("Leads", 4)),
            AddColumn("Deals", 6, "Check", 0, mark="check"),
            MoveRow(_key(6), "Deals", ((0, 0), (1, 1), (4, 5))),
        ),
        id="a row takes a column of the team along",
    ),
    pytest.param((Mark("Leads", "leads", (("notes", 4),)),), id="a column is marked"),
    pytest.param(
        (Mark("Our own", "settings", (("setting", 0), ("setting_value", 1))),),
        id="a tab is marked",
    ),
    pytest.param(
        (
            AddTab("History", "history", (Column("number", "No"), Column("event", "Event")), ((1, "created"),)),
            AddTab("State", "state", (Column("id", "ID"),), (("R-0001",),), hidden=True),
            AddRows("History", ((2, "moved"),)),
        ),
        id="tabs of sync's own are made",
    ),
    pytest.param(
        (
            WriteTab(
                "Report",
                (
                    (Styled("Funnel", "title"),),
                    (),
                    (Styled("Won", "header"), Styled(Decimal("10.50"), "amount"), Styled(0.25, "percent")),
                    (Styled(date(2026, 1, 31), "date"), Styled(datetime(2026, 1, 31, 2, 17), "moment")),
                    (Styled(Formula('=HYPERLINK("#Leads!A2","R-0001")'), "link"), Styled(3, "count")),
                ),
                (30, 12),
            ),
        ),
        id="a tab of sync's own says something new",
    ),
]

REFUSED: Sequence[object] = [
    pytest.param((SetCells(_key(3), (CellChange(2, "Another", "Won"),)),), id="a cell says something else"),
    pytest.param((SetCells(_key(3)._replace(fingerprint="0"), ()),), id="the row was edited"),
    pytest.param((SetCells(_key(3)._replace(ordinal=1), ()),), id="the row's double is gone"),
    pytest.param((MoveRow(_key(3), "Nowhere", ()),), id="the target tab is gone"),
    pytest.param((AddRows("Nowhere", (("x",),)),), id="the tab is gone"),
    pytest.param((AddTab("leads", "history"),), id="a tab of that name is there, in other letter case"),
    pytest.param((AddColumn("Deals", 4, "Notes", 0),), id="the new column is taken"),
    pytest.param(
        (AddRows("Deals", (("x",),)), SetCells(_key(3), (CellChange(2, "Another", "Won"),))),
        id="the last of several changes does not fit",
    ),
]


class WorkbookSuite:
    """The behaviour that `sync` relies on."""

    @pytest.fixture
    def make(self) -> Callable[[Snapshot], Workbook]:
        """How a workbook of this kind that says a snapshot comes to be."""
        raise NotImplementedError

    def test_reads_what_was_laid_into_it(self, make: Callable[[Snapshot], Workbook]) -> None:
        assert differences(make(WORKBOOK).read(), WORKBOOK) == []

    @pytest.mark.parametrize("changes", PLANS)
    def test_says_after_a_plan_what_the_plan_says(
        self, make: Callable[[Snapshot], Workbook], changes: tuple[Change, ...]
    ) -> None:
        workbook = make(WORKBOOK)
        base = workbook.read()
        receipt = workbook.apply(plan_of(*changes), base)
        after = workbook.read()
        assert receipt.written
        assert differences(after, applied(WORKBOOK, plan_of(*changes))) == []
        assert after.token != base.token

    @pytest.mark.parametrize("changes", REFUSED)
    def test_a_plan_that_does_not_fit_changes_nothing(
        self, make: Callable[[Snapshot], Workbook], changes: tuple[Change, ...]
    ) -> None:
        workbook = make(WORKBOOK)
        base = workbook.read()
        with pytest.raises(Changed):
            workbook.apply(plan_of(*changes), base)
        assert workbook.read() == base

    def test_an_empty_plan_writes_nothing(self, make: Callable[[Snapshot], Workbook]) -> None:
        workbook = make(WORKBOOK)
        base = workbook.read()
        assert not workbook.apply(plan_of(), base).written
        assert workbook.read().token == base.token

    def test_headers_renamed_in_between_are_noticed(self, make: Callable[[Snapshot], Workbook]) -> None:
        leads = replace(WORKBOOK.tabs[0], rows=(("ID", "Firm", *LEADS[0][2:]), *LEADS[1:]))
        workbook = make(replace(WORKBOOK, tabs=(leads, *WORKBOOK.tabs[1:])))
        base = replace(WORKBOOK, token="of another time")
        with pytest.raises(Changed):
            workbook.apply(plan_of(AddRows("Leads", (("x",),))), base)

    def test_one_plan_after_another(self, make: Callable[[Snapshot], Workbook]) -> None:
        workbook, expected = make(WORKBOOK), WORKBOOK
        for _ in range(3):
            base = workbook.read()
            plan = plan_of(MoveRow(key_of(base, "Leads", 2), "Deals", ((0, 0), (1, 1), (2, 3), (3, 4))))
            expected = applied(expected, plan)
            workbook.apply(plan, base)
        assert differences(workbook.read(), expected) == []
