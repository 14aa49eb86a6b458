"""How sure a share of few records is: Beta distributions, and nothing else.

Of the records in a cell so many went one way. What the true share may be is a
Beta distribution; its middle 80 % is the interval that is shown.
"""

from __future__ import annotations

from functools import cache
from math import exp, lgamma, log, log1p
from typing import NamedTuple

__all__ = ["Share", "beta_quantile", "share"]

SURE = 0.8
"""The part of the distribution that lies in a shown interval."""
HALVINGS = 60
MOST_TERMS = 10_000
EXACT, TINY = 1e-14, 1e-300


class Share(NamedTuple):
    """A share that was estimated, and between which two it lies in four cases of five."""

    mean: float
    low: float
    high: float


@cache
def share(hits: int, of: int, prior: float = 0.5, strength: float = 1.0) -> Share:
    """The share of `hits` in `of`, drawn to `prior` as if `strength` more had been seen that went so.

    With the defaults it is Jeffreys' interval: for a share of which nothing else is known.
    """
    a = hits + strength * min(max(prior, 1e-6), 1 - 1e-6)
    b = of + strength - a
    return Share(a / (a + b), beta_quantile((1 - SURE) / 2, a, b), beta_quantile((1 + SURE) / 2, a, b))


def beta_quantile(part: float, a: float, b: float) -> float:
    """The share below which so large a part of the distribution Beta(a, b) lies."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _beta_below(middle, a, b) < part else (low, middle)
    return (low + high) / 2


def _beta_below(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function (DLMF 8.17.22)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # there the fraction converges slowly
        return 1 - _beta_below(1 - x, b, a)
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x)) / a
    return front * _continued_fraction(x, a, b)


def _continued_fraction(x: float, a: float, b: float) -> float:
    """By the method of Lentz."""
    c, d = 1.0, 1 / _apart(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, MOST_TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _apart(1 + term * d)
            c = _apart(1 + term / c)
            value *= c * d
        if abs(c * d - 1) < EXACT:
            break
    return value


def _apart(number: float) -> float:
    """Away from zero, that it may be divided by."""
    return number if abs(number) > TINY else TINY
