"""What sheetcrm finds in dirty tables of which every defect is known. `benchmarks/validation.py` asks for more."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from benchmarks.validation import NOT_CLAIMED, measure, totals
from tests.conftest import require

LEADS = 250
SEED = 5


def test_known_defects_are_found_and_nothing_else_is(shared: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    require((shared / "tools" / "make_big.py").is_file(), f"no generator of dirty tables in {shared}")
    require(all(map(find_spec, ("numpy", "pandas", "faker"))), "the generator of dirty tables needs numpy and faker")
    monkeypatch.setenv("SHEETCRM_SHARED", str(shared))
    scores = measure(LEADS, SEED)
    claimed = {kind: score for kind, score in scores.items() if kind not in NOT_CLAIMED}
    total = totals(claimed.values())
    mistakes = [example for score in claimed.values() for example in score.examples]
    assert total.put_in > 100
    assert total.precision >= 0.99, mistakes
    assert total.recall >= 0.99, mistakes
    assert len(NOT_CLAIMED) <= 4
