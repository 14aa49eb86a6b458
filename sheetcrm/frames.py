"""Records, events and figures as typed tables of pandas, which is loaded when the first is made.

One row a record, one row an event. Days are datetimes, stages are categories in
pipeline order, amounts are floats beside their currency (the exact ones are in the
figures themselves). Every column is described in `docs/python.md`. Nothing is
counted here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sheetcrm.funnel import TELLING, Fact
from sheetcrm.problems import UsageError
from sheetcrm.schema import TABS
from sheetcrm.tables import Formula

if TYPE_CHECKING:
    import pandas as pd

    from sheetcrm.drafts import Draft
    from sheetcrm.fixes import CellsRead
    from sheetcrm.model import Event
    from sheetcrm.pipeline import Pipeline
    from sheetcrm.tables import Cell

__all__ = [
    "Kinds",
    "cells_frame",
    "cells_wanted",
    "event_values",
    "frame_of",
    "kinds_of",
    "past_kinds",
    "past_values",
    "record_kinds",
    "record_values",
    "row_values",
    "stage_names",
    "tab_frame",
]

OUTCOMES = ("open", "won", "lost")
LABELLED = ("loss_reason", "source", "channel", "competitor", "industry", "owner")
"""Fields of a record that hold a code; tables show the word."""

Kinds = Mapping[str, str | Sequence[str]]
"""Column → "date", "amount", "count", "text", "cell" (as it stands), or the words of a category in their order."""

BY_KIND = {"date": "date", "moment": "date", "amount": "amount", "percent": "amount", "count": "count"}


def kinds_of(*tabs: str) -> Kinds:
    """What the columns of some tabs hold."""
    return {field.name: BY_KIND.get(field.kind, "text") for tab in tabs for field in TABS[tab]}


def tab_frame(rows: Iterable[Mapping[str, object]], tab: str) -> pd.DataFrame:
    """Rows as a table with the fields of a tab as columns."""
    kinds = {name: kind for name, kind in kinds_of(tab).items() if name != "check"}
    return frame_of(rows, kinds)


def frame_of(rows: Iterable[Mapping[str, object]], kinds: Kinds) -> pd.DataFrame:
    """Rows as a table of these columns, each of its type also where there is no row."""
    import pandas as pd

    listed = list(rows)
    return pd.DataFrame({name: _column([row.get(name) for row in listed], kind, pd) for name, kind in kinds.items()})


def _column(values: Sequence[Any], kind: str | Sequence[str], pd: Any) -> Any:
    found = [None if value is None or value == "" else value for value in values]
    match kind:
        case "date":
            return pd.to_datetime(pd.Series(found, dtype=object))
        case "amount":
            return pd.Series([None if value is None else float(value) for value in found], dtype="float64")
        case "cell":
            return pd.Series(values, dtype=object)
        case "count":
            return pd.Series(found, dtype="Int64")
        case "text":
            return pd.Series([None if value is None else str(value) for value in found], dtype="str")
        case _:
            words = dict.fromkeys([*kind, *(value for value in found if value is not None)])
            return pd.Categorical(found, categories=list(words), ordered=True)


# ---------------------------------------------------------------- records and events


def stage_names(pipeline: Pipeline) -> list[str]:
    """What the team calls its stages, in pipeline order."""
    return [stage.name for stage in pipeline.stages]


def record_kinds(pipeline: Pipeline) -> Kinds:
    """The columns of a table of records: where it stands, then all that its row says."""
    stages = stage_names(pipeline)
    first: Kinds = {"id": "text", "tab": "text", "name": "text", "stage": stages, "outcome": OUTCOMES}
    rest = {name: kind for name, kind in kinds_of("deals").items() if name not in (*first, "check")}
    return {**first, **rest, "reached": stages, "cycle": "count"}


def record_values(draft: Draft, fact: Fact, pipeline: Pipeline) -> dict[str, object]:
    """What a row of the pipeline says; its stage, dates and probability as they are counted."""
    weighted = None if fact.value is None else round(fact.value * fact.probability, 2)
    return {
        **row_values(draft, pipeline),
        **standing_values(fact, pipeline),
        "tab": draft.layout.name,
        "probability": fact.probability,
        "weighted_value": weighted,
    }


def row_values(draft: Draft, pipeline: Pipeline) -> dict[str, object]:
    """What people and sync say of a row; words instead of codes."""
    values: dict[str, object] = {**vars(draft.entry.record), **draft.sync, "id": draft.id}
    return values | {name: pipeline.label(name, str(values[name])) for name in LABELLED if values.get(name)}


def standing_values(fact: Fact, pipeline: Pipeline) -> dict[str, object]:
    """Where a record stands."""
    return {
        "id": fact.id,
        "name": fact.name,
        "stage": pipeline.label("stage", fact.stage),
        "outcome": fact.outcome,
        "reached": pipeline.label("stage", fact.reached),
        "in_stage_since": fact.since,
        "created_on": fact.created_on,
        "closed_on": fact.closed_on,
        "cycle": fact.cycle,
    }


STANDING = "owner source industry value currency".split()
"""What History tells of a record besides its stage."""


def past_kinds(pipeline: Pipeline) -> Kinds:
    """The columns of a table of records as they stood on a day of the past."""
    kinds = record_kinds(pipeline)
    names = ["id", "name", "stage", "outcome", *STANDING, "loss_reason", "competitor"]
    return {name: kinds[name] for name in (*names, "created_on", "closed_on", "in_stage_since", "reached", "cycle")}


def past_values(fact: Fact, pipeline: Pipeline) -> dict[str, object]:
    """How a record stood."""
    said = {name: getattr(fact, name) for name in (*STANDING, "competitor")}
    return {**standing_values(fact, pipeline), **said, "loss_reason": fact.reason}


NAMES_STAGES = TELLING | {"refused"}


def event_values(event: Event, pipeline: Pipeline) -> dict[str, object]:
    """A line of History, with the names that stages have today."""
    values = dict(vars(event))
    if event.event in NAMES_STAGES:
        values |= {name: pipeline.label("stage", values[name]) for name in ("before", "after")}
    return values | {"reason": pipeline.label("loss_reason", event.reason)}


# ---------------------------------------------------------------- cells to be put right

TAKEN = "sheetcrm"
"""Where a table of cells carries its number."""


def cells_frame(read: CellsRead, number: int) -> pd.DataFrame:
    """Cells as they stand, a row a row of the tab, by ID; blank ones are empty texts."""
    import pandas as pd

    rows = [[cells.get(name, "") for name in read.columns] for cells in read.rows.values()]
    index = pd.Index(list(read.rows), name="id", dtype=object)
    frame = pd.DataFrame(rows, index=index, columns=list(read.columns), dtype=object)
    frame.attrs[TAKEN] = number
    return frame


def cells_wanted(frame: pd.DataFrame) -> dict[str, dict[str, Cell]]:
    """What each cell shall say: ID → column → cell. Raises `UsageError` where a row stands there twice."""
    found: dict[str, dict[str, Cell]] = {}
    for id_, row in zip(frame.index, frame.to_dict("records"), strict=True):
        if str(id_) in found:
            raise UsageError("fix-twice", id=str(id_))
        found[str(id_)] = {str(name): _cell_of(value, str(id_), str(name)) for name, value in row.items()}
    return found


def _cell_of(value: Any, id_: str, column: str) -> Cell:
    """A value of pandas as a cell: nothing is blank, a midnight is a day."""
    import pandas as pd

    if value is None or (pd.api.types.is_scalar(value) and pd.isna(value)):
        return ""
    if isinstance(value, pd.Timestamp):
        value = value.to_pydatetime()
    elif hasattr(value, "item"):  # a number of numpy's
        value = value.item()
    if isinstance(value, datetime) and value.time() == time(0):
        return value.date()
    if isinstance(value, Formula) or not isinstance(value, CELLS):
        raise UsageError("fix-not-a-cell", id=id_, column=column, kind=type(value).__name__)
    return value


CELLS = (str, int, float, Decimal, date, time, timedelta)
