"""Whether learned probabilities foretell better than configured ones, on a real stage history.

    python benchmarks/backtest.py

The loan applications of BPI Challenge 2012 as a workbook of ours: learn from what
was closed when half of them had begun, foretell those that began later. The same
code as `crm.backtest()`. The configured probabilities are those of `init`.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.loan_applications import PIPELINE, SETTINGS, read_applications
from sheetcrm.learned import Backtest, backtest, cycles_of
from sheetcrm.past import steps_of

__all__ = ["main"]

SHARED = Path(os.environ.get("SHEETCRM_SHARED") or Path(__file__).resolve().parents[2] / "shared")


def report(found: Backtest) -> Iterator[str]:
    """Scores, what each said of a stage, and how often what was said came."""
    tests = sum(stage.n for stage in found.stages)
    yield f"divided on {found.divided_on}: learned from {found.learned_from} cycles that were closed before,"
    yield f"tested on {found.tested_on} that began later, each in every stage it stood in: {tests} tests\n"
    yield f"{'Brier score (smaller is better)':<34}"
    for by, score in found.brier.items():
        yield f"  {by:<32}{score:>8.4f}"
    mean = sum(stage.won * stage.n for stage in found.stages) / tests
    yield f"  {'the best single number, afterwards':<34}{mean * (1 - mean):>6.4f}\n"
    yield f"{'stage':<20}{'n':>6}{'configured':>12}{'base':>8}{'learned':>9}{'won':>8}"
    for s in found.stages:
        yield f"{s.stage:<20}{s.n:>6}{s.configured:>12.3f}{s.base:>8.3f}{s.learned:>9.3f}{s.won:>8.3f}"
    yield f"\n{'calibration':<20}{'between':>12}{'n':>6}{'said':>8}{'won':>8}"
    for c in found.calibration:
        yield f"{c.by:<20}{f'{c.low:.1f}-{c.high:.1f}':>12}{c.n:>6}{c.said:>8.3f}{c.won:>8.3f}"


def main(arguments: Sequence[str] | None = None) -> None:
    """Read, learn, foretell, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "bpi2012")
    args = parser.parse_args(arguments)
    facts, events = read_applications(args.data)
    cycles = cycles_of(facts, steps_of(events, SETTINGS), PIPELINE)
    print("\n".join(report(backtest(cycles, PIPELINE))))


if __name__ == "__main__":
    main()
