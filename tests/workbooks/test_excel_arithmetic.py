"""Simple formulas are worked out, others are not guessed."""

from __future__ import annotations

import pytest

from sheetcrm.workbooks.excel.arithmetic import Result, Unclear, work_out
from sheetcrm.workbooks.excel.formulas import Area

CELLS: dict[tuple[int, int], Result] = {
    (1, 1): 1.005,
    (2, 1): 2.0,
    (3, 1): "text",
    (4, 1): True,
    (6, 1): "0.21",
    (1, 2): 0.21,
    (2, 2): 0.11,
    (3, 2): 0.21,
}


def ask(tab: str, area: Area) -> list[Result]:
    if tab not in ("", "my tab"):
        raise Unclear
    rows, columns = range(area.top, area.bottom + 1), range(area.left, area.right + 1)
    return [CELLS.get((row, column)) for row in rows for column in columns]


@pytest.mark.parametrize(
    ("formula", "result"),
    [
        ("1+2*3", 7),
        ("(1+2)*3", 9),
        ("-2^2", 4),
        ("2^-1", 0.5),
        ("10%*50", 5),
        ("A2-A5", 2),
        ('"a""b"&A2', 'a"b2'),
        ("ROUND(A1,2)", 1.01),
        ("ROUND(-2.5,0)", -3),
        ("ROUND(1234.5,-2)", 1200),
        ("ROUNDDOWN(2.99,1)", 2.9),
        ("SUM(A1:A5)", 3.005),
        ("SUM(A1,2,A2)", 5.005),
        ("SUM('My tab'!$A$1:$A$2)", 3.005),
        ("SUMIF(B1:B3,0.21,A1:A3)", 1.005),
        ('SUMIF(A1:A3,"TEXT",B1:B3)', 0.21),
        ("SUMPRODUCT(A1:A2,B1:B2)", 0.43105),
        ("SUMPRODUCT(A1:A2*(1-B1:B2))", 2.57395),
        ("AVERAGE(A1:A3)", 1.5025),
        ("MAX(A1:A3)", 2),
        ("COUNT(A1:A5)", 2),
        ("COUNTA(A1:A5)", 4),
        ('IF(A2>1,"more","less")', "more"),
        ("IF(A2>1,1,NO.SUCH(3))", 1),
        ("IF(A2<1,1)", False),
        ("AND(A4,A2=2)", True),
        ("_xlfn.CONCAT(A2,A3)", "2text"),
        ("0.1+0.2", 0.1 + 0.2),
    ],
)
def test_worked_out(formula: str, result: Result) -> None:
    found = work_out(formula, ask)
    assert found == (pytest.approx(result, abs=1e-12) if isinstance(result, float) else result)


@pytest.mark.parametrize(
    "formula",
    [
        pytest.param("NOW()", id="an unknown function"),
        pytest.param("1/0", id="an error"),
        pytest.param("A3+1", id="a text in a sum"),
        pytest.param("A6+1", id="a number that is text"),
        pytest.param("A1:A3", id="a range for a cell"),
        pytest.param("Table1[Value]", id="columns of a table"),
        pytest.param("no_such_name", id="a name"),
        pytest.param('SUMIF(A1:A3,">1")', id="a condition in words"),
        pytest.param("[1]Other!A1", id="another file"),
        pytest.param("cmd|'/c calc'!A1", id="another program"),
        pytest.param("SUM(A1", id="half a formula"),
        pytest.param("1 2", id="no formula"),
        pytest.param("(" * 5000 + "1", id="deeper than anybody writes"),
        pytest.param("9^999", id="more than there is"),
        pytest.param("{1,2}", id="a list"),
        pytest.param("", id="nothing"),
    ],
)
def test_not_guessed(formula: str) -> None:
    with pytest.raises(Unclear):
        work_out(formula, ask)
