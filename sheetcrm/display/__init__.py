"""Answers for the terminal: problems, plans, receipts, History, the funnel; as text and as JSON.

Knows how things read; changes and counts nothing. All of it is plain text, so
that a terminal, a pipe and a log file show the same.
"""

from __future__ import annotations

from sheetcrm.display.answers import (
    events_json,
    events_text,
    import_text,
    problems_text,
)
from sheetcrm.display.funnels import funnel_text
from sheetcrm.display.offers import offers_json, offers_text
from sheetcrm.display.plans import note_text, plan_json, plan_text, receipt_json, receipt_text, said
from sheetcrm.numerals import amount_text, number_text, percent_text

__all__ = [
    "amount_text",
    "events_json",
    "events_text",
    "funnel_text",
    "import_text",
    "note_text",
    "number_text",
    "offers_json",
    "offers_text",
    "percent_text",
    "plan_json",
    "plan_text",
    "problems_text",
    "receipt_json",
    "receipt_text",
    "said",
]
