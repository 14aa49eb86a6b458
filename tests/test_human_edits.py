"""People at work in every gap of a sync with Google Sheets: a small part of `benchmarks/human_edits.py`."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.human_edits import GAPS, Campaign, play

SEED = 1
RUNS_OF_A_TEST = 5


@pytest.fixture(scope="module")
def campaign() -> Iterator[Campaign]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SHEETCRM_GOOGLE_URL", "")
        with Campaign() as campaign:
            yield campaign


@pytest.mark.parametrize("gap", GAPS)
def test_nothing_that_people_type_is_lost(campaign: Campaign, gap: str) -> None:
    """Whatever a person does in the gap stands afterwards, each record once, and nothing is left to do."""
    numbers = range(GAPS.index(gap), RUNS_OF_A_TEST * len(GAPS), len(GAPS))
    results = [play(campaign, SEED, number, "all") for number in numbers]
    assert [(result.told[0], result.wrong) for result in results if result.broken] == []
    assert any(result.reached for result in results)
