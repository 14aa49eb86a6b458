"""`python -m sheetcrm`, where the command itself is not on the path."""

from __future__ import annotations

import sys

from sheetcrm.cli import main

__all__: list[str] = []

if __name__ == "__main__":
    sys.exit(main())
