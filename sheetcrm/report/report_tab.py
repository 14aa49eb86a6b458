"""The Report tab: what changed, charts, blocks that keep their place, and lists that grow.

The room for charts stays free, and the blocks that they show stay where they are
(`blocks`). Every figure is defined in `funnel`; nothing is counted here a second way.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import NamedTuple

from sheetcrm import funnel
from sheetcrm.funnel import Expected, Fact, Month, Tally, tally
from sheetcrm.model import Event
from sheetcrm.offer_figures import OfferFact, slipping
from sheetcrm.pipeline import Pipeline
from sheetcrm.report.blocks import END_OF_BLOCKS, MONTHS_AHEAD, TOP, WIDTHS, place_of
from sheetcrm.report.changes import changes
from sheetcrm.report.grid import Grid, Sheet, Words, by_style, short_month
from sheetcrm.report.offers_block import alarm, offers_block
from sheetcrm.settings import Settings
from sheetcrm.tables import Cell, Styled

__all__ = ["Waiting", "report_rows"]

MOST_WAITING = 50


class Waiting(NamedTuple):
    """A row whose move was refused: it is counted where it stood last."""

    id: str
    name: str
    owner: str
    tab: str
    """The tab's title."""
    wanted: str
    """The stage that was asked for."""
    why: str


def report_rows(
    facts: Sequence[Fact],
    events: Iterable[Event],
    waiting: Sequence[Waiting],
    offers: Sequence[OfferFact],
    pipeline: Pipeline,
    settings: Settings,
    today: date,
) -> Sheet:
    """What the tab says. Of `today` only the month shows."""
    report = _Report(facts, pipeline, settings, Grid(Words(settings.language)))
    offers_sent = [offer.sent_on for offer in offers if offer.sent_on]
    months = funnel.months(facts, events, offers_sent, pipeline, today)
    report.top(months, alarm(slipping(offers, facts, today), pipeline, report.words))
    report.overview(len(waiting))
    report.months(months)
    report.expected(funnel.expected(facts, today, MONTHS_AHEAD))
    report.cohorts(funnel.months_back(today))
    report.stages()
    report.reasons()
    for by in ("owner", "source"):
        report.fixed(f"by-{by}", "groups-note")
        report.groups(by)
    report.grid.go_to(END_OF_BLOCKS)
    report.waiting(waiting)
    offers_block(report.grid, offers, today)
    report.open_pipeline()
    report.grid.heading("by-industry", "groups-note")
    report.groups("industry")
    report.leaks()
    for outcome in ("won", "lost"):
        report.closed(outcome, funnel.months_back(today, 1))
    return Sheet(tuple(report.grid.rows), WIDTHS)


@dataclass(slots=True)
class _Report:
    """The tab while it is written, block by block."""

    facts: Sequence[Fact]
    pipeline: Pipeline
    settings: Settings
    grid: Grid

    @property
    def words(self) -> Words:
        return self.grid.words

    def headers(self, *keys: str) -> list[str]:
        return [self.words(key) for key in keys]

    def stage_name(self, code: str) -> str:
        stage = self.pipeline.stage(code)
        return stage.name if stage else self.words("no-stage")

    # ------------------------------------------------------------ blocks that keep their place

    def fixed(self, block: str, note: str = "") -> None:
        """Begin a block where it always stands."""
        self.grid.go_to(place_of(block) - 1)
        self.grid.heading(block, note or f"{block}-note")

    def top(self, months: Sequence[Month], alarm: str) -> None:
        """The title, what changed, and the alarm where there is one; below them lie the charts."""
        self.grid.title(self.words("report-title"))
        for line in changes(self.facts, months, self.words):
            self.grid.row((Styled(line, "words"),))
        if alarm:
            self.grid.row((Styled(alarm, "alert"),))

    def overview(self, waiting: int) -> None:
        """The whole book in a few lines."""
        total = tally(self.facts)
        self.fixed("overview")
        lines: list[tuple[str, Cell | None, str]] = [
            ("records", total.records, "count"),
            ("open", total.open, "count"),
            ("won", total.won, "count"),
            ("lost", total.lost, "count"),
            ("win-rate", total.win_rate, "percent"),
            ("not-counted", total.not_counted, "count"),
            ("win-rate-counted", total.win_rate_counted, "percent"),
            ("median-days", total.days_won.median, "days"),
            ("p90-days", total.days_won.p90, "days"),
            ("waiting-count", waiting, "count"),
        ]
        for key, value, style in lines:
            self.grid.row(by_style((self.words(key), value), ("text", style)))

    def months(self, months: Sequence[Month]) -> None:
        """This month and the last twelve, the latest first."""
        self.fixed("months")
        headers = self.headers("month", "created", "converted", "offers-sent", "won", "lost", "win-rate")
        lines: list[Sequence[Cell | None]] = [
            (short_month(m.month, self.words.language), *m[1:], m.win_rate) for m in reversed(months)
        ]
        lines.append((self.words("total"), *(sum(column) for column in list(zip(*months, strict=True))[1:]), None))
        self.grid.table(headers, ("text", *["count"] * 5, "percent"), lines)

    def expected(self, lines: Sequence[Expected]) -> None:
        """The weighted pipeline by the month in which it is expected to close."""
        self.fixed("expected")
        currencies = self.currencies(currency for line in lines for currency in line.weighted)
        missing = self.without_rate(currencies)
        # The chart shows the first amount: of all currencies together where their rates are known.
        together = len(currencies) > 1 and not missing
        first = self.settings.currency if together or not currencies else currencies[0]
        headers = self.headers("expected-close", "records")
        headers.append(self.words("weighted-total" if together else "weighted-in", currency=first or "?"))
        others = currencies if together else currencies[1:]
        headers += [self.words("weighted-in", currency=currency or "?") for currency in others]
        rows: list[Sequence[Cell | None]] = []
        for line in lines:
            name = short_month(line.when, self.words.language) if line.when[0].isdigit() else self.words(line.when)
            amounts = [line.weighted.get(currency) for currency in currencies] or [None]
            if together:
                amounts.insert(0, self.in_own_currency(line.weighted) if line.weighted else None)
            rows.append((name, line.records, *amounts))
        self.grid.table(headers, ("text", "count", *["amount"] * (len(headers) - 2)), rows)
        self.say_missing(currencies, missing)

    def stages(self) -> None:
        """How far records come, and from where they go on: the open stages, then what is won."""
        self.fixed("stages")
        counts = funnel.stage_counts(self.facts, self.pipeline)
        rates = funnel.step_rates(counts)
        steps = [c for c in counts if c.stage.outcome == "open"] + [c for c in counts if c.stage.outcome == "won"]
        shown = steps if len(steps) <= TOP else [*steps[: TOP - 1], steps[-1]]
        lines = [(c.stage.name, c.reached, c.now, rates.get(c.stage.code)) for c in shown]
        headers = self.headers("stage", "reached", "now", "goes-on")
        self.grid.table(headers, ("text", "count", "count", "percent"), lines)
        if len(steps) > TOP:
            self.grid.note(self.words("and-more", n=len(steps) - TOP))

    def reasons(self) -> None:
        """Why records are lost."""
        self.fixed("reasons")
        found = funnel.loss_reasons(self.facts)
        self.shares(("reason",), [((reason,), lost) for reason, lost in ((r.reason, r.lost) for r in found)])

    def cohorts(self, window: Sequence[str]) -> None:
        """What became of the records of each month of creation."""
        self.fixed("cohorts")
        by_month = dict(funnel.cohorts(self.facts))
        before = [fact for month, some in by_month.items() if month and month < window[0] for fact in some]
        after = [fact for month, some in by_month.items() if month and month > window[-1] for fact in some]
        months = [(short_month(m, self.words.language), by_month.get(m, [])) for m in reversed(window)]
        rest = [("earlier", before), ("later", after), ("unknown-month", by_month.get(None, []))]
        named = [(self.words(key), some) for key, some in rest]
        self.tallies("created-in", [*months, *named, (self.words("total"), list(self.facts))])

    # ------------------------------------------------------------ blocks that grow

    def waiting(self, waiting: Sequence[Waiting]) -> None:
        """The rows whose move was refused, and what they lack."""
        self.grid.heading("waiting", "waiting-note")
        ordered = sorted(waiting, key=lambda w: (w.owner == "", w.owner, len(w.id), w.id))
        lines = [(w.name, w.owner, w.tab, w.wanted, w.id, w.why) for w in ordered[:MOST_WAITING]]
        self.grid.table(self.headers("who", "owner", "tab", "wanted", "id", "why"), ["text"] * 6, lines)
        if len(ordered) > MOST_WAITING:
            self.grid.note(self.words("and-more", n=len(ordered) - MOST_WAITING))

    def groups(self, by: str) -> None:
        """How the ten largest groups stand, and the rest together."""
        groups = funnel.grouped(self.facts, by)
        top = [(key or self.words("blank"), some) for key, some in groups[:TOP]]
        rest = [fact for _, some in groups[TOP:] for fact in some]
        if rest:
            top.append((self.words("rest", n=len(groups) - TOP), rest))
        self.tallies(by, top)

    def tallies(self, label: str, sets: Sequence[tuple[str, Sequence[Fact]]]) -> None:
        """A table of sets of records: counts, rate, days, and the value won in each currency."""
        tallies = [(name, tally(some)) for name, some in sets]
        currencies = self.currencies(currency for _, of in tallies for currency in of.won_value)
        missing = self.without_rate(currencies)
        total = len(currencies) > 1 and not missing
        headers = self.headers(label, "records", "open", "won", "lost", "win-rate", "median-days", "p90-days")
        headers += [self.words("won-in", currency=currency or "?") for currency in currencies]
        headers += [self.words("won-total", currency=self.settings.currency)] if total else []
        styles = ["text", *["count"] * 4, "percent", "days", "days", *["amount"] * (len(currencies) + total)]
        lines = (self.tally_line(name, of, currencies, total) for name, of in tallies)
        self.grid.table(headers, styles, lines)
        self.say_missing(currencies, missing)

    def tally_line(self, name: str, of: Tally, currencies: Sequence[str], total: bool) -> list[Cell | None]:
        """One line of such a table."""
        amounts = [of.won_value.get(currency) for currency in currencies]
        counts = [of.records, of.open, of.won, of.lost]
        line: list[Cell | None] = [name, *counts, of.win_rate, of.days_won.median, of.days_won.p90, *amounts]
        if total:
            line.append(self.in_own_currency(of.won_value) if of.won_value else None)
        return line

    def open_pipeline(self) -> None:
        """What is open, by stage and currency, and the sum of each currency."""
        self.grid.heading("pipeline", "pipeline-note")
        lines = funnel.open_pipeline(self.facts, self.pipeline)
        headers = self.headers("stage", "currency", "records", "value", "weighted")
        styles = ("text", "text", "count", "amount", "amount")
        valued = [line for line in lines if line.currency is not None]
        currencies = self.currencies(line.currency or "" for line in valued)
        rows: list[Sequence[Cell | None]] = []
        for n in lines:
            amounts = (None, None) if n.currency is None else (n.value, n.weighted)
            name = self.words("no-value") if n.currency is None else n.currency or "?"
            rows.append((self.stage_name(n.stage), name, n.records, *amounts))
        totals = {n.currency: n for n in funnel.open_value(self.facts, self.pipeline)}
        for currency in currencies:
            of = totals[currency]
            rows.append((self.words("total"), currency or "?", of.records, of.value, of.weighted))
        missing = self.without_rate(currencies)
        if len(currencies) > 1 and not missing:
            rows.append(self.pipeline_total(valued))
        self.grid.table(headers, styles, rows)
        self.say_missing(currencies, missing)

    def pipeline_total(self, lines: Sequence[funnel.PipelineLine]) -> Sequence[Cell]:
        """Everything open in the team's own currency, at the rates of Settings."""
        own = self.settings.currency
        value = self.in_own_currency(funnel.added_up((n.currency or "", n.value) for n in lines))
        weighted = self.in_own_currency(funnel.added_up((n.currency or "", n.weighted) for n in lines))
        return self.words("total-at-rates"), own, sum(n.records for n in lines), value, weighted

    def leaks(self) -> None:
        """At which stage, why and to whom records are lost."""
        self.grid.heading("leaks", "leaks-note")
        found = [
            ((self.stage_name(k.stage), k.reason, k.competitor), k.lost)
            for k in funnel.leaks(self.facts, self.pipeline)
        ]
        self.shares(("last-stage", "reason", "competitor"), found)

    def shares(self, keys: Sequence[str], counts: Sequence[tuple[tuple[str, ...], int]]) -> None:
        """The ten largest counts with their part of the whole, and the rest in one line."""
        whole = sum(count for _, count in counts)
        rest = sum(count for _, count in counts[TOP:])
        top: list[Sequence[Cell]] = [(*self.filled(words), count, count / whole) for words, count in counts[:TOP]]
        if rest:
            blanks = [""] * (len(keys) - 1)
            top.append((self.words("rest", n=len(counts) - TOP), *blanks, rest, rest / whole))
        self.grid.table(self.headers(*keys, "lost", "share"), [*["text"] * len(keys), "count", "percent"], top)

    def filled(self, words: Sequence[str]) -> Iterator[str]:
        """A reason that nobody gave is called so; a competitor often does not exist."""
        for place, word in enumerate(words):
            yield word or ("" if place == 2 else self.words("blank"))

    def closed(self, outcome: str, months: Sequence[str]) -> None:
        """The records won (or lost) in this month and the last, the latest first."""
        self.grid.heading(f"{outcome}-list")
        lost = outcome == "lost"
        headers = self.headers("who", "owner", *(("reason", "competitor") if lost else ("source", "industry")))
        headers += self.headers("closed-on", "value", "currency", "id", "notes")
        styles = ("text", "text", "text", "text", "date", "amount", "text", "text", "note")
        lines = [
            (f.name, f.owner, *((f.reason, f.competitor) if lost else (f.source, f.industry)), *_closing(f))
            for f in funnel.closed_in(self.facts, outcome, months)
        ]
        self.grid.table(headers, styles, lines)

    # ------------------------------------------------------------ money

    def currencies(self, found: Iterable[str]) -> list[str]:
        """The team's own currency first."""
        return sorted(set(found), key=lambda currency: (currency != self.settings.currency, currency))

    def without_rate(self, currencies: Iterable[str]) -> list[str]:
        """The currencies that Settings has no rate for."""
        return [c for c in currencies if c != self.settings.currency and c not in self.settings.rates]

    def in_own_currency(self, amounts: Mapping[str, Decimal]) -> Decimal:
        """Amounts at the rates of Settings, added up; each must have its rate."""
        rates = {**self.settings.rates, self.settings.currency: Decimal(1)}
        total = sum((amount * rates[currency] for currency, amount in amounts.items()), Decimal(0))
        return total.quantize(funnel.CENT, ROUND_HALF_UP)

    def say_missing(self, currencies: Sequence[str], missing: Sequence[str]) -> None:
        """Say why there is no total."""
        if len(currencies) > 1 and missing:
            names = ", ".join(currency or "?" for currency in missing)
            self.grid.note(self.words("no-total", currency=self.settings.currency, missing=names))


def _closing(fact: Fact) -> tuple[date | None, Decimal | None, str, str, str]:
    """When a record was closed and with how much."""
    return fact.closed_on, fact.value, fact.currency if fact.value is not None else "", fact.id, fact.note
