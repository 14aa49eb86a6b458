"""The words of the Report tab, so that a terminal, a notebook and the tab call one thing alike."""

from __future__ import annotations

from sheetcrm import messages

__all__ = ["word"]


def word(key: str, language: str) -> str:
    """One of them."""
    return messages.text("report", key, language)
