from __future__ import annotations

import string
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm import messages
from sheetcrm.fields import READERS, Context, PickList, Reading, country_called, reader
from sheetcrm.fields.dates import long_date
from sheetcrm.problems import Problem
from sheetcrm.schema import TABS
from sheetcrm.tables import Cell, CellError

TODAY = date(2026, 11, 23)
PICKS = {
    "stage": PickList([("won", "Câștigat", ("Won",)), ("new", "Nou", ("New",)), ("sent", "Ofertă trimisă", ())]),
    "source": PickList([("cold-call", "Cold call", ()), ("fair", "Trade fair", ("Târg",))]),
    "owner": PickList([("ana", "Ana Pop", ()), ("dan", "Dan Șerban", ())]),
    "loss_reason": PickList([("budget", "No budget", ()), ("need", "No need", ())]),
    "activity_status": PickList([("planned", "Planned", ("no", "nu")), ("done", "Done", ("yes", "da"))]),
}
RO = Context("ro", "RO", "RON", TODAY, PICKS)
EN = Context("en", "RO", "EUR", TODAY, PICKS)
GB = Context("en", "GB", "GBP", TODAY, PICKS)


def read(kind: str, cell: Cell, context: Context = RO) -> Reading:
    return reader(kind, context)(cell)


def codes(reading: Reading) -> set[str]:
    return {issue.code for issue in reading.issues}


def check(kind: str, cell: Cell, value: object, expected: str, context: Context = RO) -> Reading:
    reading = read(kind, cell, context)
    assert (reading.value, codes(reading)) == (value, set(expected.split()))
    return reading


def test_every_kind_of_column_has_a_reader() -> None:
    assert {field.kind for fields in TABS.values() for field in fields} <= set(READERS)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("cell", ["", "  ", "\u00a0", "\n", "\u200b"], ids=repr)
def test_a_blank_cell_means_nothing_and_is_no_problem(kind: str, cell: str) -> None:
    assert read(kind, cell) == Reading(None)


@pytest.mark.parametrize("kind", READERS)
@pytest.mark.parametrize("cell", [CellError("#REF!"), "#N/A", "#div/0! "], ids=repr)
def test_the_error_of_a_formula_is_said_in_every_kind(kind: str, cell: str) -> None:
    check(kind, cell, None, "formula-error")


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param("Alfa SRL", "Alfa SRL", "", id="plain text"),
        pytest.param("Țăran & Fiii – București", "Țăran & Fiii – București", "", id="Romanian letters and a dash"),
        pytest.param(" Alfa", "Alfa", "stray-spaces", id="a space in front"),
        pytest.param("Alfa  SRL", "Alfa SRL", "stray-spaces", id="two spaces inside"),
        pytest.param("Alfa\u00a0", "Alfa", "stray-spaces", id="a no-break space behind"),
        pytest.param("Al\u200bfa", "Alfa", "stray-spaces", id="an invisible space inside"),
        pytest.param("Str. Lungă 4\nBrașov", "Str. Lungă 4 Brașov", "", id="an address on two lines is fine"),
        pytest.param("Ţăran", "Țăran", "legacy-diacritics", id="cedilla instead of comma"),
        pytest.param("S\u0326erban", "Șerban", "", id="an accent typed apart is the same letter"),
        pytest.param("Аlfa", "Alfa", "look-alike-letters", id="a Cyrillic A in a Latin word"),
        pytest.param("Οmega Trade", "Omega Trade", "look-alike-letters", id="a Greek O in a Latin word"),
        pytest.param("Нова Трейд", "Нова Трейд", "", id="a Cyrillic name is a name"),
        pytest.param(
            " Аlfa  Ţ", "Alfa Ț", "stray-spaces legacy-diacritics look-alike-letters", id="everything at once"
        ),
        pytest.param(360.0, "360", "", id="a company called by a number"),
    ],
)
def test_text(cell: Cell, value: str, expected: str) -> None:
    check("text", cell, value, expected)


def test_notes_keep_their_lines_and_spaces() -> None:
    check("long-text", "sunat luni:\n  - revine  vineri\n", "sunat luni:\n  - revine  vineri", "")


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param("ada@acme.com", "ada@acme.com", "", id="plain"),
        pytest.param("Ada.Pop+crm@ACME.com", "Ada.Pop+crm@acme.com", "", id="the tag stays, the domain is lower case"),
        pytest.param("ion@firma.ro.example", "ion@firma.ro.example", "", id="a reserved name for examples"),
        pytest.param("ion@firma.test", "ion@firma.test", "", id="a reserved name for tests"),
        pytest.param(" ada@acme.com ", "ada@acme.com", "stray-spaces", id="stray spaces"),
        pytest.param("Ada Pop <ada@acme.com>", "ada@acme.com", "", id="copied from a mail program"),
        pytest.param("mailto:ada@acme.com", "ada@acme.com", "", id="copied from a web page"),
        pytest.param("ada@acme.com; dan@acme.com", "ada@acme.com", "several-emails", id="two addresses"),
        pytest.param("ada@@x; dan@acme.com", "dan@acme.com", "several-emails", id="two, the first one broken"),
        pytest.param("ada@acme.com\ndan@acme.com", "ada@acme.com", "several-emails", id="two on two lines"),
        pytest.param("ada at acme.com", None, "bad-email", id="words instead of @"),
        pytest.param("ada(at)acme.com", None, "bad-email", id="(at) instead of @"),
        pytest.param("ada@acme,com", None, "bad-email", id="a comma instead of a dot"),
        pytest.param("ada@", None, "bad-email", id="no domain"),
        pytest.param("ada@@acme.com", None, "bad-email", id="two @"),
        pytest.param("ada@acme", None, "bad-email", id="no dot"),
        pytest.param(722.0, None, "bad-email", id="a number"),
    ],
)
def test_email(cell: Cell, value: str | None, expected: str) -> None:
    check("email", cell, value, expected)


@pytest.mark.parametrize(
    "typed", ["ada(at)acme.com", "ada at acme.com", "ada@acme,com", "ada@@acme.com", "ada @acme.com"]
)
def test_a_slip_in_an_address_is_recognised(typed: str) -> None:
    assert read("email", typed, EN).issues[0].values["guess"] == " Did you mean “ada@acme.com”?"


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param("+40722123456", "+40722123456", "", id="international"),
        pytest.param("+40722123456 ", "+40722123456", "stray-spaces", id="a space behind"),
        pytest.param("0722 123 456", "+40722123456", "phone-format", id="with spaces"),
        pytest.param("0722.123.456", "+40722123456", "phone-format", id="with dots"),
        pytest.param("0722123456", "+40722123456", "phone-format", id="the way one dials"),
        pytest.param("0040 722 123 456", "+40722123456", "phone-format", id="00 instead of +"),
        pytest.param("(+40) 722-123-456", "+40722123456", "phone-format", id="brackets and hyphens"),
        pytest.param("021/312 34 56", "+40213123456", "phone-format", id="a land line"),
        pytest.param("+44 (0)7711 123456", "+447711123456", "phone-format", id="a foreign one with its zero"),
        pytest.param("0722 123 456 int. 12", "+40722123456", "phone-format", id="an extension is left off"),
        pytest.param("0722 123 456 (Ana)", "+40722123456", "phone-format", id="a name beside it"),
        pytest.param(722123456, "+40722123456", "phone-format", id="a number that lost its zero"),
        pytest.param(213123456.0, "+40213123456", "phone-format", id="a land line that lost its zero"),
        pytest.param(447711123456.0, "+447711123456", "phone-format", id="a number that lost its plus"),
        pytest.param("0722 123 456 / 0733 111 222", "+40722123456", "several-phones", id="two numbers"),
        pytest.param("0722123456, 0733111222", "+40722123456", "several-phones", id="two with a comma"),
        pytest.param("0722123", None, "bad-phone", id="too short"),
        pytest.param("0999999999", None, "bad-phone", id="no such number"),
        pytest.param("sună luni", None, "bad-phone", id="words"),
        pytest.param(7.5, None, "bad-phone", id="a fraction"),
        pytest.param(True, None, "bad-phone", id="a tick"),
    ],
)
def test_phone(cell: Cell, value: str | None, expected: str) -> None:
    check("phone", cell, value, expected)


def test_a_local_number_is_its_countrys() -> None:
    check("phone", "07711 123456", "+447711123456", "phone-format", GB)
    check("phone", "07711 123456", None, "bad-phone", RO)


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param("RO14399840", "RO14399840", "", id="the clean way"),
        pytest.param("RO 14399840", "RO14399840", "", id="with a space"),
        pytest.param("ro14399840", "RO14399840", "", id="small letters"),
        pytest.param("14399840", "RO14399840", "", id="without RO"),
        pytest.param("CUI: 14399840", "RO14399840", "", id="with its name in front"),
        pytest.param(14399840.0, "RO14399840", "", id="a number"),
        pytest.param(" RO14399840", "RO14399840", "stray-spaces", id="a stray space"),
        pytest.param("RO14399841", None, "bad-tax-id", id="wrong control digit"),
        pytest.param("J40/123/2010", None, "bad-tax-id", id="the register number instead"),
        pytest.param("n/a", None, "bad-tax-id", id="a placeholder"),
        pytest.param("ATU14243102", "ATU14243102", "", id="another country of the EU"),
        pytest.param("DE 136,695 976", "DE136695976", "", id="a comma in it"),
        pytest.param("DE 136695976", "DE136695976", "", id="Germany, with a space"),
        pytest.param("1630615123457", None, "personal-number", id="a person's own number"),
        pytest.param("RO1630615123457", None, "personal-number", id="a person's own number with RO"),
        pytest.param("1630615123458", None, "bad-tax-id", id="a person's own number, mistyped"),
    ],
)
def test_tax_id(cell: Cell, value: str | None, expected: str) -> None:
    check("tax_id", cell, value, expected)


@pytest.mark.parametrize("typed", ["1630615123457", "RO 1630615123457", "1630615123458"])
def test_a_personal_number_is_never_said_whole(typed: str) -> None:
    said = "".join(str(issue.values) for issue in read("tax_id", typed).issues)
    assert typed[-13:] not in said
    assert typed[-8:] not in said


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param(date(2026, 3, 12), date(2026, 3, 12), "", id="a date"),
        pytest.param(datetime(2026, 3, 12, 10, 30), date(2026, 3, 12), "", id="a date with its time"),
        pytest.param("2026-03-12", date(2026, 3, 12), "text-date", id="ISO text"),
        pytest.param("2026-03-12T10:30:00Z", date(2026, 3, 12), "text-date", id="ISO text with time"),
        pytest.param("12.03.2026", date(2026, 3, 12), "text-date", id="with dots"),
        pytest.param("12.3.26", date(2026, 3, 12), "text-date", id="with dots, in short"),
        pytest.param("12. 03. 2026 ", date(2026, 3, 12), "text-date", id="with dots and spaces"),
        pytest.param("12.03.2026 10:30", date(2026, 3, 12), "text-date", id="with dots and time"),
        pytest.param("3 mar 2026", date(2026, 3, 3), "text-date", id="a month in short"),
        pytest.param("3 martie 2026", date(2026, 3, 3), "text-date", id="a month in Romanian"),
        pytest.param("luni, 3 noiembrie 2025", date(2025, 11, 3), "text-date", id="with the day of the week"),
        pytest.param("March 3rd, 2026", date(2026, 3, 3), "text-date", id="the American way"),
        pytest.param("03-Sept-26", date(2026, 9, 3), "text-date", id="with hyphens"),
        pytest.param("25/03/2026", date(2026, 3, 25), "text-date", id="slashes, day beyond 12"),
        pytest.param("03/25/2026", date(2026, 3, 25), "text-date", id="slashes, month first without doubt"),
        pytest.param("05/05/2026", date(2026, 5, 5), "text-date", id="slashes, the same either way"),
        pytest.param(46093, date(2026, 3, 12), "number-date", id="the number of a day"),
        pytest.param(46093.4375, date(2026, 3, 12), "number-date", id="the number of a moment"),
        pytest.param("30.02.2026", None, "impossible-date", id="30 February"),
        pytest.param("2026-13-05", None, "impossible-date", id="month 13"),
        pytest.param("31 iunie 2026", None, "impossible-date", id="31 June"),
        pytest.param("12 mar", None, "date-without-year", id="no year"),
        pytest.param("12.03", None, "date-without-year", id="no year, with dots"),
        pytest.param("săptămâna viitoare", None, "bad-date", id="words"),
        pytest.param("12 brumar 2026", None, "bad-date", id="no such month"),
        pytest.param(12, None, "bad-date", id="a small number"),
        pytest.param(True, None, "bad-date", id="a tick"),
        pytest.param(time(10, 30), None, "bad-date", id="a time alone"),
        pytest.param(date(2031, 11, 24), date(2031, 11, 24), "far-date", id="more than five years ahead"),
        pytest.param(date(2031, 11, 23), date(2031, 11, 23), "", id="five years ahead"),
        pytest.param("12.03.1926", date(1926, 3, 12), "text-date far-date", id="a century off"),
    ],
)
def test_date(cell: Cell, value: date | None, expected: str) -> None:
    check("date", cell, value, expected)


@pytest.mark.parametrize("mark", ["/", "-"])
def test_a_date_that_could_be_two_is_read_by_the_language(mark: str) -> None:
    typed = mark.join(("03", "12", "2026"))
    check("date", typed, date(2026, 12, 3), "text-date ambiguous-date", RO)
    check("date", typed, date(2026, 3, 12), "text-date ambiguous-date", EN)


def test_a_moment_keeps_its_time() -> None:
    check("moment", "12.03.2026 10:30", datetime(2026, 3, 12, 10, 30), "text-date")
    check("moment", "3/12/2026 1:05 pm", datetime(2026, 3, 12, 13, 5), "text-date ambiguous-date", EN)
    check("moment", date(2026, 3, 12), datetime(2026, 3, 12), "")
    check("moment", "12.03.2026 25:00", None, "impossible-date")


@pytest.mark.parametrize(
    ("cell", "value", "expected", "currency"),
    [
        pytest.param(1234.5, "1234.5", "", None, id="a number"),
        pytest.param(0.1 + 0.2, "0.3", "", None, id="without the noise of binary arithmetic"),
        pytest.param(11000.0, "11000", "", None, id="a whole number"),
        pytest.param(1e16, "10000000000000000", "", None, id="a very big number"),
        pytest.param("1.234,50 lei", "1234.50", "text-number", "RON", id="lei"),
        pytest.param("€ 3.500,00", "3500.00", "text-number", "EUR", id="euro in front"),
        pytest.param("€ 11398,00", "11398.00", "text-number", "EUR", id="euro without thousands"),
        pytest.param("1,234.50", "1234.50", "text-number", None, id="the English way"),
        pytest.param("12 500", "12500", "text-number", None, id="thousands set apart by a space"),
        pytest.param("12\u00a0500,5 RON", "12500.5", "text-number", "RON", id="by a no-break space"),
        pytest.param("12\u2009500", "12500", "text-number", None, id="by a thin space"),
        pytest.param("1'234.50 CHF", "1234.50", "text-number", "CHF", id="the Swiss way"),
        pytest.param("1.234.567", "1234567", "text-number", None, id="millions"),
        pytest.param("490,00", "490.00", "text-number", None, id="a decimal comma"),
        pytest.param("1.500,-", "1500", "text-number ambiguous-amount", None, id="a dash for no cents"),
        pytest.param("USD 500", "500", "text-number", "USD", id="a code in front"),
        pytest.param("500eur", "500", "text-number", "EUR", id="a code without space"),
        pytest.param("+500", "500", "text-number", None, id="a plus"),
        pytest.param("0,125", "0.125", "text-number", None, id="less than one is never thousands"),
        pytest.param(-1.0, None, "negative-amount", None, id="less than nothing"),
        pytest.param("-490.00", None, "negative-amount", None, id="less than nothing, as text"),
        pytest.param("(500)", None, "negative-amount", None, id="the accountant's minus"),
        pytest.param("500-", None, "negative-amount", None, id="a minus behind"),
        pytest.param("5 mere", None, "bad-amount", None, id="apples"),
        pytest.param("12k", None, "bad-amount", None, id="a letter for thousands"),
        pytest.param("12 50", None, "bad-amount", None, id="two numbers"),
        pytest.param("1.23.456", None, "bad-amount", None, id="dots in the wrong place"),
        pytest.param("€ 500 lei", None, "bad-amount", None, id="two currencies"),
        pytest.param("(500", None, "bad-amount", None, id="half a bracket"),
        pytest.param(True, None, "bad-amount", None, id="a tick"),
        pytest.param(date(2026, 3, 12), None, "bad-amount", None, id="a date"),
        pytest.param(float("nan"), None, "bad-amount", None, id="no number"),
    ],
)
def test_amount(cell: Cell, value: str | None, expected: str, currency: str | None) -> None:
    reading = check("amount", cell, None if value is None else Decimal(value), expected)
    assert reading.currency == currency


@pytest.mark.parametrize(
    ("typed", "context", "value"),
    [
        pytest.param("1.234", RO, "1234", id="a dot, in Romanian"),
        pytest.param("1.234", EN, "1.234", id="a dot, in English"),
        pytest.param("1,234", RO, "1.234", id="a comma, in Romanian"),
        pytest.param("1,234", EN, "1234", id="a comma, in English"),
    ],
)
def test_an_amount_that_could_be_two_is_read_by_the_language(typed: str, context: Context, value: str) -> None:
    check("amount", typed, Decimal(value), "text-number ambiguous-amount", context)


def test_how_an_ambiguous_amount_was_read_is_said_without_doubt() -> None:
    assert read("amount", "1.234", RO).issues[1].values["read"] == "1.234,00"
    assert read("amount", "1,234", EN).issues[1].values["read"] == "1,234.00"


@pytest.mark.parametrize(
    ("cell", "value", "expected"),
    [
        pytest.param(0.25, "0.25", "", id="a fraction"),
        pytest.param(25, "0.25", "", id="a number of hundredths"),
        pytest.param(1, "1", "", id="one is all"),
        pytest.param("25 %", "0.25", "text-number", id="with its sign"),
        pytest.param("0,5%", "0.005", "text-number", id="less than one of a hundred"),
        pytest.param(140, None, "bad-percent", id="more than all"),
        pytest.param("140 %", None, "bad-percent", id="more than all, as text"),
        pytest.param(-0.1, None, "bad-percent", id="less than nothing"),
        pytest.param("mult", None, "bad-percent", id="words"),
    ],
)
def test_percent(cell: Cell, value: str | None, expected: str) -> None:
    check("percent", cell, None if value is None else Decimal(value), expected)


@pytest.mark.parametrize(
    ("kind", "cell", "value", "expected"),
    [
        pytest.param("count", 7.0, 7, "", id="a whole number"),
        pytest.param("count", "7", 7, "text-number", id="a whole number as text"),
        pytest.param("count", 7.5, None, "bad-count", id="a fraction"),
        pytest.param("count", -1, None, "bad-count", id="less than nothing"),
        pytest.param("count", "șapte", None, "bad-count", id="a word"),
        pytest.param("yes-no", True, True, "", id="a tick"),
        pytest.param("yes-no", "Da", True, "", id="da"),
        pytest.param("yes-no", "x", True, "", id="a cross"),
        pytest.param("yes-no", " NU ", False, "stray-spaces", id="nu with spaces"),
        pytest.param("yes-no", 0, False, "", id="zero"),
        pytest.param("yes-no", "poate", None, "bad-yes-no", id="perhaps"),
        pytest.param("currency", "EUR", "EUR", "", id="a code"),
        pytest.param("currency", "eur", "EUR", "spelling", id="a code in small letters"),
        pytest.param("currency", "€", "EUR", "spelling", id="a sign"),
        pytest.param("currency", "Lei", "RON", "spelling", id="a word"),
        pytest.param("currency", "EUR ", "EUR", "stray-spaces", id="a stray space"),
        pytest.param("currency", "Galactic", None, "unknown-currency", id="no currency"),
    ],
)
def test_small_kinds(kind: str, cell: Cell, value: object, expected: str) -> None:
    check(kind, cell, value, expected)


@pytest.mark.parametrize(
    ("kind", "typed", "value", "expected", "spelling"),
    [
        pytest.param("stage", "Câștigat", "won", "", None, id="the very word"),
        pytest.param("stage", "câştigat", "won", "spelling", "Câștigat", id="small letter and cedilla"),
        pytest.param("stage", "CASTIGAT", "won", "spelling", "Câștigat", id="capitals without diacritics"),
        pytest.param("stage", "won", "won", "spelling", "Câștigat", id="the word of the other language"),
        pytest.param("stage", "Ofertă trimisă ", "sent", "stray-spaces", "Ofertă trimisă", id="only a stray space"),
        pytest.param("source", "cOLD cALL", "cold-call", "spelling", "Cold call", id="swapped case"),
        pytest.param("source", "Cold  call", "cold-call", "stray-spaces", "Cold call", id="two spaces inside"),
        pytest.param("source", " cold call", "cold-call", "stray-spaces spelling", "Cold call", id="space and case"),
        pytest.param("source", "Соld call", "cold-call", "spelling", "Cold call", id="Cyrillic letters"),
        pytest.param("source", "Telepathy", None, "unknown-choice", None, id="not in the list"),
        pytest.param("stage", "Vndut", None, "unknown-stage", None, id="no stage"),
        pytest.param("owner", "Ana", None, "unknown-owner", None, id="half a name is no name"),
        pytest.param("loss_reason", "???", None, "unknown-loss-reason", None, id="no reason"),
        pytest.param("activity_status", True, "done", "spelling", "Done", id="a tick where a word was expected"),
        pytest.param("competitor", "Beta SA", "Beta SA", "", None, id="without a list any word will do"),
    ],
)
def test_pick_list(kind: str, typed: Cell, value: str | None, expected: str, spelling: str | None) -> None:
    assert check(kind, typed, value, expected).spelling == spelling


@pytest.mark.parametrize(
    ("kind", "typed", "label"),
    [
        pytest.param("stage", "Castgat", "Câștigat", id="a letter missing"),
        pytest.param("owner", "Ana", "Ana Pop", id="the first name alone"),
        pytest.param("owner", "Pop Ana", "Ana Pop", id="the names the other way round"),
        pytest.param("owner", "Dan Serbann", "Dan Șerban", id="a letter too many"),
        pytest.param("owner", "admin", None, id="nobody near"),
        pytest.param("loss_reason", "No", None, id="two that are equally near"),
    ],
)
def test_what_was_probably_meant(kind: str, typed: str, label: str | None) -> None:
    assert PICKS[kind].nearest(typed) == label


def test_a_near_miss_is_proposed_in_the_teams_language() -> None:
    reading = read("owner", "Dan Serbann", RO)
    said = Problem("unknown-owner", "Prospecți", 7, column="Responsabil", values=reading.issues[0].values)
    assert said.message("ro").startswith(
        "Responsabil: „Dan Serbann” nu este în lista echipei. Poate ați vrut „Dan Șerban”?"
    )


@pytest.mark.parametrize(
    ("typed", "code"),
    [("România", "RO"), ("romania", "RO"), ("UK", "GB"), ("Olanda", "NL"), ("de", "DE"), ("Narnia", None)],
)
def test_countries_by_any_name(typed: str, code: str | None) -> None:
    assert country_called(typed) == code


CELLS = st.one_of(
    st.text(max_size=40),
    st.text("0123456789.,-/() €lei%+:", max_size=20),
    st.floats(),
    st.integers(),
    st.booleans(),
    st.dates(),
    st.datetimes(),
    st.times(),
    st.decimals(allow_nan=False, allow_infinity=False),
)


@pytest.mark.parametrize("kind", READERS)
@given(cell=CELLS)
def test_no_cell_breaks_a_reader_and_every_issue_can_be_said(kind: str, cell: Any) -> None:
    for context in (RO, EN):
        for issue in read(kind, cell, context).issues:
            for language in messages.LANGUAGES:
                assert Problem(issue.code, "Leads", 2, column="X", values=issue.values).message(language)


@given(st.dates(date(1950, 1, 1), date(2030, 1, 1)))
def test_a_date_is_read_back_however_it_was_written(on: date) -> None:
    for text in (on.isoformat(), f"{on:%d.%m.%Y}", f"{on:%d.%m.%Y %H:%M}", long_date(on, "ro"), long_date(on, "en")):
        assert read("date", text).value == on


@given(st.decimals(0, 10**9, places=2))
def test_an_amount_is_read_back_however_it_was_written(amount: Decimal) -> None:
    english = f"{amount:,.2f}"
    romanian = english.translate(str.maketrans(",.", ".,"))
    for context in (RO, EN):
        for text in (english, romanian, f"€ {romanian}", f"{romanian.replace('.', ' ')} lei", f"{amount:.2f}"):
            assert read("amount", text, context).value == amount


@given(st.text(string.ascii_letters + "șțăîâȘȚ ", min_size=1))
def test_spaces_are_all_that_is_taken_from_a_text(text: str) -> None:
    reading = read("text", text)
    assert (reading.value or "") == " ".join(text.split())
    assert bool(reading.issues) == (reading.value is not None and reading.value != text)
