"""Workbooks in Google Sheets."""

from sheetcrm.workbooks.google.workbook import GoogleWorkbook, id_of

__all__ = ["GoogleWorkbook", "id_of"]
