"""Offers in the workbook: prepared, numbered, answered, followed, and never made twice.

The stories run in memory; the files and the command are tried in `test_offers_folder`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from sheetcrm.columns import header
from sheetcrm.decide import decide
from sheetcrm.gather import gather
from sheetcrm.offer_states import offer_facts
from sheetcrm.offers import Offer
from sheetcrm.tables import Cell, Folder, column_letters
from tests.laws.desk import FIRST_NIGHT
from tests.laws.offer_desk import OfferDesk

FIRST, SECOND = "OF-2026-0001-v1", "OF-2026-0001-v2"
TODAY = date(2026, 11, 22)
"""The working day of the first night, at 02:17."""


@pytest.fixture
def desk() -> OfferDesk:
    return OfferDesk()


@pytest.fixture
def record(desk: OfferDesk) -> str:
    """An opportunity with two lines, in the last stage before an offer is sent."""
    id_ = desk.opportunity()
    desk.line(id_, "Pump", 2, 100)
    desk.line(id_, "Hose", 3, 12.5, discount_percent=0.1)
    return id_


@pytest.fixture
def made(desk: OfferDesk, record: str) -> str:
    """The same, with its first offer."""
    assert desk.prepared(record) == FIRST
    return record


# ---------------------------------------------------------------- prepare


def test_prepare_makes_the_offer_and_is_answered_with_its_number(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    plan = desk.sync()
    assert [file.path for file in plan.files] == [f"2026/{FIRST} Acme SRL.xlsx"]
    assert (desk.said(record, "offer"), desk.said(record, "last_offer"), desk.said(record, "stage")) == (
        FIRST,
        FIRST,
        "Needs analysis",
    )
    said = {name: desk.offer(FIRST, name) for name in "record version state net vat total currency file".split()}
    assert said == {
        "record": record,
        "version": "1",
        "state": "Draft",
        "net": "233.75",
        "vat": "49.09",
        "total": "282.84",
        "currency": "EUR",
        "file": f"offers/2026/{FIRST} Acme SRL.xlsx",
    }
    assert desk.offer(FIRST, "made_on") == (TODAY + timedelta(days=1)).isoformat()
    assert desk.offer(FIRST, "valid_until") == (TODAY + timedelta(days=31)).isoformat()
    assert desk.events() == [f"offer-made {record}"]
    assert [raw(desk, "offer_lines", row, "last_offer") for row in desk.below("offer_lines")] == [FIRST, FIRST]


def raw(desk: OfferDesk, tab: str, row: int, field: str) -> str:
    return str(desk.read(tab, row, field))


def test_prepare_again_without_a_change_gives_the_same_number_and_makes_nothing(desk: OfferDesk, made: str) -> None:
    assert desk.prepared(made) == FIRST
    assert (desk.plan.files, desk.events(), desk.numbers) == ((), [], [FIRST])


def test_prepare_again_after_a_change_makes_the_next_version(desk: OfferDesk, made: str) -> None:
    desk.type("offer_lines", 1, "quantity", 5)
    desk.line(made, "Valve", 1, 40)
    assert desk.prepared(made) == SECOND
    assert [(desk.offer(n, "state"), desk.offer(n, "version")) for n in (FIRST, SECOND)] == [
        ("Superseded", "1"),
        ("Draft", "2"),
    ]
    assert [line.quantity for line in desk.file(SECOND).lines] == [5, 3, 1]
    assert [raw(desk, "offer_lines", row, "last_offer") for row in desk.below("offer_lines")] == [SECOND] * 3
    assert desk.events() == [f"offer-made {made}", f"offer-superseded {made}"]
    assert desk.said(made, "last_offer") == SECOND


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda desk: desk.type("offer_lines", 1, "description", "blue"), id="a description"),
        pytest.param(lambda desk: desk.type("offer_lines", 1, "discount_percent", "5%"), id="a discount"),
        pytest.param(lambda desk: desk.type("offer_lines", 2, "vat_percent", "11%"), id="a VAT rate"),
        pytest.param(lambda desk: desk.write("R-0001", company="Beta SRL"), id="the client's name"),
        pytest.param(lambda desk: desk.write("R-0001", owner="Ion Rusu"), id="who prepares it"),
        pytest.param(lambda desk: desk.write("R-0001", currency="RON"), id="the currency"),
        pytest.param(lambda desk: desk.cells("offer_lines").pop(2), id="a line taken out"),
        pytest.param(lambda desk: setting(desk, "offer-payment", "in advance"), id="the terms in Settings"),
    ],
)
def test_whatever_stands_on_the_page_makes_another_version(
    desk: OfferDesk, made: str, change: Callable[[OfferDesk], object]
) -> None:
    change(desk)
    assert desk.prepared(made) == SECOND


def setting(desk: OfferDesk, code: str, value: Cell) -> None:
    """Type into the line of a setting, or a new one."""
    rows = [row for row in desk.below("settings") if desk.read("settings", row, "setting_code") == code]
    if rows:
        desk.type("settings", rows[0], "setting_value", value)
    else:
        desk.add("settings", setting=code, setting_value=value)


def test_a_line_that_was_in_an_earlier_offer_alone_still_shows_it(desk: OfferDesk, made: str) -> None:
    desk.type("offer_lines", 2, "record", "")
    assert desk.prepared(made) == SECOND
    assert [raw(desk, "offer_lines", row, "last_offer") for row in desk.below("offer_lines")] == [SECOND, FIRST]
    assert len(desk.file(SECOND).lines) == 1


def test_an_expired_offer_is_made_anew_though_nothing_changed(desk: OfferDesk, made: str) -> None:
    desk.sync(40)
    assert desk.offer(FIRST, "state") == "Expired"
    assert desk.prepared(made) == SECOND
    assert (desk.offer(FIRST, "state"), desk.offer(SECOND, "state")) == ("Superseded", "Draft")


def test_an_offer_whose_file_is_gone_is_made_anew(desk: OfferDesk, made: str) -> None:
    desk.disk.clear()
    assert desk.prepared(made) == SECOND
    assert list(desk.disk) == [f"2026/{SECOND} Acme SRL.xlsx"]


def test_after_an_accepted_offer_the_next_one_has_a_number_of_its_own(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "accepted")
    desk.sync()
    assert desk.prepared(made) == "OF-2026-0002-v1"
    assert desk.offer(FIRST, "state") == "Accepted"
    assert desk.offer("OF-2026-0002-v1", "state") == "Draft"


def test_each_record_has_numbers_of_its_own_and_each_year_begins_anew(desk: OfferDesk) -> None:
    first, second = desk.opportunity("Acme SRL"), desk.opportunity("Beta SRL")
    for id_ in (first, second):
        desk.line(id_)
        desk.write(id_, offer="prepare")
    desk.sync()
    assert desk.numbers == [FIRST, "OF-2026-0002-v1"]
    third = desk.opportunity("Gama SRL")
    desk.line(third)
    desk.sync(60)
    assert desk.prepared(third) == "OF-2027-0001-v1"
    desk.type("offer_lines", 1, "quantity", 9)
    assert desk.prepared(first) == SECOND  # a version stays with its number, whatever the year


@pytest.mark.parametrize(
    ("language", "word"), [("en", "prepare"), ("en", " PREPARE "), ("ro", "pregătește"), ("ro", "pregateste")]
)
def test_the_word_in_either_language(language: str, word: str) -> None:
    desk = OfferDesk(language)
    row = desk.lead("Acme SRL", "opportunities", stage="Needs analysis" if language == "en" else "Analiză nevoi")
    desk.sync()
    id_ = raw(desk, "opportunities", row, "id")
    desk.line(id_)
    assert desk.prepared(id_, word) == FIRST
    assert desk.offer(FIRST, "state") == {"en": "Draft", "ro": "Ciornă"}[language]
    assert desk.file(FIRST).language == language


def test_lines_find_their_record_by_name_too(desk: OfferDesk) -> None:
    id_ = desk.opportunity("Acme SRL")
    desk.line("acme")
    assert desk.prepared(id_) == FIRST


def test_a_lead_and_a_deal_may_have_an_offer_too(desk: OfferDesk) -> None:
    row = desk.deal("Beta SRL")
    desk.sync()
    id_ = raw(desk, "deals", row, "id")
    desk.line(id_)
    assert desk.prepared(id_) == FIRST


def test_an_offer_asked_for_on_the_command_line_needs_no_word(desk: OfferDesk, record: str) -> None:
    from sheetcrm.plan import make_plan
    from tests.laws.desk import FIRST_NIGHT

    plan = make_plan(desk.snapshot(), FIRST_NIGHT + timedelta(days=1), offers_for=[record])
    assert [str(file.offer.number) for file in plan.files] == [FIRST]


# ---------------------------------------------------------------- what a person says of it


def test_sent_fills_the_date_and_moves_the_record_forward(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    assert desk.said(made, "stage") == "Offer sent"
    assert desk.offer(FIRST, "state") == "Sent"
    assert desk.offer(FIRST, "sent_on") == (TODAY + timedelta(days=2)).isoformat()
    assert desk.events() == [f"stage {made}", f"offer-sent {made}"]


def test_a_date_that_a_person_wrote_stays(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent", sent_on=TODAY)
    desk.sync()
    assert desk.offer(FIRST, "sent_on") == TODAY.isoformat()
    [event] = [event for event in desk.plan.events if event.event == "offer-sent"]
    assert event.happened_on == TODAY


def test_sent_waits_while_the_record_lacks_what_the_stage_needs_and_goes_on_later(desk: OfferDesk) -> None:
    id_ = desk.opportunity(value="", expected_close="")
    desk.line(id_)
    number = desk.prepared(id_)
    desk.answer(number, "sent")
    desk.sync()
    assert (desk.said(id_, "stage"), desk.offer(number, "state")) == ("Needs analysis", "Sent")
    assert "needs-missing" in desk.codes()
    assert f"refused {id_}" in desk.events()
    desk.sync()
    assert desk.events() == []
    desk.write(id_, value=900, expected_close=date(2027, 1, 15))
    desk.sync()
    assert desk.said(id_, "stage") == "Offer sent"
    assert "needs-missing" not in desk.codes()


def test_a_word_that_waits_is_taken_back_with_the_word(desk: OfferDesk) -> None:
    id_ = desk.opportunity(value="", expected_close="")
    desk.line(id_)
    number = desk.prepared(id_)
    desk.answer(number, "sent")
    desk.sync()
    desk.answer(number, "")
    desk.sync()
    assert "needs-missing" not in desk.codes()
    desk.write(id_, value=900, expected_close=date(2027, 1, 15))
    desk.sync()
    assert desk.said(id_, "stage") == "Needs analysis"


def test_a_persons_own_stage_of_the_same_night_wins(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.write(made, stage="Negotiation")
    desk.sync()
    assert desk.said(made, "stage") == "Negotiation"
    assert desk.offer(FIRST, "state") == "Sent"


def test_a_step_back_of_the_same_night_wins_too(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.write(made, stage="Qualified")
    desk.sync()
    desk.sync()
    assert desk.said(made, "stage") == "Qualified"


def test_a_stage_that_nobody_can_read_is_a_persons_own_too(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.write(made, stage="Negocition now")
    desk.sync()
    assert desk.said(made, "stage") == "Negocition now"


def test_a_stage_that_was_spelt_otherwise_is_moved_on_too(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "accepted")
    desk.write(made, stage=" needs ANALYSIS")
    desk.sync()
    assert (desk.said(made, "stage"), desk.row(made)[0]) == ("Won", "deals")
    desk.sync()
    assert (desk.said(made, "stage"), desk.events()) == ("Won", [])


def test_what_does_not_go_with_the_new_stage_is_said_at_once(desk: OfferDesk, made: str) -> None:
    desk.write(made, loss_reason="Price too high")
    desk.answer(FIRST, "accepted")
    desk.sync()
    assert (desk.said(made, "stage"), "loss-reason-on-won" in desk.codes()) == ("Won", True)


def test_sent_after_its_day_is_said_at_once(desk: OfferDesk, made: str) -> None:
    desk.sync(40)
    desk.answer(FIRST, "sent")
    desk.sync()
    assert (desk.offer(FIRST, "state"), "sent-late" in desk.codes()) == ("Expired", True)


def test_it_never_moves_a_record_back(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.write(made, stage="Negotiation")
    desk.sync()
    desk.type("offer_lines", 1, "quantity", 7)
    assert desk.prepared(made) == SECOND
    desk.answer(SECOND, "sent")
    desk.sync()
    assert (desk.said(made, "stage"), desk.offer(SECOND, "state")) == ("Negotiation", "Sent")


def test_a_stage_typed_back_later_is_not_moved_forward_again(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.write(made, stage="Needs analysis")
    desk.sync()
    desk.sync()
    assert desk.said(made, "stage") == "Needs analysis"


def test_accepted_wins_moves_to_deals_and_makes_the_account(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.answer(FIRST, "accepted")
    desk.sync()
    assert desk.row(made)[0] == "deals"
    assert (desk.said(made, "stage"), desk.offer(FIRST, "state")) == ("Won", "Accepted")
    assert desk.said(made, "account_id") == "A-0001"
    assert desk.said(made, "last_offer") == FIRST
    assert desk.said(made, "offer") == FIRST
    assert desk.events()[:4] == [f"passed {made}", f"won {made}", f"moved {made}", f"offer-accepted {made}"]
    assert desk.events()[4:] == ["account-created A-0001"]
    assert desk.offer(FIRST, "record_id") == made


def test_rejected_asks_for_the_reason_and_for_what_comes_next_and_moves_nothing(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.answer(FIRST, "rejected")
    desk.sync()
    assert (desk.said(made, "stage"), desk.offer(FIRST, "state")) == ("Offer sent", "Rejected")
    assert {"offer-reason-missing", "offer-rejected"} <= desk.codes()
    assert desk.events() == [f"offer-rejected {made}"]
    desk.answer(FIRST, "rejected", reason="too dear")
    desk.write(made, stage="Negotiation")
    desk.sync()
    assert not {"offer-reason-missing", "offer-rejected"} & desk.codes()


def test_rejected_and_lost_asks_nothing_more(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "rejected", reason="too dear")
    desk.write(made, stage="Lost", loss_reason="Price too high")
    desk.sync()
    assert desk.offer(FIRST, "state") == "Rejected"
    assert not {"offer-reason-missing", "offer-rejected"} & desk.codes()


def test_a_new_version_after_a_rejection_is_the_last_offer_and_asks_nothing(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "rejected", reason="too dear")
    desk.sync()
    assert "offer-rejected" in desk.codes()
    desk.type("offer_lines", 1, "discount_percent", "20%")
    assert desk.prepared(made) == SECOND
    assert "offer-rejected" not in desk.codes()
    assert desk.offer(FIRST, "state") == "Rejected"


# ---------------------------------------------------------------- what becomes of it by itself


@pytest.mark.parametrize("status", ["", "sent"])
def test_it_expires_by_itself(desk: OfferDesk, made: str, status: str) -> None:
    desk.answer(FIRST, status)
    desk.sync()
    desk.sync(28)
    assert desk.offer(FIRST, "state") == {"": "Draft", "sent": "Sent"}[status]
    desk.sync(2)
    assert desk.offer(FIRST, "state") == "Expired"
    assert desk.events() == [f"offer-expired {made}"]


def test_accepted_late_works_with_a_warning_that_passes(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.sync(40)
    desk.answer(FIRST, "accepted")
    desk.sync()
    assert (desk.row(made)[0], desk.offer(FIRST, "state")) == ("deals", "Accepted")
    assert "accepted-late" in desk.codes()
    desk.sync(20)
    assert "accepted-late" not in desk.codes()


def test_losing_the_record_closes_its_open_offers_and_reopening_opens_them(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.write(made, stage="Lost", loss_reason="Price too high")
    desk.sync()
    assert desk.offer(FIRST, "state") == "Closed"
    assert f"offer-closed {made}" in desk.events()
    desk.write(made, stage="Negotiation", loss_reason="")
    desk.sync()
    assert desk.offer(FIRST, "state") == "Sent"
    assert f"offer-reopened {made}" in desk.events()
    assert desk.said(made, "stage") == "Negotiation"


def test_an_accepted_offer_stays_so_when_the_sale_is_lost_after_all(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "accepted")
    desk.sync()
    desk.write(made, stage="Lost", loss_reason="Other", notes="they went bankrupt")
    desk.sync()
    assert desk.offer(FIRST, "state") == "Accepted"


# ---------------------------------------------------------------- made elsewhere


def test_an_offer_made_elsewhere_counts_the_same(desk: OfferDesk) -> None:
    id_ = desk.opportunity()
    row = desk.add("offers", record="Acme SRL", amount="1.200 EUR", link="https://erp.example/77", status="Sent")
    desk.sync()
    number = raw(desk, "offers", row, "number")
    assert (number, desk.offer(number, "state"), desk.said(id_, "stage")) == ("E-0001", "Sent", "Offer sent")
    assert desk.said(id_, "last_offer") == "E-0001"
    assert desk.offer(number, "sent_on") == (TODAY + timedelta(days=1)).isoformat()
    assert desk.events() == [f"stage {id_}", f"offer-noted {id_}", f"offer-sent {id_}"]
    desk.answer(number, "accepted")
    desk.sync()
    assert (desk.row(id_)[0], desk.said(id_, "stage")) == ("deals", "Won")


def test_numbers_of_ours_and_of_elsewhere_are_counted_apart(desk: OfferDesk, made: str) -> None:
    desk.add("offers", record=made, amount=5)
    desk.add("offers", record=made, link="x.docx")
    desk.sync()
    assert desk.numbers == [FIRST, "E-0001", "E-0002"]


# ---------------------------------------------------------------- what stands in the way

WAYS: dict[str, tuple[Callable[[OfferDesk, str], object], str]] = {
    "the record is lost": (
        lambda desk, id_: desk.write(id_, stage="lost", loss_reason="price"),
        "offer-on-lost",
    ),
    "there are no lines": (
        lambda desk, _: desk.cells("offer_lines").__delitem__(slice(1, None)),
        "offer-without-lines",
    ),
    "a line has no price": (lambda desk, _: desk.type("offer_lines", 1, "unit_price", ""), "offer-lines-wrong"),
    "a line says nonsense": (lambda desk, _: desk.type("offer_lines", 1, "quantity", "many"), "offer-lines-wrong"),
    "a line has a formula's error": (
        lambda desk, _: desk.type("offer_lines", 1, "discount_percent", "#REF!"),
        "offer-lines-wrong",
    ),
    "a word nobody knows": (lambda desk, id_: desk.write(id_, offer="make it"), "unknown-command"),
    "nobody said where": (
        lambda desk, _: setattr(desk, "folder", Folder(trouble="offers-no-folder")),
        "offers-no-folder",
    ),
    "the folder is away": (
        lambda desk, _: setattr(
            desk, "folder", Folder(trouble="offers-folder-unusable", values={"folder": "/x", "reason": "gone"})
        ),
        "offers-folder-unusable",
    ),
    "the template is wrong": (
        lambda desk, _: setattr(desk, "folder", Folder(trouble="offers-template-wrong", values={"reason": "B4: ?"})),
        "offers-template-wrong",
    ),
    "there are too many lines": (
        lambda desk, id_: [desk.line(id_, f"Part {n}") for n in range(500)],
        "offer-too-long",
    ),
    "the tab Offers lost its numbers": (lambda desk, _: forget_numbers(desk), "offers-no-tab"),
}


def forget_numbers(desk: OfferDesk) -> None:
    column = desk.layout("offers").columns["number"]
    for cells in desk.cells("offers"):
        del cells[column]
    marks = desk.marks[desk.layout("offers").title]
    desk.marks[desk.layout("offers").title] = {n: c - (c > column) for n, c in marks.items() if n != "number"}


@pytest.mark.parametrize("language", ["en", "ro"])
@pytest.mark.parametrize("way", WAYS)
def test_what_stands_in_the_way_is_said_and_the_word_stays(way: str, language: str) -> None:
    from sheetcrm.pipeline import default_choices

    desk = OfferDesk(language)
    words = {c.code: c.label for kind in ("stage", "loss_reason") for c in default_choices(kind, language)}
    id_ = desk.opportunity(stage=words["needs-analysis"])
    desk.line(id_)
    deed, code = WAYS[way]
    word = {"en": "prepare", "ro": "pregătește"}[language]
    desk.write(id_, offer=word)
    deed(desk, id_)
    for field, code_ in (("stage", "lost"), ("loss_reason", "price")):
        if desk.said(id_, field) == code_:
            desk.write(id_, **{field: words[code_]})
    desk.sync()
    assert desk.plan.files == ()
    assert code in desk.codes()
    [problem] = [p for p in desk.plan.problems if p.code == code]
    message = problem.message(language)
    assert message.startswith(header("offer", language))
    assert "{" not in message
    assert header("offer", language) in desk.said(id_, "check")
    assert desk.said(id_, "offer") in (word, "make it")
    assert desk.said(id_, "last_offer") == ""


def test_once_nothing_stands_in_the_way_the_word_that_stayed_makes_the_offer(desk: OfferDesk, record: str) -> None:
    desk.type("offer_lines", 1, "quantity", "")
    desk.write(record, offer="prepare")
    desk.sync()
    desk.type("offer_lines", 1, "quantity", 1)
    desk.sync()
    assert desk.said(record, "offer") == FIRST


def test_a_number_that_already_stands_in_the_cell_says_nothing(desk: OfferDesk, made: str) -> None:
    desk.sync()
    assert desk.codes() == set()


# ---------------------------------------------------------------- its file, afterwards


def test_a_sent_file_that_says_something_else_is_said_once_and_stays_a_problem(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.change(FIRST, cells="other", whole="other")
    desk.sync()
    assert desk.events() == [f"offer-changed {made}"]
    assert "offer-file-changed" in desk.codes()
    desk.sync()
    assert (desk.events(), "offer-file-changed" in desk.codes()) == ([], True)
    desk.change(FIRST, cells="third", whole="third")
    desk.sync()
    assert desk.events() == [f"offer-changed {made}"]
    desk.change(FIRST, cells="made", whole="made")
    desk.sync()
    assert (desk.events(), "offer-file-changed" in desk.codes()) == ([], False)


def test_a_sent_file_that_was_only_saved_again_says_nothing(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.change(FIRST, whole="anew")
    desk.sync()
    assert (desk.events(), desk.codes()) == ([], set())


def test_a_draft_may_be_worked_on(desk: OfferDesk, made: str) -> None:
    desk.change(FIRST, cells="nicer", whole="nicer")
    desk.sync()
    desk.answer(FIRST, "sent")
    desk.sync()
    assert "offer-file-changed" not in desk.codes()


def test_a_file_that_is_gone_is_said_while_it_is(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    kept = dict(desk.disk)
    desk.disk.clear()
    desk.sync()
    assert "offer-file-missing" in desk.codes()
    desk.disk.update(kept)
    desk.sync()
    assert "offer-file-missing" not in desk.codes()


def test_a_folder_in_trouble_says_nothing_of_files(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.folder = replace(desk.folder, trouble="offers-folder-unusable", values={"folder": "/x", "reason": "gone"})
    desk.disk.clear()
    desk.sync()
    assert desk.codes() == set()


# ---------------------------------------------------------------- clumsy hands


def test_a_deleted_row_is_missed_and_its_number_is_not_given_again(desk: OfferDesk, made: str) -> None:
    del desk.cells("offers")[desk.offer_row(FIRST)]
    desk.sync()
    assert "missing-record" in desk.codes()
    assert desk.events() == [f"missing {FIRST}"]
    assert desk.said(made, "last_offer") == ""
    assert desk.prepared(made) == "OF-2026-0002-v1"


@pytest.mark.parametrize("lost", ["", "state"])
def test_a_number_without_row_and_file_is_not_given_again_either(desk: OfferDesk, made: str, lost: str) -> None:
    del desk.cells("offers")[desk.offer_row(FIRST)]
    desk.disk.clear()
    if lost:
        del desk.cells("state")[1:]
    assert desk.prepared(made) == "OF-2026-0002-v1"


def test_a_number_typed_over_comes_back(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.type("offers", 1, "number", "our 17")
    desk.sync()
    assert desk.numbers == [FIRST]
    assert desk.offer(FIRST, "state") == "Sent"
    assert desk.events() == [f"id-restored {FIRST}"]


def test_a_number_that_was_never_given_is_none(desk: OfferDesk, record: str) -> None:
    desk.add("offers", number="OF-2026-0099-v1", record=record, amount=10)
    desk.sync()
    assert desk.numbers == ["E-0001"]
    assert desk.prepared(record) == "OF-2026-0001-v1"


def test_a_copied_row_is_an_offer_of_a_persons_own(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.cells("offers").append(list(desk.cells("offers")[1]))
    desk.sync()
    assert desk.numbers == [FIRST, "E-0001"]
    assert (desk.offer(FIRST, "state"), desk.offer("E-0001", "state")) == ("Sent", "Sent")
    assert (desk.offer("E-0001", "file"), desk.offer("E-0001", "total")) == ("", "")


def test_sorted_rows_keep_what_they_say(desk: OfferDesk, made: str) -> None:
    other = desk.opportunity("Beta SRL")
    desk.line(other)
    desk.prepared(other)
    desk.answer(FIRST, "sent")
    desk.sync()
    before = {number: desk.offer(number, "file") for number in desk.numbers}
    rows = desk.cells("offers")
    rows[1:] = reversed(rows[1:])
    desk.sync()
    assert {number: desk.offer(number, "file") for number in desk.numbers} == before
    assert desk.events() == []


@pytest.mark.parametrize("field", ["state", "net", "total", "file", "made_on", "valid_until", "version", "currency"])
def test_what_is_typed_over_syncs_columns_goes_on_record_and_is_put_right(
    desk: OfferDesk, made: str, field: str
) -> None:
    before = desk.offer(FIRST, field)
    desk.answer(FIRST, "", **{field: "17 typed"})
    desk.sync()
    assert desk.offer(FIRST, field) == before
    assert [(e.event, e.before) for e in desk.plan.events] == [("overwritten", "17 typed")]


def test_state_lost_is_rebuilt_from_history_with_numbers_and_states(desk: OfferDesk, made: str) -> None:
    other = desk.opportunity("Beta SRL")
    desk.line(other)
    second = desk.prepared(other)
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.answer(second, "rejected", reason="too dear")
    desk.sync()
    told = {n: [desk.offer(n, f) for f in "state file total valid_until sent_on".split()] for n in desk.numbers}
    del desk.cells("state")[1:]
    desk.sync()
    assert {n: [desk.offer(n, f) for f in "state file total valid_until sent_on".split()] for n in desk.numbers} == told
    assert not any(event.startswith("offer-") for event in desk.events())
    assert desk.said(made, "stage") == "Offer sent"
    desk.type("offer_lines", 1, "quantity", 44)
    assert desk.prepared(made) == SECOND


def test_a_word_that_was_heard_before_state_was_lost_is_not_heard_again(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.write(made, stage="Needs analysis")
    desk.sync()
    del desk.cells("state")[1:]
    desk.sync()
    assert desk.said(made, "stage") == "Needs analysis"


def test_offer_cells_of_people_never_come_into_a_document_as_something_else(desk: OfferDesk) -> None:
    id_ = desk.opportunity('=HYPERLINK("http://x")', email="a@b.ro")
    desk.line(id_, "=1+1", 1, 5, description="@SUM(A1)")
    number = desk.prepared(id_)
    offer: Offer = desk.file(number)
    assert offer.client.name == '=HYPERLINK("http://x")'
    assert (offer.lines[0].product, offer.lines[0].description) == ("=1+1", "@SUM(A1)")


# ---------------------------------------------------------------- a run that was killed


def test_a_file_that_a_killed_run_made_is_adopted(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    desk.killed()
    assert len(desk.disk) == 1
    plan = desk.sync(10)
    assert plan.files == ()
    assert (desk.numbers, desk.said(record, "offer")) == ([FIRST], FIRST)
    assert desk.offer(FIRST, "made_on") == (TODAY + timedelta(days=1)).isoformat()  # as its page says
    assert desk.events() == [f"offer-made {record}"]


def test_a_file_of_another_content_is_skipped_and_said_once(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    desk.killed()
    desk.type("offer_lines", 1, "quantity", 99)
    desk.sync()
    assert desk.numbers == ["OF-2026-0002-v1"]
    skipped = [event for event in desk.plan.events if event.event == "offer-skipped"]
    assert [(event.record, event.note) for event in skipped] == [(record, FIRST)]
    desk.sync()
    assert desk.events() == []


def test_a_number_that_was_skipped_is_no_row_that_is_missed_when_state_is_lost(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    desk.killed()
    desk.type("offer_lines", 1, "quantity", 99)
    desk.sync()
    del desk.cells("state")[1:]
    desk.sync()
    assert "missing-record" not in desk.codes()
    assert not any(event.startswith(("missing", "offer-")) for event in desk.events())
    desk.disk.clear()
    desk.type("offer_lines", 1, "quantity", 98)
    assert desk.prepared(record) == "OF-2026-0002-v2"


def test_a_file_of_another_record_is_not_adopted(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    desk.killed()
    desk.write(record, offer="")
    twin = desk.opportunity()  # the very same company, and the same lines
    desk.line(twin, "Pump", 2, 100)
    desk.line(twin, "Hose", 3, 12.5, discount_percent=0.1)
    assert desk.prepared(twin) == "OF-2026-0002-v1"
    assert desk.file("OF-2026-0002-v1").record_id == twin


def test_a_file_whose_record_says_another_number_than_its_name_is_not_adopted(desk: OfferDesk, record: str) -> None:
    desk.write(record, offer="prepare")
    desk.killed()
    [(path, file)] = desk.disk.items()
    desk.disk = {path.replace("0001", "0007"): file}
    desk.sync()
    assert desk.numbers == ["OF-2026-0008-v1"]


def test_a_copy_of_an_offers_file_that_somebody_keeps_there_is_no_offer(desk: OfferDesk, made: str) -> None:
    path = desk.path(FIRST)
    desk.disk[path.replace(".xlsx", " - Copy.xlsx")] = desk.disk[path]
    desk.sync()
    assert (desk.codes(), desk.events()) == (set(), [])
    assert desk.prepared(made) == FIRST


def test_an_adopted_offer_that_fits_no_more_is_superseded_by_what_is_asked_now(desk: OfferDesk, made: str) -> None:
    desk.type("offer_lines", 1, "quantity", 5)
    desk.write(made, offer="prepare")
    desk.killed()
    desk.type("offer_lines", 1, "quantity", 6)
    desk.sync()
    assert desk.numbers == [FIRST, "OF-2026-0001-v3"]
    assert f"offer-skipped {made}" in desk.events()


# ---------------------------------------------------------------- what lines come to


def product(desk: OfferDesk, **cells: Cell) -> None:
    desk.add("products", **cells)


@pytest.fixture
def shop(desk: OfferDesk) -> OfferDesk:
    """Products, a rate for RON, and Romanian VAT."""
    product(desk, code="P-1", name="Big pump", unit="pcs", price=100, currency="EUR")
    product(desk, code="P-2", name="Seed", unit="kg", price="12,50", currency="RON", vat_percent="11%")
    product(desk, code="P-3", name="Old pump", unit="pcs", price=80, currency="EUR", active="no")
    product(desk, code="P-4", name="Yen pump", unit="pcs", price=10000, currency="JPY")
    desk.add("settings", setting="Rate RON", setting_value="0,2")
    return desk


@pytest.mark.parametrize("called", ["P-1", "p-1", "Big pump", "BIG  PUMP"])
def test_a_product_by_code_or_name_brings_what_the_line_leaves_blank(shop: OfferDesk, called: str) -> None:
    id_ = shop.opportunity()
    shop.line(id_, called, 2, "", discount_percent="7,5%")
    line = shop.file(shop.prepared(id_)).lines[0]
    assert (line.product, line.code, line.unit, line.unit_price) == ("Big pump", "P-1", "pcs", 100)
    assert (line.vat_percent, line.discount_percent) == (21, Decimal("7.5"))


def test_what_the_line_says_wins_over_its_product(shop: OfferDesk) -> None:
    id_ = shop.opportunity()
    shop.line(id_, "P-1", 2, 90, unit="set", vat_percent="11%", description="blue")
    line = shop.file(shop.prepared(id_)).lines[0]
    assert (line.unit, line.unit_price, line.vat_percent, line.description) == ("set", 90, 11, "blue")


def test_free_text_is_a_line_too(shop: OfferDesk) -> None:
    id_ = shop.opportunity()
    shop.line(id_, "", 1, 50, description="Installation on site")
    line = shop.file(shop.prepared(id_)).lines[0]
    assert (line.product, line.description, line.vat_percent) == ("", "Installation on site", 21)


def test_prices_come_by_rate_into_the_currency_of_the_opportunity(shop: OfferDesk) -> None:
    id_ = shop.opportunity(currency="RON")
    shop.line(id_, "P-1", 1, "")
    shop.line(id_, "P-2", 1, "")
    offer = shop.file(shop.prepared(id_))
    assert offer.currency == "RON"
    assert [line.unit_price for line in offer.lines] == [Decimal("500.00"), Decimal("12.50")]
    assert offer.totals.total == Decimal("500") * Decimal("1.21") + Decimal("13.88")


def test_without_a_rate_there_is_no_price_and_never_one_for_one(shop: OfferDesk) -> None:
    id_ = shop.opportunity()
    shop.line(id_, "P-4", 1, "")
    shop.write(id_, offer="prepare")
    shop.sync()
    assert shop.plan.files == ()
    assert {"no-rate", "offer-lines-wrong"} <= shop.codes()
    shop.add("settings", setting="Rate JPY", setting_value="0.006")
    shop.sync()
    assert shop.file(FIRST).lines[0].unit_price == 60


def test_an_opportunity_without_a_currency_is_counted_in_that_of_its_products(shop: OfferDesk) -> None:
    id_ = shop.opportunity(value="", currency="")
    shop.line(id_, "P-2", 4, "")
    offer = shop.file(shop.prepared(id_))
    assert (offer.currency, offer.totals.net) == ("RON", 50)


def test_what_is_no_longer_sold_or_called_like_another_is_said(shop: OfferDesk) -> None:
    product(shop, code="P-5", name="Big pump", price=1)
    id_ = shop.opportunity()
    shop.line(id_, "P-3", 1, "")
    shop.line(id_, "Big pump", 1, "")
    shop.sync()
    assert {"product-not-sold", "several-products"} <= shop.codes()


@pytest.mark.parametrize(
    ("start", "standard"),
    [(date(2025, 7, 10), 19), (date(2025, 8, 10), 21)],
    ids=["before August 2025", "from then on"],
)
def test_the_usual_vat_rate_is_that_of_the_day(start: date, standard: int) -> None:
    desk = OfferDesk(first=start)
    id_ = desk.opportunity()
    desk.line(id_)
    number = desk.prepared(id_)
    assert desk.file(number).lines[0].vat_percent == standard
    assert number == "OF-2025-0001-v1"


@pytest.mark.parametrize(
    ("language", "line"),
    [("en", "VAT % from 2026-06-01"), ("ro", "TVA % din 01.06.2026"), ("ro", "TVA % de la 01.06.2026")],
)
def test_vat_rates_come_from_settings_where_they_stand_there(language: str, line: str) -> None:
    desk = OfferDesk(language)
    desk.add("settings", setting=line, setting_value="24; 9")
    row = desk.lead("Acme SRL", "opportunities", stage="Qualified" if language == "en" else "Calificat")
    desk.sync()
    id_ = raw(desk, "opportunities", row, "id")
    desk.line(id_)
    desk.line(id_, vat_percent="21%")
    number = desk.prepared(id_)
    assert [line.vat_percent for line in desk.file(number).lines] == [24, 21]
    assert "vat-not-known" in desk.codes()


def test_the_line_total_is_a_formula_over_the_cells_of_its_own_row(desk: OfferDesk, record: str) -> None:
    desk.sync()
    columns = desk.layout("offer_lines").columns
    quantity, price = (column_letters(columns[name]) for name in ("quantity", "unit_price"))
    for row in (1, 2):
        formula = desk.formula("offer_lines", row, "line_total")
        assert f"ROUND({quantity}{row + 1}*{price}{row + 1}" in formula


# ---------------------------------------------------------------- as they are counted


def test_an_answer_counts_from_the_day_on_which_it_was_first_seen(desk: OfferDesk, made: str) -> None:
    desk.answer(FIRST, "sent")
    desk.sync()
    desk.answer(FIRST, "rejected", reason="too dear")
    desk.sync(days=3)
    desk.add("offers", record=made, amount=10, status="Accepted", sent_on=date(2026, 1, 5))
    desk.sync()
    run = gather(desk.snapshot(), FIRST_NIGHT + timedelta(days=desk.nights))
    decide(run)
    facts = {fact.number: fact for fact in offer_facts(run)}
    sent, answered = facts[FIRST].sent_on, facts[FIRST].answered_on
    assert sent
    assert answered == sent + timedelta(days=3)
    assert facts["E-0001"].answered_on is None  # it was answered before anybody told sync of it
