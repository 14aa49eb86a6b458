"""An emulator of Google's Sheets API for tests: the sheets in pure Python, and a server around them."""
