"""Stage transitions: what a record's stage cell asks for, and whether it may.

One rule moves records: when a stage is accepted and its home is another tab,
the row goes there. This module judges the move; who carries it out, and where
the rows are, it does not know.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import NamedTuple

from sheetcrm.model import Lead, Opportunity, State
from sheetcrm.pipeline import Pipeline, Stage
from sheetcrm.settings import Settings

__all__ = ["Need", "Offered", "Step", "Verdict", "accept_as_it_stands", "judge", "unmet"]


class Need(NamedTuple):
    """Something a stage asks for and a record lacks."""

    stage: str
    need: str
    """A need of `Stage.needs`, or what a loss reason asks for: competitor, come_back_on, note."""


class Offered(NamedTuple):
    """What the Offers tab says of a record."""

    any: bool = False
    accepted: bool = False


class Step(NamedTuple):
    """One event of a record's way through the pipeline."""

    event: str
    before: str = ""
    after: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What becomes of a record's stage tonight."""

    stage: str
    """The accepted stage's code; as before where the move is refused."""
    refused: str = ""
    """The stage asked for and refused; "" when all is well."""
    why: str = ""
    """The problem's code of a refusal."""
    missing: tuple[Need, ...] = ()
    steps: tuple[Step, ...] = ()
    cycle: int = 1
    reached: str = ""
    closed_from: str = ""
    closing: bool = False
    """It was closed tonight."""
    reopening: bool = False
    """It was taken up again tonight."""


def unmet(lead: Lead, stage: Stage, pipeline: Pipeline, offered: Offered) -> tuple[Need, ...]:
    """What the stage needs and the record lacks, in the order of the Stages tab."""
    return tuple(Need(stage.code, need) for need in stage.needs if not _met(lead, need, offered)) + (
        _asked(lead, stage, pipeline) if stage.outcome == "lost" else ()
    )


def _met(lead: Lead, need: str, offered: Offered) -> bool:
    match need:
        case "company_or_contact":
            return bool(lead.company or lead.contact)
        case "email_or_phone":
            return bool(lead.email or lead.phone)
        case "offer":
            return offered.any
        case "confirmation":
            return offered.accepted or bool(isinstance(lead, Opportunity) and lead.confirmed_by)
        case _:
            return getattr(lead, need, None) is not None


def _asked(lead: Lead, stage: Stage, pipeline: Pipeline) -> tuple[Need, ...]:
    """What the record's loss reason asks for."""
    reason = pipeline.reason(lead.loss_reason)
    if reason is None:
        return ()
    has = {"competitor": lead.competitor, "come_back_on": lead.come_back_on, "note": lead.notes}
    return tuple(Need(stage.code, ask) for ask in reason.asks if has[ask] is None)


def judge(
    lead: Lead, state: State | None, pipeline: Pipeline, settings: Settings, offered: Offered, today: date
) -> Verdict:
    """What becomes of a record whose cell names a stage other than the accepted one.

    `lead.stage` is the code that the cell names; `state` what sync accepted last.
    """
    before = pipeline.stage(state.stage) if state else None
    wanted = pipeline.stage(lead.stage)
    standing = Verdict(
        state.stage if state else "",
        cycle=state.cycle if state else 1,
        reached=state.reached if state else "",
        closed_from=state.closed_from if state else "",
    )
    if wanted is None or (before and wanted.code == before.code):
        return standing
    if before is None or before.outcome == "open":
        return _from_open(lead, before, wanted, standing, pipeline, settings, offered)
    return _from_closed(lead, before, wanted, standing, state, pipeline, settings, offered, today)


def _from_open(
    lead: Lead,
    before: Stage | None,
    wanted: Stage,
    standing: Verdict,
    pipeline: Pipeline,
    settings: Settings,
    offered: Offered,
) -> Verdict:
    at = before.code if before else ""
    if settings.strict and not _allowed(before, wanted, pipeline):
        return replace(standing, refused=wanted.code, why="move-not-allowed")
    if wanted.outcome == "open" and before and pipeline.position(wanted.code) < pipeline.position(at):
        return replace(standing, stage=wanted.code, steps=(Step("stage", at, wanted.code),))
    passed = (wanted,) if wanted.outcome == "lost" else pipeline.passed(at, wanted)
    missing = tuple(need for stage in passed for need in unmet(lead, stage, pipeline, offered))
    if missing:
        return replace(standing, refused=wanted.code, why="needs-missing", missing=missing)
    steps = [Step("passed", at, stage.code) for stage in passed[:-1]]
    event = "stage" if wanted.outcome == "open" else wanted.outcome
    furthest = wanted if wanted.outcome == "open" else _last_open(passed[:-1], before)
    return replace(
        standing,
        stage=wanted.code,
        steps=(*steps, Step(event, at, wanted.code)),
        reached=_further(standing.reached, furthest, pipeline),
        closed_from=standing.closed_from if wanted.outcome == "open" else (furthest.code if furthest else at),
        closing=wanted.outcome != "open",
    )


def _last_open(passed: tuple[Stage, ...], before: Stage | None) -> Stage | None:
    return passed[-1] if passed else before


def _further(reached: str, stage: Stage | None, pipeline: Pipeline) -> str:
    """The furthest of the two open stages."""
    if stage is None or pipeline.position(stage.code) < pipeline.position(reached):
        return reached
    return stage.code


def _allowed(before: Stage | None, wanted: Stage, pipeline: Pipeline) -> bool:
    """Whether the strict table has that move; from nothing, only to where the pipeline begins."""
    if before is None:
        first = pipeline.open_stages[0]
        return wanted.code == first.code or wanted.code in first.may_go_on_to
    return wanted.code in before.may_go_on_to


def _from_closed(
    lead: Lead,
    before: Stage,
    wanted: Stage,
    standing: Verdict,
    state: State | None,
    pipeline: Pipeline,
    settings: Settings,
    offered: Offered,
    today: date,
) -> Verdict:
    """From Won or Lost: reopening, cancelling a sale; never from Lost to Won in one step."""
    if before.outcome == "lost" and wanted.outcome == "won":
        return replace(standing, refused=wanted.code, why="lost-to-won")
    if settings.strict and before.may_go_on_to and wanted.code not in before.may_go_on_to:
        return replace(standing, refused=wanted.code, why="move-not-allowed")
    if wanted.outcome != "open":  # Won → Lost, or from one kind of Lost (or Won) to another
        missing = unmet(lead, wanted, pipeline, offered)
        if missing:
            return replace(standing, refused=wanted.code, why="needs-missing", missing=missing)
        return replace(
            standing, stage=wanted.code, steps=(Step(wanted.outcome, before.code, wanted.code),), closing=True
        )
    start = standing.closed_from
    if pipeline.position(wanted.code) > pipeline.position(start):
        passed = pipeline.passed(start, wanted)
        missing = tuple(need for stage in passed for need in unmet(lead, stage, pipeline, offered))
        if missing:
            return replace(standing, refused=wanted.code, why="needs-missing", missing=missing)
    correction = bool(state and state.since and today - state.since <= timedelta(days=settings.correction_days))
    return replace(
        standing,
        stage=wanted.code,
        steps=(Step("corrected" if correction else "reopened", before.code, wanted.code),),
        cycle=standing.cycle + (0 if correction else 1),
        reached=_further(standing.reached if correction else "", wanted, pipeline),
        closed_from="",
        reopening=True,
    )


def accept_as_it_stands(lead: Lead, home: str, pipeline: Pipeline) -> Verdict:
    """Taking over and importing: the record stands where it stands, whatever it lacks.

    A row without a stage counts as the first stage of its tab. How far a lost one
    had come nobody knows.
    """
    stage = pipeline.stage(lead.stage) or pipeline.first_of(home)
    if stage is None:
        return Verdict("")
    if stage.outcome == "open":
        return Verdict(stage.code, reached=stage.code)
    last = pipeline.open_stages[-1].code if stage.outcome == "won" else ""
    return Verdict(stage.code, reached=last, closed_from=last, steps=(Step(stage.outcome, "", stage.code),))
