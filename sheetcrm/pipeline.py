"""The team's own rules: stages and their homes, loss reasons, pick-lists, settings.

Read from the tabs Stages, Lists and Settings, where the team edits them. Knows
which moves are allowed and what a stage needs; knows no record.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from types import MappingProxyType
from typing import Literal, NamedTuple, TypeAlias

from sheetcrm import messages
from sheetcrm.columns import Layout, fold, tab_called
from sheetcrm.problems import Problem
from sheetcrm.schema import PIPELINE_TABS, TABS
from sheetcrm.settings import CodeCell, Settings, is_yes, number, read_settings, whole
from sheetcrm.tables import Cell, is_blank, raw_text

__all__ = [
    "Choice",
    "LossReason",
    "Owner",
    "Pipeline",
    "Rename",
    "Rules",
    "Stage",
    "default_choices",
    "read_rules",
]

Outcome: TypeAlias = Literal["open", "won", "lost"]
OUTCOMES: tuple[Outcome, ...] = ("open", "won", "lost")

LIST_KINDS = ("loss_reason", "source", "channel", "competitor", "industry", "owner")
"""The pick-lists that the team keeps in Lists."""

CLOSED_KINDS = ("activity_type", "activity_status", "offer_status", "confirmed_by")
"""Pick-lists whose words the program itself relies on."""


NOT_A_HOME = frozenset(TABS) - set(PIPELINE_TABS)
"""Tabs with a job of their own."""


class Choice(NamedTuple):
    """One line of a pick-list: its permanent code, how it is spelt, what else it goes by."""

    code: str
    label: str
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of the pipeline."""

    code: str
    name: str
    home: str
    """The tab its rows live in ("leads", or a title of the team's own); "" where they stay."""
    outcome: Outcome
    probability: Decimal
    """Of winning, 0 to 1."""
    needs: tuple[str, ...] = ()
    rot_days: int | None = None
    may_go_on_to: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LossReason:
    """Why a record was lost, and what saying so asks for."""

    code: str
    name: str
    of: Literal["leads", "opportunities", "both"] = "both"
    asks: tuple[str, ...] = ()
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Owner:
    """A person who sells."""

    code: str
    name: str
    active: bool = True
    hands_over_to: str = ""


@dataclass(frozen=True)
class Pipeline:
    """Stages in table order, loss reasons and every pick-list."""

    stages: tuple[Stage, ...] = ()
    reasons: tuple[LossReason, ...] = ()
    owners: tuple[Owner, ...] = ()
    choices: Mapping[str, tuple[Choice, ...]] = field(default_factory=dict)

    def stage(self, code: str | None) -> Stage | None:
        """The stage of that code."""
        return self._stages.get(code)

    @cached_property
    def _stages(self) -> Mapping[str | None, Stage]:
        return {stage.code: stage for stage in reversed(self.stages)}

    def reason(self, code: str | None) -> LossReason | None:
        """The loss reason of that code."""
        return next((reason for reason in self.reasons if reason.code == code), None)

    def label(self, kind: str, code: str | None) -> str:
        """How a code is spelt; an unknown code is its own label."""
        return self._labels.get((kind, code)) or code or ""

    @cached_property
    def _labels(self) -> Mapping[tuple[str, str | None], str]:
        return {(kind, c.code): c.label for kind, choices in self.choices.items() for c in reversed(choices)}

    def owner_called(self, name: str) -> Owner | None:
        """The owner that goes by that name, however it is spelt."""
        return self._owners.get(fold(name))

    @cached_property
    def _owners(self) -> Mapping[str, Owner]:
        also = {choice.code: choice.also for choice in self.choices.get("owner", ())}
        spelt = {fold(word): owner for owner in reversed(self.owners) for word in also.get(owner.code, ())}
        return spelt | {fold(owner.name): owner for owner in reversed(self.owners)}

    def successor(self, owner: Owner) -> Owner | None:
        """Who takes over from one who left, and from those who left after taking over; `None` if nobody is named."""
        passed = {owner.code}
        heir = self.owner_called(owner.hands_over_to)
        while heir and not heir.active and heir.code not in passed:
            passed.add(heir.code)
            heir = self.owner_called(heir.hands_over_to)
        return heir if heir and heir.active else None

    @property
    def open_stages(self) -> tuple[Stage, ...]:
        """The open stages in table order."""
        return tuple(stage for stage in self.stages if stage.outcome == "open")

    @property
    def homes(self) -> tuple[str, ...]:
        """Every tab in which records live, the standing ones first."""
        own = [s.home for s in self.stages if s.home and s.home not in PIPELINE_TABS]
        return (*PIPELINE_TABS, *dict.fromkeys(own))

    def first_of(self, home: str) -> Stage | None:
        """The first stage whose rows live in that tab: what a row without stage counts as."""
        return next((stage for stage in self.stages if stage.home == home), None)

    def position(self, code: str) -> int:
        """Where an open stage stands among the open ones; -1 for none."""
        return next((i for i, stage in enumerate(self.open_stages) if stage.code == code), -1)

    def passed(self, before: str, after: Stage) -> tuple[Stage, ...]:
        """The open stages between two, and `after` itself: whose needs a move forward must meet."""
        stages = self.open_stages
        start = self.position(before) + 1
        if after.outcome == "open":
            return stages[start : self.position(after.code) + 1]
        return (*stages[start:], after)


class Rename(NamedTuple):
    """A line of Stages or Lists that the team called something else."""

    kind: str
    code: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything the team settled, and what was wrong with it."""

    pipeline: Pipeline
    settings: Settings
    problems: tuple[Problem, ...] = ()
    renames: tuple[Rename, ...] = ()
    codes: tuple[CodeCell, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    """What State is to remember of every line: "stage/new" → "Nou"."""
    understood: bool = True
    """False where no run can go on: records would be judged by nonsense."""


def read_rules(
    layouts: Mapping[str, Layout],
    remembered: Mapping[str, str],
    titles: Iterable[str] = (),
    default_language: str = "en",
    former: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> Rules:
    """Read Settings, Stages and Lists. `remembered` is what each line was called last time.

    `former` is what it was called ever before: such a word is understood for good.
    `titles` are all tabs of the workbook: a stage may name any of them as its home.

    Nonsense is a problem shown on its line; `understood` is false where nothing
    can be judged: no stages, two of one name, a home that is no tab.
    """
    settings, problems, codes = read_settings(layouts.get("settings"), default_language)
    reader = _Lines(remembered, settings.language, former)
    stages, fatal = _read_stages(layouts, reader, titles, strict=settings.strict)
    choices = {kind: default_choices(kind, settings.language) for kind in CLOSED_KINDS}
    reasons: tuple[LossReason, ...] = ()
    owners: tuple[Owner, ...] = ()
    lists = layouts.get("lists")
    for kind in LIST_KINDS:
        lines = reader.lines(lists, kind, f"{kind}_code", kind) if lists else []
        choices[kind] = tuple(line.choice for line in lines)
        if kind == "loss_reason":
            reasons = tuple(_reason(line, reader) for line in lines)
        if kind == "owner":
            owners = tuple(
                Owner(n.choice.code, n.choice.label, n.yes("owner_active", True), n.word("hands_over_to"))
                for n in lines
            )
            _check_successors(lines, reader)
    choices["stage"] = tuple(Choice(s.code, s.name, reader.also("stage", s.code)) for s in stages)
    return Rules(
        Pipeline(stages, reasons, owners, choices),
        settings,
        (*problems, *reader.problems),
        tuple(reader.renames),
        (*codes, *reader.codes),
        reader.names,
        not fatal,
    )


# ---------------------------------------------------------------- lines with a permanent code


@dataclass(frozen=True, slots=True)
class _Line:
    """One line of Stages, or of one list in Lists."""

    layout: Layout
    row: int
    choice: Choice

    def cell(self, name: str) -> Cell:
        column = self.layout.columns.get(name)
        return "" if column is None else self.layout.tab.cell(self.row, column)

    def word(self, name: str) -> str:
        return raw_text(self.cell(name)).strip()

    def yes(self, name: str, blank: bool = False) -> bool:
        return blank if is_blank(self.cell(name)) else is_yes(self.cell(name))


class _Lines:
    """Gives every line its permanent code, and notices the renamed ones."""

    def __init__(self, remembered: Mapping[str, str], language: str, former: Mapping[str, Sequence[str]]) -> None:
        self.remembered = remembered
        self.former = former
        self.language = language
        self.problems: list[Problem] = []
        self.renames: list[Rename] = []
        self.codes: list[CodeCell] = []
        self.names: dict[str, str] = {}

    def lines(self, layout: Layout, name_field: str, code_field: str, kind: str) -> list[_Line]:
        """The lines of one list, top to bottom."""
        typed = list(self._typed(layout, name_field, code_field))
        known = {fold(old): key.partition("/")[2] for key, old in self.remembered.items() if key.startswith(f"{kind}/")}
        standing = {fold(name) for _, name, _ in typed}
        found: list[_Line] = []
        seen: dict[str, int] = {}
        for row, name, code in typed:
            if fold(name) in seen:
                self.problem("doubled-line", layout, row, name_field, value=name, first=str(seen[fold(name)] + 1))
                continue
            seen[fold(name)] = row
            code = self._code(kind, name, code, known, standing, {line.choice.code for line in found})
            self.codes.append(CodeCell(layout.name, row, code_field, code))
            old = self.remembered.get(f"{kind}/{code}", "")
            if old and old != name:
                self.renames.append(Rename(kind, code, old, name))
            self.names[f"{kind}/{code}"] = name
            found.append(_Line(layout, row, Choice(code, name, self.also(kind, code))))
        return found

    def _typed(self, layout: Layout, name_field: str, code_field: str) -> Iterator[tuple[int, str, str]]:
        column = layout.columns.get(name_field)
        if column is None:
            return
        for row in range(layout.header_row + 1, len(layout.tab.rows)):
            name = raw_text(layout.tab.cell(row, column)).strip()
            if name:
                yield row, name, raw_text(layout.tab.cell(row, layout.columns.get(code_field, -1))).strip()

    def _code(
        self, kind: str, name: str, code: str, known: Mapping[str, str], standing: set[str], taken: set[str]
    ) -> str:
        """The name decides where it is known: sorting one column must not swap meanings."""
        by_name = known.get(fold(name))
        if by_name and by_name not in taken:
            return by_name
        old = self.remembered.get(f"{kind}/{code}") if code else None
        renamed = old is not None and fold(old) not in standing
        if code and code not in taken and (renamed or (old is None and not known)):
            return code
        return unused(default_code(kind, name) or slug(name), taken | set(known.values()))

    def also(self, kind: str, code: str) -> tuple[str, ...]:
        """Other spellings of a line: what it was called before, our own words in both languages."""
        old = self.remembered.get(f"{kind}/{code}")
        entry = messages.area("defaults").get(f"{kind}-{code}", {})
        ours = [str(entry[language]) for language in messages.LANGUAGES if language in entry]
        return tuple(dict.fromkeys([*([old] if old else []), *self.former.get(f"{kind}/{code}", ()), *ours]))

    def problem(self, code: str, layout: Layout, row: int, name: str, **values: str) -> None:
        """Note what is wrong with a line."""
        self.problems.append(
            Problem(code, layout.title, row + 1, column=layout.header_of(name, self.language), values=values)
        )


def slug(name: str) -> str:
    """A code made of a name: `offer-sent`."""
    return re.sub(r"[^a-z0-9]+", "-", fold(name)).strip("-") or "x"


def unused(code: str, taken: set[str]) -> str:
    """The code, numbered where it is taken."""
    number, free = 1, code
    while free in taken:
        number += 1
        free = f"{code}-{number}"
    return free


def default_code(kind: str, name: str) -> str | None:
    """The code of one of our own words, in either language."""
    for choice in default_choices(kind, "en"):
        if fold(name) in map(fold, (choice.label, *choice.also)):
            return choice.code
    return None


def default_choices(kind: str, language: str) -> tuple[Choice, ...]:
    """Our own words of a pick-list, in the team's language, known in every language."""
    found = []
    for key, entry in messages.area("defaults").items():
        if key.rpartition("-")[0] and key.startswith(f"{kind}-"):
            also = entry.get("also", [])
            others = [str(entry[language]) for language in messages.LANGUAGES]
            others += [str(alias) for alias in also] if isinstance(also, list) else []
            found.append(Choice(key.removeprefix(f"{kind}-"), str(entry[language]), tuple(others)))
    return tuple(found)


# ---------------------------------------------------------------- stages and reasons


def _read_stages(
    layouts: Mapping[str, Layout], reader: _Lines, titles: Iterable[str], *, strict: bool
) -> tuple[tuple[Stage, ...], bool]:
    layout = layouts.get("stages")
    if layout is None or "stage" not in layout.columns:
        title = layout.title if layout else messages.text("tabs", "stages", reader.language)
        reader.problems.append(Problem("no-stages", title))
        return (), True
    homes = {fold(title): title for title in titles} | {fold(found.title): name for name, found in layouts.items()}
    before = len(reader.problems)
    lines = reader.lines(layout, "stage", "stage_code", "stage")
    fatal = len(reader.problems) > before
    codes = {fold(spelling): line.choice.code for line in lines for spelling in (*line.choice.also, line.choice.label)}
    stages = []
    for line in lines:
        stage, sound = _stage(line, reader, homes, codes)
        stages.append(stage)
        fatal |= not sound
        if strict and stage.outcome == "open" and not stage.may_go_on_to:
            reader.problem("stage-goes-nowhere", layout, line.row, "may_go_on_to", stage=stage.name)
    for outcome in OUTCOMES:
        if not any(stage.outcome == outcome for stage in stages):
            word = messages.text("words", outcome, reader.language)
            reader.problem("no-stage-of-outcome", layout, layout.header_row, "outcome", outcome=word)
            fatal = True
    return tuple(stages), fatal


def _stage(line: _Line, reader: _Lines, homes: Mapping[str, str], codes: Mapping[str, str]) -> tuple[Stage, bool]:
    """One stage, and whether records can be judged by it."""

    def bad(code: str, name: str) -> None:
        reader.problem(code, line.layout, line.row, name, value=line.word(name), stage=line.choice.label)

    outcome = next((o for o in OUTCOMES if fold(line.word("outcome")) in _spellings("words", o)), None)
    typed_home = line.word("home")
    home = homes.get(fold(typed_home)) or tab_called(typed_home) or ""
    home = "" if home in NOT_A_HOME else home
    sound = True
    if outcome is None:
        bad("bad-outcome", "outcome")
        sound = False
    if (typed_home and not home) or (not typed_home and outcome in ("open", "won")):
        bad("bad-home", "home")
        sound = False
    probability = _fraction(line.cell("probability"))
    if probability is None:
        bad("bad-stage-probability", "probability")
    next_stages = [part.strip() for part in re.split(r"[,;\n]", line.word("may_go_on_to")) if part.strip()]
    for part in next_stages:
        if fold(part) not in codes:
            values = {"value": part, "stage": line.choice.label}
            reader.problem("unknown-next-stage", line.layout, line.row, "may_go_on_to", **values)
    needs = tuple(n.removeprefix("needs_") for n in line.layout.columns if n.startswith("needs_") and line.yes(n))
    return Stage(
        line.choice.code,
        line.choice.label,
        home,
        outcome or "open",
        probability if probability is not None else Decimal(0),
        needs,
        whole(line.cell("rot_days")),
        tuple(codes[fold(part)] for part in next_stages if fold(part) in codes),
    ), sound


def _reason(line: _Line, reader: _Lines) -> LossReason:
    typed = fold(line.word("reason_for"))
    of = next((w for w in ("leads", "opportunities", "both") if typed in _spellings("words", w)), None)
    if typed and of is None:
        reader.problem("bad-reason-for", line.layout, line.row, "reason_for", value=line.word("reason_for"))
    asks = [name for name in ("competitor", "come_back_on", "note") if line.yes(f"asks_{name}")]
    return LossReason(line.choice.code, line.choice.label, of or "both", tuple(asks), line.yes("counts_in_rates", True))  # type: ignore[arg-type]  # one of the three words


def _check_successors(lines: Sequence[_Line], reader: _Lines) -> None:
    """Who takes over must be an owner of the list."""
    known = {fold(spelling) for n in lines for spelling in (n.choice.label, *n.choice.also)}
    for line in lines:
        if fold(line.word("hands_over_to")) not in known | {""}:
            values = {"value": line.word("hands_over_to"), "owner": line.choice.label}
            reader.problem("unknown-successor", line.layout, line.row, "hands_over_to", **values)


def _spellings(area: str, key: str) -> set[str]:
    return {fold(text) for text in messages.texts(area, key).values()} | {key}


def _fraction(cell: Cell) -> Decimal | None:
    """A probability: 0.5, 50 and “50 %” alike; `None` for anything that is none. Blank is 0."""
    if is_blank(cell):
        return Decimal(0)
    typed = number(cell)
    if typed is None or typed < 0 or typed > 100:
        return None
    if 1 < typed < 2 and "%" not in raw_text(cell):
        return None  # 140 % in a cell of percents
    return typed / 100 if typed > 1 or "%" in raw_text(cell) else typed
