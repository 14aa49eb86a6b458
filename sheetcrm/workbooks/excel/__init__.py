"""The store of workbooks that are Excel files."""

from __future__ import annotations

from sheetcrm.workbooks.excel.workbook import ExcelWorkbook

__all__ = ["ExcelWorkbook"]
