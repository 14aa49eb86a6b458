from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sheetcrm.intervals import beta_quantile, share


@pytest.mark.parametrize(
    ("part", "a", "b", "expected"),
    [
        pytest.param(0.5, 1, 1, 0.5, id="evenly spread"),
        pytest.param(0.1, 2, 1, 0.1**0.5, id="a closed form"),
        pytest.param(0.9, 1, 3, 1 - 0.1 ** (1 / 3), id="another"),
        # What scipy.stats.beta.ppf 1.17 says.
        pytest.param(0.1, 3.5, 7.5, 0.1505912258762015, id="three of ten, low"),
        pytest.param(0.9, 3.5, 7.5, 0.5017811181000884, id="three of ten, high"),
        pytest.param(0.1, 0.5, 10.5, 0.0007697553046847683, id="none of ten, low"),
        pytest.param(0.9, 120.3, 480.7, 0.22128004997315465, id="many"),
    ],
)
def test_beta_quantile(part: float, a: float, b: float, expected: float) -> None:
    assert beta_quantile(part, a, b) == pytest.approx(expected, abs=1e-10)


COUNTS = st.integers(0, 5000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@given(COUNTS, st.floats(0, 1), st.sampled_from([1.0, 10.0]))
def test_a_share_lies_between_what_was_seen_and_its_prior(counts: tuple[int, int], prior: float, pull: float) -> None:
    hits, of = counts
    found = share(hits, of, prior, pull)
    seen = hits / of if of else prior
    assert min(seen, prior) - 1e-5 <= found.mean <= max(seen, prior) + 1e-5
    assert 0 <= found.low <= found.high <= 1


@given(st.integers(1, 500))
def test_more_records_make_surer(half: int) -> None:
    few, many = share(half, 2 * half), share(10 * half, 20 * half)
    assert many.high - many.low < few.high - few.low
    assert few.low < few.mean < few.high
