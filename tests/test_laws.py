"""The laws of the design, over random workbooks and whatever people do to them.

`benchmarks/edits.py` plays the same for as long as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.plan import make_plan
from sheetcrm.problems import Changed, Stopped
from sheetcrm.schema import PIPELINE_TABS, TABS, fields_of
from sheetcrm.tables import Cell, CellError, Snapshot, raw_text
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.stores import SheetOnTheEmulator
from tests.laws.team import BREAKING, GENTLE, KINDS, Book, Edit, new_office, work
from tests.laws.watch import Night, Office, breaches, changed_rules, lost_words, mute_problems

NOW = datetime(2026, 11, 23, 2, 17, tzinfo=UTC)
LANGUAGES = st.sampled_from(messages.LANGUAGES)
SEEDS = st.integers(0, 2**31 - 1)


def _edits(kinds: tuple[str, ...]) -> st.SearchStrategy[Edit]:
    return st.builds(Edit, st.sampled_from(kinds), SEEDS)


DAYS = st.lists(st.lists(_edits(GENTLE), max_size=6), min_size=1, max_size=3)
CELLS: st.SearchStrategy[Cell] = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [*map(CellError, ("#REF!", "#N/A")), "R-1", "a-0001", "TOTAL", "new", "nou", "=1", "{0}", " ", "x"]
    ),
    st.sampled_from(["Won", "Pierdut", "lost", "Ana Pop", "Leads", "da", "no", "06:00", "31.02.2026", "140 %", "EUR"]),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.decimals(allow_nan=False, allow_infinity=False, places=2),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=9)),
)


Store = Callable[[Snapshot], Any]
"""Makes a workbook that says what a snapshot says."""


@pytest.fixture(scope="module", params=["memory", "google"])
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    """Every law holds in every kind of workbook; Excel's keeps to what memory says (tests/workbooks)."""
    if request.param == "memory":
        yield MemoryWorkbook
        return
    server = request.getfixturevalue("sheets_server")
    yield lambda snapshot: SheetOnTheEmulator(server, snapshot)


def some_examples(number: int) -> settings:
    """So many, however long each takes on a busy machine."""
    return settings(max_examples=number, deadline=None, suppress_health_check=list(HealthCheck))


def _worked(snapshot: Snapshot, day: list[Edit], language: str) -> Snapshot:
    for edit in day:
        snapshot = work(snapshot, edit, language)
    return snapshot


# ---------------------------------------------------------------- laws 1, 2, 3, 5, 7, night after night


@some_examples(12)
@given(language=LANGUAGES, rows=st.integers(0, 14), seed=SEEDS, days=DAYS)
def test_whatever_people_do_every_law_holds_after_every_night(
    store: Store, language: str, rows: int, seed: int, days: list[list[Edit]]
) -> None:
    office = Office(store(new_office(language, rows, seed)))
    for number, day in enumerate([[], *days]):
        office.workbook.snapshot = _worked(office.workbook.snapshot, day, language)
        assert breaches(office.night(NOW + timedelta(days=number))) == []


@some_examples(10)
@given(language=LANGUAGES, seed=SEEDS, disaster=_edits(BREAKING), day=st.lists(_edits(GENTLE), max_size=3))
def test_a_disaster_breaks_no_law_either(
    store: Store, language: str, seed: int, disaster: Edit, day: list[Edit]
) -> None:
    office = Office(store(new_office(language, 16, seed)))
    office.night(NOW)
    office.workbook.snapshot = _worked(office.workbook.snapshot, [disaster, *day], language)
    assert breaches(office.night(NOW + timedelta(days=1))) == []
    assert breaches(office.night(NOW + timedelta(days=2), force=True)) == []


@pytest.mark.parametrize(("kind", "language"), [*zip(KINDS, cycle(messages.LANGUAGES), strict=False)])
def test_every_kind_of_edit_by_itself(store: Store, kind: str, language: str) -> None:
    office = Office(store(new_office(language, 9, 5)))
    office.night(NOW)
    for number in range(1, 3):
        office.workbook.snapshot = work(office.workbook.snapshot, Edit(kind, number), language)
        assert breaches(office.night(NOW + timedelta(days=number))) == []


def test_planning_again_the_same_day_finds_nothing_and_nothing_is_written(store: Store) -> None:
    office = Office(store(new_office("en", 8, 3)))
    office.night(NOW)
    stands = office.workbook.read()
    again = office.night(NOW + timedelta(minutes=40))
    assert again.plan.is_empty
    assert office.workbook.read() == stands


# ---------------------------------------------------------------- law 4: all or nothing


@some_examples(25)
@given(language=LANGUAGES, seed=SEEDS, day=st.lists(_edits(GENTLE), max_size=4), late=_edits(tuple(KINDS)))
def test_a_plan_meets_an_edit_that_came_in_between(
    store: Store, language: str, seed: int, day: list[Edit], late: Edit
) -> None:
    office = Office(store(new_office(language, 8, seed)))
    office.night(NOW)
    base = store(_worked(office.workbook.snapshot, day, language)).read()
    plan = make_plan(base, NOW + timedelta(days=1))
    workbook = store(work(base, late, language))
    edited = workbook.read()
    try:
        workbook.apply(plan, base)
    except Changed:
        assert workbook.read() == edited
    else:
        night = Night(edited, plan, workbook.read(), NOW + timedelta(days=1))
        assert [*lost_words(night), *changed_rules(night)] == []


# ---------------------------------------------------------------- law 6: one bad row, one broken tab


@some_examples(12)
@given(
    language=LANGUAGES,
    seed=SEEDS,
    tab=st.sampled_from(PIPELINE_TABS),
    cells=st.dictionaries(st.sampled_from([f.name for f in TABS["deals"] if f.name not in ("id", "account")]), CELLS),
)
def test_one_bad_row_changes_nothing_for_the_others(
    store: Store, language: str, seed: int, tab: str, cells: dict[str, Cell]
) -> None:
    office = Office(store(new_office(language, 8, seed)))
    office.night(NOW)
    without = work(office.workbook.snapshot, Edit("change a stage", seed), language)
    book = Book(without, language)
    book.add(tab, **{**cells, "company": "", "contact": "Zzyzx Quux", "email": "", "phone": "", "referred_by": ""})
    tomorrow = NOW + timedelta(days=1)
    assert _others(_after(store, book.snapshot(), tomorrow), language) == _others(
        _after(store, without, tomorrow), language
    )


def _after(store: Store, snapshot: Snapshot, now: datetime) -> Snapshot:
    return Office(store(snapshot)).night(now).after


def _others(snapshot: Snapshot, language: str) -> dict[str, list[str]]:
    """The rows of the records that were known before, cell by cell."""
    book = Book(snapshot, language)
    rows = {}
    for name in PIPELINE_TABS:
        for row in book.below(name):
            id_ = raw_text(book.read(name, row, "id"))
            if id_.startswith("R-") and int(id_[2:]) <= 8:
                rows[id_] = [name, *(raw_text(book.read(name, row, field)) for field in fields_of(name))]
    return rows


@pytest.mark.parametrize("language", messages.LANGUAGES)
@pytest.mark.parametrize(
    ("broken", "code"),
    [
        pytest.param("one column sorted", "many-identities", id="one column was sorted by itself"),
        pytest.param("rows deleted", "many-missing", id="most rows were deleted"),
        pytest.param("stages pasted over", "many-stages", id="one stage was pasted over all"),
        pytest.param("no ID header", "header-gone", id="the ID header is gone"),
        pytest.param("no stage header", "header-gone", id="the stage header is gone"),
    ],
)
def test_a_broken_tab_stops_itself_and_the_others_go_on(store: Store, broken: str, code: str, language: str) -> None:
    office = Office(store(_twenty_leads(language)))
    office.night(NOW)
    book = Book(office.workbook.snapshot, language)
    _break(book, broken)
    book.add("opportunities", company="Nou Venit SRL", email="x@nouvenit.ro")
    office.workbook.snapshot = book.snapshot()
    night = office.night(NOW + timedelta(days=1))
    assert [problem.code for problem in night.plan.stopped] == [code]
    assert breaches(night) == []
    after = Book(night.after, language)
    assert after.cells("leads") == book.cells("leads")
    assert raw_text(after.read("opportunities", after.below("opportunities")[-1], "id")) == "R-0021"
    assert breaches(office.night(NOW + timedelta(days=2))) == []


def _twenty_leads(language: str) -> Snapshot:
    book = Book(new_office(language), language)
    stage = messages.text("defaults", "stage-contacted", language)
    source = messages.text("defaults", "source-website", language)
    for n in range(20):
        name = f"{chr(ord('T') - n)}{n} SRL"
        book.add("leads", company=name, email=f"a@firma{n}.ro", source=source, stage=stage)
    return book.snapshot()


def _break(book: Book, broken: str) -> None:
    rows = list(book.below("leads"))
    layout = book.layout("leads")
    if broken == "one column sorted":
        names = sorted(str(book.read("leads", row, "company")) for row in rows)
        for row, name in zip(rows, names, strict=True):
            book.type("leads", row, "company", name)
    elif broken == "rows deleted":
        del book.cells("leads")[8:]
    elif broken == "stages pasted over":
        for row in rows:
            book.type("leads", row, "stage", messages.text("defaults", "stage-lost", book.language))
    else:
        book.put("leads", layout.header_row, layout.columns["id" if "ID" in broken else "stage"], "")


@pytest.mark.parametrize("approved", [pytest.param(True, id="a date in Settings"), pytest.param(False, id="--force")])
def test_a_person_may_let_a_disaster_pass(store: Store, approved: bool) -> None:
    office = Office(store(_twenty_leads("en")))
    office.night(NOW)
    book = Book(office.workbook.snapshot, "en")
    _break(book, "stages pasted over")
    for row in book.below("settings"):
        if approved and book.read("settings", row, "setting_code") == "approve":
            book.type("settings", row, "setting_value", date(2026, 11, 23))
    office.workbook.snapshot = book.snapshot()
    night = office.night(NOW + timedelta(days=1), force=not approved)
    assert night.plan.stopped == ()
    assert sum(event.event == "refused" for event in night.plan.events) == 20


# ---------------------------------------------------------------- law 7: any cell at all


@some_examples(40)
@given(language=LANGUAGES, data=st.data())
def test_no_cell_makes_a_run_fall_over(store: Store, language: str, data: st.DataObject) -> None:
    book = Book(new_office(language, 3, 1), language)
    names = [name for name in TABS if TABS[name]]
    for _ in range(data.draw(st.integers(1, 8))):
        name = data.draw(st.sampled_from(names))
        rows = [*book.below(name), len(book.cells(name))]
        row = data.draw(st.sampled_from(rows))
        if row == len(book.cells(name)):
            book.cells(name).append([])
        book.put(name, row, data.draw(st.integers(0, len(TABS[name]) + 1)), data.draw(CELLS))
    workbook = store(book.snapshot())
    before = workbook.read()
    try:
        plan = make_plan(before, NOW)
    except Stopped:  # an ID in a tab and nothing remembered
        return
    assert list(mute_problems(plan, before)) == []
    workbook.apply(plan, before)
    assert make_plan(workbook.read(), NOW).is_empty
