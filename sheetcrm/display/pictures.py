"""What a chart shows, before it is drawn: a title, what it says in words, and its marks.

The same marks make the table that stands in for the chart where charts cannot be
drawn. Nothing is counted here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from sheetcrm.display import html
from sheetcrm.display.numbers import days_text
from sheetcrm.display.words import caption, word
from sheetcrm.funnel import months_between, step_rates
from sheetcrm.intervals import share
from sheetcrm.numerals import UNKNOWN, number_text, percent_text
from sheetcrm.report import short_month

if TYPE_CHECKING:
    from sheetcrm.funnel import Funnel, Lost, Month, Tally
    from sheetcrm.learned import Backtest, ExpectedMonth, Fulfilled, StageChance
    from sheetcrm.past import Duration
    from sheetcrm.pipeline import Pipeline
    from sheetcrm.team import Member

__all__ = ["Mark", "Picture"]

Kind: TypeAlias = Literal["bars", "stacked", "columns", "grouped", "heat", "intervals"]
"""Bars, or parts of bars, from the left; columns of parts; columns beside each other; a table of shades; dots
with the interval that they lie in."""
Format: TypeAlias = Literal["count", "percent", "amount", "days"]

MOST = 15
"""Labels of one picture."""
MOST_MONTHS = 24
MOST_COLUMNS = 12


class Mark(NamedTuple):
    """One bar, dot or square."""

    label: str
    value: float | None
    text: str
    """What is written at it, and in the table."""
    series: str = ""
    low: float | None = None
    high: float | None = None
    panel: str = ""
    """Marks of other panels have scales of their own: a currency."""
    ink: str = "main"
    """main, pale, won or lost."""


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything that a chart shows."""

    kind: Kind
    title: str
    lines: tuple[str, ...]
    """What it says, in a sentence or two."""
    marks: tuple[Mark, ...]
    language: str
    head: str = ""
    """What the labels are."""
    format: Format = "count"

    @property
    def labels(self) -> list[str]:
        """Every label once, in the order in which they come."""
        return list(dict.fromkeys(mark.label for mark in self.marks))

    @property
    def series(self) -> list[str]:
        """Every series once."""
        return list(dict.fromkeys(mark.series for mark in self.marks))

    @property
    def heading(self) -> str:
        """The title; where all is in one currency, with that."""
        panels = {mark.panel for mark in self.marks}
        return self.title + "".join(f" ({panel})" for panel in panels if panel and len(panels) == 1)

    def as_table(self, note: str = "") -> str:
        """The same as a table in HTML, with a note below."""
        said: dict[tuple[str, str], dict[str, str]] = {}
        for mark in self.marks:
            said.setdefault((mark.panel, mark.label), {})[mark.series] = mark.text
        rows = [(" · ".join(filter(None, where)), *(of.get(s, "") for s in self.series)) for where, of in said.items()]
        numbers = range(1, len(self.series) + 1)
        drawn = html.table([self.head, *self.series], rows, self.language, numbers=numbers) if rows else ""
        lines = "".join(map(html.paragraph, self.lines))
        below = html.paragraph(note, quiet=True) if note else ""
        return html.page(html.paragraph(self.heading, bold=True), lines, drawn, below)


def _named(text: str | None, language: str) -> str:
    return text or word("blank", language)


def _part(part: int, whole: int, language: str) -> str:
    """`10 (52.6 %)`."""
    rate = f" ({percent_text(part / whole, language)})" if whole else ""
    return f"{number_text(part, language)}{rate}"


def _cut(picture: Picture, shown: Sequence[str]) -> Picture:
    """The picture of these labels alone, and how many there are besides."""
    more = len(picture.labels) - len(shown)
    if more <= 0:
        return picture
    marks = tuple(mark for mark in picture.marks if mark.label in shown)
    line = word("and-more", picture.language, n=more)
    return replace(picture, marks=marks, lines=(*picture.lines, line))


def _largest(picture: Picture) -> Picture:
    """The first labels: they come in the order of their size."""
    return _cut(picture, picture.labels[:MOST])


# ---------------------------------------------------------------- the funnel


def stages(funnel: Funnel, language: str) -> Picture:
    """How far records came: the open stages, then what was won."""
    total = funnel.total
    steps = [s for s in funnel.stages if s.stage.outcome == "open"]
    shown = [*steps, *(s for s in funnel.stages if s.stage.outcome == "won")]
    marks = [
        Mark(
            s.stage.name,
            s.reached,
            _part(s.reached, total.records, language),
            ink="main" if s.stage.outcome == "open" else "won",
        )
        for s in shown
    ]
    counts = {name: number_text(getattr(total, name), language) for name in ("records", "open", "won", "lost")}
    lines = [caption("stages-all", language, **counts)]
    rates = step_rates(funnel.stages)
    known = [(rate, s) for s in steps if (rate := rates[s.stage.code]) is not None]
    if known and len(shown) > len(steps):
        rate, here = min(known, key=lambda step: step[0])
        there = shown[steps.index(here) + 1].stage.name
        values = {"n": round(rate * here.reached), "of": here.reached, "rate": percent_text(rate, language)}
        lines.append(caption("stages-narrowest", language, here=here.stage.name, there=there, **values))
    return Picture(
        "bars", word("chart-stages", language), tuple(lines), tuple(marks), language, word("stage", language)
    )


def cohorts(funnel: Funnel, language: str) -> Picture:
    """What became of the records of each month of creation."""
    marks = [
        Mark(short_month(month, language) if month else word("unknown-month", language), *mark)
        for month, of in funnel.cohorts
        for mark in _outcomes(of, language)
    ]
    lines = (caption("cohorts-young", language),)
    head = word("created-in", language)
    picture = Picture("columns", word("cohorts", language), lines, tuple(marks), language, head)
    return _cut(picture, picture.labels[-MOST_MONTHS:])


def _outcomes(of: Tally, language: str) -> Iterator[tuple[int, str, str, None, None, str, str]]:
    for name, ink in (("won", "won"), ("lost", "lost"), ("open", "pale")):
        n = int(getattr(of, name))
        yield n, number_text(n, language), word(name, language), None, None, "", ink


def groups(funnel: Funnel, language: str) -> Picture:
    """The win rate of each group, with the interval that so few deserve."""
    by = funnel.by or "owner"
    named = [(_named(key, language), of) for key, of in funnel.groups]
    title = caption("win-rate-by", language, by=word(f"by-{by}", language).lower())
    return _win_rates(title, named, word(by, language), language)


def _win_rates(title: str, tallies: Iterable[tuple[str, Tally]], head: str, language: str) -> Picture:
    marks = []
    for name, of in tallies:
        closed = of.won + of.lost
        if closed:
            sure = share(of.won, closed)
            rate = percent_text(of.win_rate, language)
            text = caption("win-rate-of", language, rate=rate, won=of.won, closed=closed)
            marks.append(Mark(name, of.win_rate, text, "", sure.low, sure.high))
    lines = [caption("interval", language)]
    if len(marks) > 1:
        best = max(marks, key=lambda mark: mark.low or 0)
        worst = min(marks, key=lambda mark: mark.high or 0)
        apart = (best.low or 0) > (worst.high or 0)
        lines.append(
            caption("win-rates-apart" if apart else "win-rates-alike", language, best=best.label, worst=worst.label)
        )
    return _largest(Picture("intervals", title, tuple(lines), tuple(marks), language, head, "percent"))


def months(lines: Sequence[Month], words: Sequence[str], language: str) -> Picture:
    """What happened month by month; `words` say what changed."""
    kinds = (("created", "pale"), ("won", "won"), ("lost", "lost"))
    marks = [
        Mark(short_month(m.month, language), getattr(m, name), number_text(getattr(m, name), language), head, ink=ink)
        for m in lines
        for name, ink in kinds
        for head in [word(name, language)]
    ]
    title = caption("months", language)
    return Picture("grouped", title, tuple(filter(None, words)), tuple(marks), language, word("month", language))


def durations(lines: Sequence[Duration], pipeline: Pipeline, language: str) -> Picture:
    """How long records stood in each stage before they left it."""
    marks = []
    for line in lines:
        name = pipeline.label("stage", line.stage)
        median, p90 = days_text(line.median_days, language), days_text(line.p90_days, language)
        text = caption("days-of", language, median=median, p90=p90, n=line.n)
        marks.append(Mark(name, line.median_days, text, "", line.median_days, line.p90_days))
    title, head = caption("durations", language), word("stage", language)
    return Picture("intervals", title, (caption("durations-how", language),), tuple(marks), language, head, "days")


# ---------------------------------------------------------------- losses


def reasons(funnel: Funnel, language: str) -> Picture:
    """Why records are lost."""
    lost = funnel.total.lost
    marks = [
        Mark(_named(r.reason, language), r.lost, _part(r.lost, lost, language), ink="lost") for r in funnel.reasons
    ]
    lines = [caption("lost-all", language, n=lost)]
    if marks:
        lines.append(caption("lost-most", language, reason=marks[0].label, part=marks[0].text))
    head = word("reason", language)
    return _largest(Picture("bars", word("chart-reasons", language), tuple(lines), tuple(marks), language, head))


def losses(found: Sequence[Lost], across: str, pipeline: Pipeline, language: str) -> Picture:
    """Loss reasons by something else."""

    def where(key: str) -> str:
        if across == "month" and key:
            return short_month(key, language)
        if across == "stage":
            return pipeline.label("stage", key) if key else word("no-stage", language)
        return _named(key, language)

    columns = _columns(found, across, pipeline)
    others = {cell.where for cell in found}.difference(columns)
    rest = word("rest", language, n=len(others))
    counts: Counter[tuple[str, str]] = Counter()
    for cell in found:
        counts[cell.reason, where(cell.where) if cell.where in columns else rest] += cell.lost
    shown = [where(at) for at in columns]
    if others:
        shown.append(rest)
    marks = [
        Mark(_named(reason, language), n, number_text(n, language) if n else "", column)
        for column in shown
        for reason in dict.fromkeys(cell.reason for cell in found)
        for n in [counts[reason, column]]
    ]
    head = word("last-stage" if across == "stage" else across, language)
    title = caption("losses-by", language, by=head[:1].lower() + head[1:])
    lines = []
    worst = max(found, key=lambda cell: cell.lost, default=None)
    if worst and worst.lost > 1:
        values = {"reason": _named(worst.reason, language), "where": where(worst.where), "n": worst.lost}
        lines.append(caption("losses-most", language, **values))
    return _largest(Picture("heat", title, tuple(lines), tuple(marks), language, word("reason", language)))


def _columns(found: Sequence[Lost], across: str, pipeline: Pipeline) -> list[str]:
    """Stages in their order, the last months without a gap, of other things the largest; what is not known first."""
    places = sorted({cell.where for cell in found}, key=lambda at: _place(at, across, pipeline))
    if across == "month":
        known = [month for month in places if month]
        every = months_between(known[0], known[-1])[-MOST_COLUMNS:] if known else ()
        return [*places[: len(places) - len(known)], *every]
    if across == "stage" or len(places) <= MOST_COLUMNS:
        return places
    size: Counter[str] = Counter()
    for cell in found:
        size[cell.where] += cell.lost
    largest = {where for where, _ in size.most_common(MOST_COLUMNS - 1)}
    return [where for where in places if where in largest]


def _place(where: str, across: str, pipeline: Pipeline) -> tuple[int, str]:
    """Stages and months in their own order, other things by name; what is not known first."""
    return (pipeline.position(where) if across == "stage" else 0), where


# ---------------------------------------------------------------- the team


def win_rates(members: Iterable[Member], language: str) -> Picture:
    """The win rate of each owner."""
    named = [(_owner(m, language), m.tally) for m in members]
    title = caption("win-rate-by", language, by=word("by-owner", language).lower())
    return _win_rates(title, named, word("owner", language), language)


def open_values(members: Iterable[Member], language: str) -> Picture:
    """What each owner's open records are worth, weighted; each currency by itself."""
    marks = [
        Mark(_owner(m, language), float(line.weighted), _whole(line.weighted, language), panel=line.currency or "?")
        for m in members
        for line in m.open
        if line.currency is not None
    ]
    title, head = caption("open-values", language), word("owner", language)
    lines = (caption("open-values-how", language),)
    return _largest(Picture("bars", title, lines, tuple(marks), language, head, "amount"))


def follow_ups(members: Sequence[Member], language: str) -> Picture:
    """How much waits for each owner, and how much of it is late."""
    parts = [(m, (("late", m.late, "lost"), ("not-late", m.due - m.late, "pale"))) for m in members if m.due]
    late, due = sum(m.late for m in members), sum(m.due for m in members)
    lines = (caption("follow-ups-all", language, n=due, late=late),)
    return _parts("follow-ups", parts, lines, language)


def activities(members: Sequence[Member], language: str) -> Picture:
    """What each owner did of late, and has planned."""
    parts = [
        (m, (("done", m.done, "main"), ("planned", m.planned, "pale")))
        for m in members
        if m.owner or m.done or m.planned
    ]
    return _parts("activities", parts, (caption("activities-how", language),), language)


def _parts(
    title: str,
    parts: Iterable[tuple[Member, Iterable[tuple[str, int, str]]]],
    lines: tuple[str, ...],
    language: str,
) -> Picture:
    marks = [
        Mark(_owner(member, language), n, number_text(n, language), caption(key, language), ink=ink)
        for member, some in parts
        for key, n, ink in some
    ]
    head = word("owner", language)
    return _largest(Picture("stacked", caption(title, language), lines, tuple(marks), language, head))


def _owner(member: Member, language: str) -> str:
    return _named(member.owner, language)


def _whole(amount: Decimal, language: str) -> str:
    return number_text(amount, language)


# ---------------------------------------------------------------- what may be expected


def expected_months(lines: Sequence[ExpectedMonth], basis: Mapping[str, int], language: str) -> Picture:
    """The weighted pipeline by expected close, by what was learned and by what is configured."""
    ways: tuple[tuple[str, str], ...] = (("configured", "pale"),)
    if basis.get("learned"):
        ways += (("weighted", "main"),)
    marks = []
    for line in lines:
        if line.currency is None:
            continue
        month = short_month(line.month, language) if line.month else word("no-date", language)
        for name, ink in ways:
            amount = getattr(line, name)
            series = caption(f"by-{name}", language)
            marks.append(
                Mark(month, float(amount), _whole(amount, language), series, panel=line.currency or "?", ink=ink)
            )
    said = [
        caption("expected-basis", language, **{name: basis.get(name, 0) for name in ("own", "learned", "configured")})
    ]
    if not basis.get("learned"):
        said.append(caption("expected-not-learned", language))
    title, head = word("chart-expected", language), word("expected-close", language)
    return Picture("grouped", title, tuple(said), tuple(marks), language, head, "amount")


def chances(lines: Sequence[StageChance], pipeline: Pipeline, enough: int, language: str) -> Picture:
    """The probability of each stage as configured, and as learned."""
    marks = []
    for line in lines:
        name = pipeline.label("stage", line.stage)
        configured, learned = float(line.configured), None if line.learned is None else float(line.learned)
        n = caption("n-closed", language, n=line.n)
        text = f"{percent_text(configured, language)} ({n})"
        marks.append(Mark(name, configured, text, caption("configured", language), ink="pale"))
        if learned is not None:
            text = caption("learned-of", language, rate=percent_text(learned, language), n=n)
            marks.append(Mark(name, learned, text, caption("learned", language), line.low, line.high))
    lines_said: tuple[str, ...] = (caption("chances-how", language, enough=enough),)
    if any(mark.low is not None for mark in marks):
        lines_said += (caption("interval", language),)
    title, head = caption("chances", language), word("stage", language)
    return Picture("intervals", title, lines_said, tuple(marks), language, head, "percent")


def fulfilled(lines: Sequence[Fulfilled], pipeline: Pipeline, language: str) -> Picture:
    """Of the records that were open then: the wins that were expected, and those that came."""
    sums: dict[str, list[Any]] = {}
    for line in lines:
        of = sums.setdefault(line.stage, [Decimal(0), 0])
        of[0], of[1] = of[0] + line.wins, of[1] + line.won
    marks = []
    for stage, (wins, won) in sums.items():
        name = _named(pipeline.label("stage", stage), language)
        expected = number_text(wins, language, 1)
        marks.append(Mark(name, float(wins), expected, caption("wins-expected", language), ink="pale"))
        marks.append(Mark(name, won, number_text(won, language), caption("wins-came", language), ink="won"))
    records, still = sum(line.records for line in lines), sum(line.open for line in lines)
    expected = number_text(sum((line.wins for line in lines), Decimal(0)), language, 1)
    won = sum(line.won for line in lines)
    said = (caption("fulfilled-all", language, n=records, expected=expected, won=won, open=still),)
    title, head = caption("fulfilled", language), word("stage", language)
    return Picture("grouped", title, said, tuple(marks), language, head)


def calibration(figures: Backtest, language: str) -> Picture:
    """Of what was said, what came: the learned probabilities against the configured ones."""
    marks = []
    for line in figures.calibration:
        if line.by == "learned":
            span = f"{percent_text(line.low, language)} – {percent_text(line.high, language)}".replace(" % –", " –")
            for key, rate, ink in (("calibration-said", line.said, "pale"), ("calibration-won", line.won, "won")):
                text = f"{percent_text(rate, language)} ({caption('n-tests', language, n=line.n)})"
                marks.append(Mark(span, rate, text, caption(key, language), ink=ink))
    title, head = caption("backtest", language), caption("calibration-head", language)
    return Picture("grouped", title, tuple(_scores(figures, language)), tuple(marks), language, head, "percent")


def _scores(figures: Backtest, language: str) -> Iterator[str]:
    """Who foretold best, or that nothing can be said yet."""
    if figures.divided_on is None or not figures.learned_from or not figures.tested_on:
        yield caption("backtest-too-young", language)
        return
    day = figures.divided_on.isoformat()
    values = {"day": day, "learned_from": figures.learned_from, "tested_on": figures.tested_on}
    yield caption("backtest-how", language, **values)
    brier = {by: UNKNOWN if s is None else number_text(s, language, 3) for by, s in figures.brier.items()}
    yield caption("backtest-brier", language, **brier)
