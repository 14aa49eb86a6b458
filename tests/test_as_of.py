"""A day of the past against what stood there on that night, over random workbooks and whatever people do to them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.funnel import Fact
from sheetcrm.notebook import Crm
from sheetcrm.past import seen_on
from sheetcrm.workbooks.memory import MemoryWorkbook
from tests.laws.team import Edit, new_office, work
from tests.laws.watch import Office
from tests.test_laws import DAYS, LANGUAGES, NOW, SEEDS, some_examples

Stood = dict[str, tuple[object, ...]]


def stood(facts: Iterable[Fact]) -> Stood:
    return {f.id: (f.stage, f.reached, f.outcome, f.cycle, f.owner, f.source, f.value) for f in facts}


def told_plainly(crm: Crm) -> set[str]:
    """The records of which nothing was dated back or put right: History says of each night what stood there."""
    settings = crm._settings
    bent = {e.record for e in crm.history if e.event == "corrected" or e.happened_on != seen_on(e, settings)}
    return {fact.id for fact in crm._facts} - bent


@some_examples(20)
@given(language=LANGUAGES, rows=st.integers(0, 14), seed=SEEDS, days=DAYS)
def test_each_night_is_rebuilt_as_it_was(language: str, rows: int, seed: int, days: list[list[Edit]]) -> None:
    office = Office(MemoryWorkbook(new_office(language, rows, seed)))
    nights: dict[date, Stood] = {}
    for number, edits in enumerate([[], *days, []]):
        for edit in edits:
            office.workbook.snapshot = work(office.workbook.snapshot, edit, language)
        now = NOW + timedelta(days=2 * number)
        office.night(now)
        crm = Crm(office.workbook, now=lambda now=now: now)
        nights[crm._run.today] = stood(crm._facts)
        assert crm.as_of(crm._run.today).funnel("owner").as_json() == crm.funnel("owner").as_json()
    plain = told_plainly(crm)
    for night, then in nights.items():
        rebuilt = stood(crm.as_of(night).facts)
        assert {id_: rebuilt.get(id_) for id_ in then.keys() & plain} == {id_: then[id_] for id_ in then.keys() & plain}
