"""Words that several ways of showing share, so that a terminal, a notebook and the Report tab call one thing alike."""

from __future__ import annotations

from sheetcrm import messages

__all__ = ["caption", "word"]


def word(key: str, language: str, /, **values: object) -> str:
    """A word of the Report tab."""
    return messages.text("report", key, language, **values)


def caption(key: str, language: str, /, **values: object) -> str:
    """A word of charts and cards."""
    return messages.text("pictures", key, language, **values)
