"""What formulas come to."""

from __future__ import annotations

import pytest

from tests.sheets_server.book import Book


@pytest.mark.parametrize(
    ("formula", "shown"),
    [
        pytest.param("=SUM(B2:B)", "60", id="an open range"),
        pytest.param("=AVERAGE(B2:B4)", "20", id="an average"),
        pytest.param('=COUNTIF(A2:A,"a")', "2", id="counting"),
        pytest.param('=COUNTIFS(A2:A4,"<>b",B2:B4,">10")', "1", id="counting under two conditions"),
        pytest.param('=SUMIFS(B2:B,A2:A,"a")', "40", id="summing under a condition"),
        pytest.param('=SUMPRODUCT((A2:A4="a")*(B2:B4))', "40", id="arrays item by item"),
        pytest.param('=IFERROR(1/0,"none")', "none", id="an error caught"),
        pytest.param("=1/0", "#DIV/0!", id="division by zero"),
        pytest.param('="a"+1', "#VALUE!", id="text where a number is needed"),
        pytest.param("=NOSUCH(1)", "#NAME?", id="an unknown function"),
        pytest.param("=C1", "#REF!", id="a circle"),
        pytest.param("=1+", "#ERROR!", id="no formula at all"),
        pytest.param('=VLOOKUP("b",A2:B4,2,FALSE)', "20", id="looking up"),
        pytest.param('=VLOOKUP("z",A2:B4,2,FALSE)', "#N/A", id="looking up in vain"),
        pytest.param("=INDEX(A2:B4,MATCH(30,B2:B4,0),1)", "a", id="index and match"),
        pytest.param('=INDIRECT("B"&ROW()+1)', "10", id="a reference made of text"),
        pytest.param("=TODAY()", "3/2/2026", id="today is a date"),
        pytest.param('=TEXT(DATE(2020,1,2),"yyyy-mm-dd")', "2020-01-02", id="a date as text"),
        pytest.param('=HYPERLINK("https://x.example","site")', "site", id="a link shows its label"),
        pytest.param('=A2&" "&B2', "a 10", id="texts joined"),
        pytest.param("=-2^2", "4", id="a sign binds closer than a power"),
        pytest.param("=Other!A1*2", "8", id="another tab"),
        pytest.param("=Z100", "", id="an empty cell"),
    ],
)
def test_formulas_come_to(formula: str, shown: str) -> None:
    book = Book([["name", "n", formula], ["a", 10], ["b", 20], ["a", 30]])
    book.add_tab("Other")
    book.type("Other!A1", [[4]])
    assert book.see("C1") == ([[shown]] if shown else [])


def test_an_error_says_what_went_wrong() -> None:
    book = Book([["=1/0"]])
    value = {"errorValue": {"type": "DIVIDE_BY_ZERO", "message": "Function DIVIDE parameter 2 cannot be zero."}}
    assert book.cell("A1", "effectiveValue") == {"effectiveValue": value}
    assert book.see("A1", "UNFORMATTED_VALUE") == [["#DIV/0! (Function DIVIDE parameter 2 cannot be zero.)"]]


def test_a_long_chain_of_formulas_is_worked_out_from_its_end() -> None:
    book = Book([[1], *([f"=A{row}+1"] for row in range(1, 900))])
    assert book.see("A900") == [["900"]]


@pytest.mark.parametrize("length", [1, 2, 30, 500])
def test_a_circle_of_formulas_ends(length: int) -> None:
    book = Book([[f"=A{(row + 1) % length + 1}"] for row in range(length)])
    assert book.see("A1") == [["#REF!"]]


def test_formulas_are_written_anew_when_the_locale_changes() -> None:
    book = Book([[2], ['=IF(A1>1.5,"yes, 1.5","no")&SUM({1,2;3,4})']])
    book.do({"updateSpreadsheetProperties": {"properties": {"locale": "ro_RO"}, "fields": "locale"}})
    assert book.see("A2", "FORMULA") == [['=IF(A1>1,5;"yes, 1.5";"no")&SUM({1\\2;3\\4})']]
    assert book.see("A2") == [["yes, 1.510"]]


def test_a_formula_gets_the_look_of_what_it_refers_to() -> None:
    book = Book([["2024-03-05", "=A1+7", "=B1-A1", "=TODAY()", 1]])
    assert book.see() == [["2024-03-05", "2024-03-12", "7", "3/2/2026", "1"]]


def test_a_recalculation_sees_every_change() -> None:
    book = Book([[1, "=A1*2", "=COUNTA(A1:A)"]])
    assert book.see() == [["1", "2", "1"]]
    book.type("A1", [[5], [6]])
    assert book.see("A1:C1") == [["5", "10", "2"]]
    book.do({"deleteDimension": {"range": {"dimension": "ROWS", "startIndex": 1, "endIndex": 2}}})
    assert book.see("A1:C1") == [["5", "10", "1"]]
