"""Edits in workbooks of strangers change nothing besides. `benchmarks/corpus.py` tells the whole story."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.corpus import Outcome, bad, closed_to_libreoffice, corpus, try_file
from benchmarks.corpus_edits import EDITS, sheets_of, to_edit
from benchmarks.libreoffice_edits import Office, can_speak_uno, compared, generated
from tests.conftest import require

PARTS = 8
"""Of the corpus, so that several processes share the work."""

BIG_BYTES = 200_000
EDITS_OF_BIG_ONES = ("set", "remove", "insert")
"""The campaign makes every edit in them; it takes its time."""

LEAST_PERCENT = 80
"""Who refuses everything damages nothing: so many of the edits of each part must be made."""

RICH = (
    "paper-xlsx__gauntlet.xlsx",
    "paper-xlsx__vba-test.xlsm",
    "phpspreadsheet__32readwriteBarChart3.xlsx",
    "phpspreadsheet__sparklineEdgeCases.xlsx",
    "poi__59746_NoRowNums.xlsx",
    "poi__SimpleStrict.xlsx",
    "test_files__threaded_comments_none.xlsx",
    "wolfxl__real-excel-table-slicers.xlsx",
)
"""Charts, tables, slicers, macros, comments, shared formulas, another namespace, rows without numbers."""


@pytest.fixture
def strangers(shared: Path) -> Path:
    require((shared / "tools" / "check_lossless.py").is_file(), f"no checker in {shared}/tools")
    return shared / "xlsx_corpus"


def told(outcomes: list[Outcome]) -> str:
    return "\n".join(f"{it.kind}: {it.file} {it.edit}: {'; '.join(it.lines)}" for it in outcomes)


@pytest.mark.parametrize("part", range(PARTS))
def test_an_edit_changes_nothing_besides(part: int, strangers: Path, tmp_path: Path) -> None:
    outcomes: list[Outcome] = []
    for path in corpus(strangers)[part::PARTS]:
        big = path.stat().st_size > BIG_BYTES
        outcomes += try_file(EDITS_OF_BIG_ONES if big else tuple(EDITS), tmp_path, path)
    assert not bad(outcomes), told(bad(outcomes))
    refused = [it for it in outcomes if it.kind == "refused"]
    edited = sum(it.kind == "edited" for it in outcomes)
    assert 100 * edited >= LEAST_PERCENT * (edited + len(refused)), told(refused)


def test_libreoffice_opens_what_was_edited(strangers: Path, libreoffice: str, tmp_path: Path) -> None:
    outcomes = [it for name in RICH for it in try_file(tuple(EDITS), tmp_path, strangers / name)]
    outcomes, _ = closed_to_libreoffice(libreoffice, outcomes, strangers)
    assert not bad(outcomes), told(bad(outcomes))


def test_formulas_say_what_they_say_in_libreoffice(strangers: Path, tmp_path: Path) -> None:
    require(can_speak_uno(), "LibreOffice or the Python that talks to it is not installed (python3-uno)")
    work = tmp_path / "work"
    work.mkdir()
    paths = [generated(seed, tmp_path) for seed in (1, 2, 3, 4)]
    paths += [strangers / name for name in ("closedxml__3d-reference.xlsx", "phpspreadsheet__namespacenonstd.xlsx")]
    with Office() as office:
        for path in paths:
            sheet = to_edit(sheets_of(path))
            assert sheet is not None
            for edit in ("insert", "remove"):
                outcome = compared(office, edit, path, sheet, work)
                assert outcome.kind == "equal", f"{outcome.file} {edit}: {outcome.kind} {outcome.lines[:5]}"
