"""Workbooks that are Excel files: the store, and the editor that it is built on."""

from __future__ import annotations

from sheetcrm.problems import Unsupported
from sheetcrm.workbooks.excel.editor import XlsxFile
from sheetcrm.workbooks.excel.workbook import ExcelWorkbook

__all__ = ["ExcelWorkbook", "Unsupported", "XlsxFile"]
