"""Answers that can be looked at: as typed tables, and as charts where there is something to see.

What they hold was counted elsewhere; a workbook is known to none of them.
"""

from __future__ import annotations

from sheetcrm.views.forecasts import BacktestView, ForecastView, Past
from sheetcrm.views.funnels import (
    Across,
    DurationsView,
    FollowUpsView,
    FunnelView,
    Grouping,
    LossesView,
    MonthsView,
    TeamView,
    transitions_frame,
)
from sheetcrm.views.plans import FixView, PlanView, Problems, ReceiptView

__all__ = [
    "Across",
    "BacktestView",
    "DurationsView",
    "FixView",
    "FollowUpsView",
    "ForecastView",
    "FunnelView",
    "Grouping",
    "LossesView",
    "MonthsView",
    "Past",
    "PlanView",
    "Problems",
    "ReceiptView",
    "TeamView",
    "transitions_frame",
]
