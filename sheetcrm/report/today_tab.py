"""The Today tab: how the last run went, what each person has to do and to put right, what moved.

The one thing on it that changes by itself is a formula, which turns red when
no run came by for 26 hours.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sheetcrm import messages
from sheetcrm.columns import tab_title
from sheetcrm.follow_ups import KINDS, FollowUp
from sheetcrm.offer_figures import OfferFact
from sheetcrm.problems import Problem
from sheetcrm.report.grid import Grid, Place, Sheet, Words
from sheetcrm.report.problems_tab import in_order
from sheetcrm.schema import TABS
from sheetcrm.settings import Settings
from sheetcrm.tables import Cell, Formula, Styled, column_letters

__all__ = ["MOST_PER_OWNER", "Moved", "Status", "today_rows", "what_to_do"]

MOST_PER_OWNER = 15
MOST_MOVED = MOST_OFFERS = 50
STALE_AFTER_HOURS = 26
MOMENT_CELL = "B3"
"""Where the tab says when the last run was; the formulas look there."""


@dataclass(frozen=True, slots=True)
class Status:
    """How the last run went."""

    ran_at: datetime
    """In the workbook's time zone."""
    run: int
    found: Mapping[str, int] = field(default_factory=dict)
    """What there was, in the order to be shown: a word of `report.toml` `found-…` → how many."""
    stopped: Sequence[str] = ()
    """Why tabs were left alone, as sentences."""


class Moved(NamedTuple):
    """A row that went to another tab."""

    name: str
    id: str
    owner: str
    before: str
    """The tab it came from: "leads"."""
    after: str
    why: str
    on: date


def today_rows(
    status: Status,
    moved: Iterable[Moved],
    to_put_right: Iterable[Problem],
    settings: Settings,
    places: Mapping[str, Place],
    names: Mapping[str, str] | None = None,
    to_do: Mapping[str, Sequence[FollowUp]] | None = None,
    offers: Sequence[OfferFact] = (),
) -> Sheet:
    """What the tab says. `places` is where each tab's records are found: "leads" → title and ID column.

    `to_do` is what each owner has to do, the most urgent first; `offers` are those that were made.
    """
    words = Words(settings.language)
    grid = Grid(words)
    by_title = {place.title: place for place in places.values()}
    grid.title(words("today-title"))
    _status(grid, status)
    _offers(grid, offers)
    _to_do(grid, to_do or {}, by_title)
    _to_put_right(grid, to_put_right, by_title, names or {})
    _moved(grid, moved, places)
    _found(grid, status)
    return Sheet(tuple(grid.rows), (30, 20, 18, 18, 34, 14, 14))


def _status(grid: Grid, status: Status) -> None:
    words = grid.words
    grid.rows.append(())
    grid.row((Styled(words("last-run")), Styled(status.ran_at.replace(tzinfo=None), "moment")))
    stale = f"NOW()-{MOMENT_CELL}>{STALE_AFTER_HOURS}/24"
    key, style = ("status-stopped", "bad") if status.stopped else ("status-fresh", "good")
    # A cell has one style, which its formula cannot change; so there are two cells, and one of them is blank.
    grid.row((Styled(words("status")), Styled(Formula(f'=IF({stale},"",{quoted(words(key))})'), style)))
    grid.row((Styled(""), Styled(Formula(f'=IF({stale},{quoted(words("status-stale"))},"")'), "alert")))
    for sentence in status.stopped:
        grid.row((Styled(words("stopped")), Styled(sentence, "bad")))


def _found(grid: Grid, status: Status) -> None:
    words = grid.words
    grid.heading("found-title")
    grid.row((Styled(words("run-number")), Styled(status.run, "count")))
    for key, number in status.found.items():
        known = f"found-{key}" in messages.area("report")
        grid.row((Styled(words(f"found-{key}") if known else key), Styled(number, "count")))


def _offers(grid: Grid, offers: Sequence[OfferFact]) -> None:
    """The offers that wait to be looked at and sent; no block on a day without one."""
    words = grid.words
    if not offers:
        return
    grid.heading("offers-ready", "offers-ready-note")
    lines = [
        (fact.name, fact.owner, fact.number, _money(fact.value, fact.currency, words.language), fact.file)
        for fact in offers[:MOST_OFFERS]
    ]
    headers = [words(key) for key in ("who", "owner", "offer-number", "value", "offer-file")]
    grid.table(headers, ["text"] * len(headers), lines)
    if len(offers) > MOST_OFFERS:
        grid.note(words("and-more", n=len(offers) - MOST_OFFERS))


def _to_do(grid: Grid, to_do: Mapping[str, Sequence[FollowUp]], places: Mapping[str, Place]) -> None:
    """By owner; who has none comes last, and of what is left over it is said what it is."""
    words = grid.words
    grid.heading("do-title", "do-note")
    if not to_do:
        grid.note(words("nothing-to-do"))
    headers = [words(key) for key in ("do-on", "link", "value", "do-what")]
    for owner, everything in to_do.items():
        grid.rows.append(())
        grid.header((f"{owner or words('no-owner')} ({len(everything)})", *headers))
        for one in everything[:MOST_PER_OWNER]:
            cells: tuple[Cell, ...] = (
                one.name or one.id,
                "" if one.on is None else one.on,
                link(places.get(one.tab), one.id),
                _money(one.value, one.currency, words.language),
                what_to_do(one, words),
            )
            grid.row(map(Styled, cells, ("text", "late" if one.late else "date", "link", "text", "text")))
        rest = Counter(one.kind for one in everything[MOST_PER_OWNER:])
        if rest:
            kinds = ", ".join(f"{words(f'kind-{kind}')} {rest[kind]}" for kind in KINDS if rest[kind])
            grid.note(f"{words('and-more', n=rest.total())}: {kinds}")


def _money(value: Decimal | None, currency: str, language: str) -> str:
    """`18,600 EUR`; in text, since each line may have a currency of its own."""
    if value is None:
        return ""
    text = f"{value:,.0f} {currency}".strip()
    return text.replace(",", ".") if language == "ro" else text


def what_to_do(one: FollowUp, words: Words) -> str:
    """What to do, without a day: that has a cell of its own."""
    key = f"do-{one.kind}"
    if not all(value != "" for value in one.says.values()):
        key += "-unsaid"
    return words(key, **one.says)


def _moved(grid: Grid, moved: Iterable[Moved], places: Mapping[str, Place]) -> None:
    words = grid.words

    def title(name: str) -> str:
        if name in places:
            return places[name].title
        return tab_title(name, words.language) if name in TABS else name

    grid.heading("moved-title", "moved-note")
    headers = ("who", "owner", "from-tab", "to-tab", "why", "on", "link")
    every = list(moved)
    lines: list[Sequence[Cell]] = [
        (m.name, m.owner, title(m.before), title(m.after), m.why, m.on, link(places.get(m.after), m.id))
        for m in every[:MOST_MOVED]
    ]
    grid.table([words(key) for key in headers], ("text", "text", "text", "text", "text", "date", "link"), lines)
    if len(every) > MOST_MOVED:
        grid.note(words("and-more", n=len(every) - MOST_MOVED))


def _to_put_right(
    grid: Grid, problems: Iterable[Problem], places: Mapping[str, Place], names: Mapping[str, str]
) -> None:
    """By owner; who has none comes last. A hint is nothing to put right."""
    words = grid.words
    by_owner: dict[str, list[Problem]] = {}
    for problem in in_order(problems, words.language):
        if problem.severity != "hint":
            by_owner.setdefault(problem.owner, []).append(problem)
    grid.heading("right-title", "right-note")
    if not by_owner:
        grid.note(words("nothing-to-put-right"))
    for owner in sorted(by_owner, key=lambda name: (name == "", name)):
        mine = by_owner[owner]
        grid.rows.append(())
        grid.header(
            (
                f"{owner or words('no-owner')} ({len(mine)})",
                words("problem-tab"),
                words("link"),
                words("problem-column"),
                words("problem-what"),
            )
        )
        for p in mine[:MOST_PER_OWNER]:
            name = names.get(p.id, "") or p.id or p.tab
            cells: tuple[Cell, ...] = (name, p.tab, link(places.get(p.tab), p.id), p.column, p.message(words.language))
            grid.row(map(Styled, cells, ("text", "text", "link", "text", "text")))
        if len(mine) > MOST_PER_OWNER:
            grid.note(words("and-more", n=len(mine) - MOST_PER_OWNER))


def link(place: Place | None, record_id: str) -> Cell:
    """The ID, which leads to its row wherever sorting has put it; plain where the tab is not known."""
    if place is None or not record_id or len(record_id) > 40:
        return record_id
    tab = "'" + place.title.replace("'", "''") + "'"
    letters = column_letters(place.id_column)
    row = f"MATCH({quoted(record_id)},{tab}!${letters}:${letters},0)"
    return Formula(f"=IFERROR(HYPERLINK({quoted(f'#{tab}!{letters}')}&{row},{quoted(record_id)}),{quoted(record_id)})")


def quoted(text: str) -> str:
    """Text inside a formula: whatever it holds, it stays text."""
    return '"' + text.replace('"', '""') + '"'
