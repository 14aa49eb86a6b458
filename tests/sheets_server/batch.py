"""`spreadsheets.batchUpdate`: requests in order, all or none."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from . import (
    bands,
    cell_requests,
    charts,
    dimensions,
    filters,
    metadata,
    names,
    pasting,
    rules,
    sorting,
    tables,
    tabs,
    texts,
)
from .errors import ApiError, invalid
from .job import Job
from .masks import schemas
from .model import Json

KINDS: dict[str, Callable[[Job, Json], Json]] = {
    **tabs.KINDS,
    **cell_requests.KINDS,
    **pasting.KINDS,
    **dimensions.KINDS,
    **sorting.KINDS,
    **texts.KINDS,
    **names.KINDS,
    **rules.KINDS,
    **filters.KINDS,
    **metadata.KINDS,
    **tables.KINDS,
    **bands.KINDS,
    **charts.KINDS,
}
"""Kind of request → what does it."""


@cache
def _answered() -> frozenset[str]:
    """The kinds that have an answer of their own, if only an empty one."""
    return frozenset(schemas()["Response"]["properties"])


def perform(job: Job, requests: list[Json]) -> list[Json]:
    """Do every request; the first that fails names itself, and the caller forgets the job."""
    replies = []
    for number, request in enumerate(requests):
        kinds = [kind for kind, item in request.items() if item is not None]
        if len(kinds) != 1:
            raise invalid(f"Invalid requests[{number}]: Exactly one kind of request must be set.")
        kind = kinds[0]
        work = KINDS.get(kind)
        if work is None:
            raise invalid(f"Invalid requests[{number}].{kind}: not emulated")
        try:
            reply = work(job, request[kind])
        except ApiError as error:
            message = f"Invalid requests[{number}].{kind}: {error.message}"
            raise ApiError(error.code, error.status, message, error.details) from None
        job.changed()
        replies.append({kind: reply} if kind in _answered() else {})
    return replies
