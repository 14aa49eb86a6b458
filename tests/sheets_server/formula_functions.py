"""The functions a formula may call. Any other is `#NAME?`."""

from . import formula_arithmetic, formula_conditions, formula_lookups, formula_texts
from .formula_calls import FUNCTIONS

__all__ = ["FUNCTIONS", "formula_arithmetic", "formula_conditions", "formula_lookups", "formula_texts"]
