"""The commands, one module each, a few lines each.

Each module's `run` is the command of `sheetcrm.cli` that bears its name, and is
imported only when that command is asked for.
"""
