"""How many of the known defects in big dirty tables sheetcrm finds, and how often it cries wolf.

    python benchmarks/validation.py --n 2000 --seeds 7,11

Lays generated tables, in which every defect is known, into a workbook, lets
sheetcrm look at it and compares. Each finding counts: one that no defect explains
is a false alarm, whatever its kind. A stage history has no tab with us; it is
replayed instead, each step typed into a stage cell and synced in strict mode.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.dirty_tables import (
    Dirty,
    Laid,
    Source,
    Typed,
    generate,
    header_fields,
    laid,
    night_after,
    rules,
    stage_history,
)
from sheetcrm.columns import header
from sheetcrm.decide import decide
from sheetcrm.gather import gather
from sheetcrm.plan import current_problems, make_plan
from sheetcrm.problems import Problem
from sheetcrm.run import Run
from sheetcrm.setup import fresh_workbook
from sheetcrm.tables import Snapshot
from sheetcrm.workbooks.memory import MemoryWorkbook

__all__ = ["NOT_CLAIMED", "Score", "measure", "totals"]

KIND_OF_CODE = {
    "stray-spaces": "stray_space",
    "text-date": "text_date",
    "text-number": "decimal_comma",
    "phone-format": "phone_format",
    "legacy-diacritics": "legacy_diacritics",
    "missing-loss-reason": "missing_loss_reason",
    "unknown-loss-reason": "unknown_loss_reason",
    "loss-reason-on-won": "loss_reason_on_won",
    "closed-before-created": "close_before_create",
    "unknown-reference": "orphan_ref",
    "unknown-account": "orphan_ref",
    "unknown-owner": "unknown_owner",
    "bad-email": "bad_email",
    "bad-tax-id": "bad_cui",
    "negative-amount": "negative_amount",
    "impossible-date": "impossible_date",
    "far-date": "impossible_date",
    "move-not-allowed": "illegal_jump",
}
"""What each problem of ours is in the generator's words; `spelling` and duplicates depend on where."""

ROW_CODES = frozenset({"likely-duplicate", "copied-id", "duplicate-id", "copied-row"})

NOT_CLAIMED = {
    "history_mismatch": "sync keeps the history itself; a stage that differs from it is a move, which is judged",
    "converted_without_opportunity": "a lead and its opportunity are one record for life: there is nothing to point at",
    "offer_total_mismatch": "the total of an offer made elsewhere is a person's own; ours are computed by sync",
}

STAGE = header("stage", "en")
"""The one column that is typed into when a history is replayed; what else these rows lack is not its matter."""

OTHER = "(no such kind)"
"""Findings of problems that no kind of defect explains."""

Key = tuple[str, ...]
"""A finding or a defect as it is compared: kind and cell, or kind and the pair of records."""


@dataclass
class Score:
    """What was put in, what was found of it, and what was found besides."""

    put_in: int = 0
    found: int = 0
    false_alarms: int = 0
    elsewhere: int = 0
    """Defects in columns for which sheetcrm has no field: the team's own, that it leaves alone."""
    examples: list[str] = field(default_factory=list)

    @property
    def precision(self) -> float:
        """Of the findings, how many are right."""
        return self.found / (self.found + self.false_alarms) if self.found + self.false_alarms else 1.0

    @property
    def recall(self) -> float:
        """Of the defects, how many were found."""
        return self.found / self.put_in if self.put_in else 1.0


def measure(n: int, seed: int) -> dict[str, Score]:
    """Kind → score, over the tables of one seed."""
    with tempfile.TemporaryDirectory() as folder:
        dirty = generate(Path(folder), n, seed)
    workbook = laid(dirty)
    findings = {**workbook_findings(dirty, workbook), **replay_findings(dirty)}
    return _scores(dirty, workbook.read, findings)


def totals(scores: Iterable[Score]) -> Score:
    """All of them added up."""
    total = Score()
    for score in scores:
        total.put_in += score.put_in
        total.found += score.found
        total.false_alarms += score.false_alarms
        total.elsewhere += score.elsewhere
    return total


# ---------------------------------------------------------------- what sheetcrm finds


def workbook_findings(dirty: Dirty, workbook: Laid) -> dict[Key, str]:
    """Every finding in the workbook, with its message."""
    run = gather(workbook.snapshot, night_after(dirty), force=True)
    decide(run)
    names = {layout.title: name for name, layout in run.layouts.items()}
    keys = _theirs_by_our_id(dirty, workbook, run)
    found: dict[Key, str] = {}
    for problem in current_problems(run):
        key = _finding(problem, names.get(problem.tab, ""), dirty, workbook, keys)
        found.setdefault(key, f"{problem.code}: {problem.message('en')}")
    return found


def _theirs(dirty: Dirty, source: Source) -> str:
    row = dirty.tables[source.table][source.line - 2]
    return next(iter(row.values()))


def _theirs_by_our_id(dirty: Dirty, workbook: Laid, run: Run) -> dict[str, str]:
    """Our ID, a fresh one of a copied row too → their key."""
    places = {d.id: (d.layout.name, d.entry.row) for d in run.rows if d.id and d.entry.row is not None}
    return {id_: _theirs(dirty, workbook.rows[place]) for id_, place in places.items() if place in workbook.rows}


def _finding(problem: Problem, tab: str, dirty: Dirty, workbook: Laid, keys: Mapping[str, str]) -> Key:
    source = workbook.rows.get((tab, (problem.row or 0) - 1))
    if source is None:
        return (OTHER, problem.code, problem.tab, str(problem.row))
    key = _theirs(dirty, source)
    if problem.code in ROW_CODES:
        other = keys.get(problem.values.get("other", ""), key)
        if key == other:  # two rows of one ID are likely duplicates of each other, too
            return ("duplicate_id", key)
        return ("duplicate_account" if tab == "accounts" else "duplicate_lead", *sorted((key, other)))
    name = header_fields(tab).get(problem.column, "")
    column = workbook.columns.get((tab, name), problem.column)
    return _cell_key(problem.code, name, source._replace(column=column))


def _cell_key(code: str, name: str, source: Source) -> Key:
    kind = KIND_OF_CODE.get(code, OTHER)
    if code == "spelling":
        kind = "case_stage" if name == "stage" else "case_picklist"
    return (kind, source.table, str(source.line), source.column)


# ---------------------------------------------------------------- the history, replayed


def replay_findings(dirty: Dirty) -> dict[Key, str]:
    """Each record's stages typed and synced one after the other, with the table of allowed moves in force.

    Where a move is refused, the step that is missing is typed before it the next time.
    """
    history = stage_history(dirty)
    waiting = {f"R-{number:04d}": list(steps) for number, steps in enumerate(history.values(), 1)}
    workbook = MemoryWorkbook(_first_night(dirty, history))
    now, base = night_after(dirty), workbook.read()
    plan = make_plan(base, now, takeover=True)
    workbook.apply(plan, base)
    found: dict[Key, str] = {}
    stood: dict[str, str] = {}
    while waiting:
        now += timedelta(minutes=15)
        typed = {id_: steps.pop(0) for id_, steps in waiting.items()}
        base = workbook.snapshot = _typed(workbook.read(), {id_: step.stage for id_, step in typed.items()})
        plan = make_plan(base, now, force=True)
        for problem in plan.problems:
            if problem.id in typed and problem.column == STAGE:
                step = typed[problem.id]
                column = "from_stage" if problem.code == "move-not-allowed" else "to_stage"
                found.setdefault(_cell_key(problem.code, "stage", step.source._replace(column=column)), problem.code)
            if problem.code == "move-not-allowed" and problem.id in typed:
                step = typed.pop(problem.id)
                waiting[problem.id][:0] = _mended(dirty, stood[problem.id], step)
        stood |= {id_: step.stage.strip().capitalize() for id_, step in typed.items()}
        waiting = {id_: steps for id_, steps in waiting.items() if steps}
        workbook.apply(plan, base)
    return found


def _mended(dirty: Dirty, stood: str, refused: Typed) -> list[Typed]:
    """The stage between, and then the refused one again; nothing where one stage would not do."""
    moves = {**dirty.config["lead_transitions"], **dirty.config["opportunity_transitions"]}
    wanted = refused.stage.strip().capitalize()
    between = [stage for stage in moves.get(stood, ()) if wanted in moves[stage]]
    return [refused._replace(stage=between[0]), refused] if between else []


def _first_night(dirty: Dirty, records: Iterable[str]) -> Snapshot:
    """Every record before its first step: a lead in New; an opportunity where a lead is when it is converted."""
    fresh = fresh_workbook("en")
    tabs = {tab.mark: tab for tab in fresh.tabs}
    leads = tabs["leads"]
    opportunities = {row["opportunity_id"] for row in dirty.tables["Opportunities"]}
    rows = []
    for key in records:
        stage = "Converted" if key in opportunities else "New"
        cells = {"email": f"{key.casefold()}@company.example", "stage": stage}
        rows.append(tuple(cells.get(name, "") for name in leads.marks))
    tabs["leads"] = replace(leads, rows=(leads.rows[0], *rows))
    tabs |= rules(tabs, dirty.config, needs=False)
    return Snapshot(tuple(tabs[tab.mark] for tab in fresh.tabs))


def _typed(snapshot: Snapshot, stages: Mapping[str, str]) -> Snapshot:
    """The workbook after people typed those stages."""
    tabs = []
    for tab in snapshot.tabs:
        if tab.mark in ("leads", "opportunities", "deals"):
            id_column, column = tab.marks["id"], tab.marks["stage"]
            rows = [list(row) for row in tab.rows]
            for row in rows:
                if row and str(row[id_column]) in stages:
                    row[column] = stages[str(row[id_column])]
            tab = replace(tab, rows=rows)
        tabs.append(tab)
    return replace(snapshot, tabs=tuple(tabs))


# ---------------------------------------------------------------- comparing


def _scores(dirty: Dirty, read: frozenset[Source], findings: Mapping[Key, str]) -> dict[str, Score]:
    scores = {kind: Score() for kind in (*dirty.kinds, OTHER)}
    truth: dict[Key, str] = {}
    for defect in dirty.defects:
        kind, source = defect.kind, defect.source
        score = scores[kind]
        if kind in NOT_CLAIMED:
            score.put_in += 1
            continue
        replayed = source.table == "StageHistory" and source.column in ("to_stage", "from_stage")
        if kind in ("duplicate_lead", "duplicate_account"):
            truth[kind, *sorted((defect.key, *defect.other))] = defect.key
        elif kind == "duplicate_id":
            truth[kind, defect.key] = defect.key
        elif source in read or replayed:
            truth[kind, source.table, str(source.line), source.column] = defect.key
        else:
            score.elsewhere += 1
            continue
        score.put_in += 1
    for key, what in truth.items():
        if key in findings:
            scores[key[0]].found += 1
        else:
            scores[key[0]].examples.append(f"missed {key}: {what}")
    for key, message in findings.items():
        if key not in truth:
            scores[key[0]].false_alarms += 1
            scores[key[0]].examples.append(f"false alarm {key}: {message}")
    return scores


# ---------------------------------------------------------------- the table


def table(scores: Mapping[str, Score]) -> str:
    """Kind by kind, what is claimed added up, and what is not claimed with its reason."""
    head = f"{'kind':<30}{'put in':>8}{'found':>8}{'false':>8}{'precision':>11}{'recall':>9}{'own columns':>13}"
    lines = [head, "-" * len(head)]
    claimed = {kind: score for kind, score in scores.items() if kind not in NOT_CLAIMED}
    for kind, score in (*claimed.items(), ("all that is claimed", totals(claimed.values()))):
        if kind == OTHER and not score.false_alarms:
            continue
        counts = f"{score.put_in:>8}{score.found:>8}{score.false_alarms:>8}"
        lines.append(f"{kind:<30}{counts}{score.precision:>11.4f}{score.recall:>9.4f}{score.elsewhere:>13}")
    lines += ["", "Not claimed:"]
    lines += [f"  {kind} ({scores[kind].put_in} put in): {why}" for kind, why in NOT_CLAIMED.items()]
    total = totals(claimed.values())
    everything = total.found / (total.put_in + total.elsewhere)
    lines += [
        "",
        "“own columns”: defects in columns for which sheetcrm has no field. They stay the team's own and it leaves",
        f"them alone; counted as missed, they would bring recall down to {everything:.4f}.",
    ]
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and say with `--examples` what went wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--n", type=int, default=2000, help="leads before duplicates")
    parser.add_argument("--seeds", default="7,11", help="one table for all of them")
    parser.add_argument("--examples", type=int, default=0, help="show so many mistakes of each kind")
    args = parser.parse_args()
    scores: dict[str, Score] = {}
    for seed in map(int, args.seeds.split(",")):
        for kind, score in measure(args.n, seed).items():
            known = scores.setdefault(kind, Score())
            added = totals((known, score))
            scores[kind] = replace(added, examples=[*known.examples, *score.examples])
    print(table(scores))
    for score in scores.values():
        print(*score.examples[: args.examples], sep="\n", end="\n" if score.examples and args.examples else "")


if __name__ == "__main__":
    main()
