"""Where tabs are kept. The only rooms that write; each is opened when it is asked for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sheetcrm import config

if TYPE_CHECKING:
    from sheetcrm.tables import Workbook
    from sheetcrm.workbooks.offers_folder import WithOffers

__all__ = ["open_workbook"]


def open_workbook(where: str | Path) -> WithOffers:
    """The workbook at a path or at an address, with its offers. What kind of file it is shows when it is read."""
    from sheetcrm.workbooks.offers_folder import OffersFolder, WithOffers

    place = config.offers_place(where)
    folder = OffersFolder(place.folder, place.template, given=place.given, pdf=place.pdf)
    return WithOffers(_store(where), folder)


def _store(where: str | Path) -> Workbook:
    if isinstance(where, str) and config.is_google(where):
        from sheetcrm.workbooks.google import GoogleWorkbook

        return GoogleWorkbook(where)
    from sheetcrm.workbooks.excel import ExcelWorkbook

    return ExcelWorkbook(Path(where))
