"""The `sheetcrm` command: finds the command that was asked for, and has the last word.

Here, in one place, an error becomes one sentence and an exit code. A command is
imported when it is asked for, so that `sheetcrm --help` answers at once.
"""

from __future__ import annotations

import io
import shlex
import sys
import traceback
from collections.abc import Iterator, Sequence
from importlib import import_module

import click
from click.exceptions import NoArgsIsHelpError

import sheetcrm
from sheetcrm import config, messages
from sheetcrm.commands.shared import COMMON, Session, Worded, param_word, said
from sheetcrm.problems import SheetCrmError

__all__ = ["COMMANDS", "main"]

COMMANDS = {
    "init": "init",
    "takeover": "takeover",
    "check": "check",
    "plan": "plan",
    "sync": "sync",
    "funnel": "funnel",
    "log": "log",
    "import": "import_",
    "offer": "offer",
    "offers": "offers",
    "notebook": "notebook",
    "demo": "demo",
    "doctor": "doctor",
    "connect": "connect",
}
"""Each command and its module in `sheetcrm.commands`, in the order in which a team meets them."""

EXIT_USAGE = 2
EXIT_UNAVAILABLE = 69
EXIT_BUG = 70
EXIT_NOT_ALLOWED = 77
EXIT_INTERRUPTED = 130


class Program(Worded, click.Group):
    """All commands, each imported only when it is asked for."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """Every command."""
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name."""
        if cmd_name not in COMMANDS:
            return None
        module = import_module(f"sheetcrm.commands.{COMMANDS[cmd_name]}")
        found: click.Command = module.run
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command and what it is given."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            # click would propose among commands that are already loaded: none.
            raise click.NoSuchCommand(args[0], possibilities=COMMANDS, ctx=ctx)
        return super().resolve_command(ctx, args)

    def argument_words(self, ctx: click.Context) -> list[str]:
        """What follows the program's name."""
        return [said(ctx, "metavar-command")]

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands first: they are what people look for."""
        self.format_commands(ctx, formatter)
        super().format_options(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each command, from the catalogue; none is imported for it."""
        with formatter.section(said(ctx, "heading-commands")):
            formatter.write_dl([(name, said(ctx, name)) for name in COMMANDS])


def _show_version(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        click.echo(f"sheetcrm {sheetcrm.__version__}")
        ctx.exit()


program = Program(
    "sheetcrm",
    params=[*COMMON, click.Option(["--version"], is_flag=True, callback=_show_version, expose_value=False)],
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command that `arguments` (else the command line) ask for; return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    session = Session(config.language())
    _write_what_the_terminal_can()
    try:
        return program.main(given, "sheetcrm", standalone_mode=False, obj=session) or 0
    except Exception as error:
        if session.debug:
            traceback.print_exc()
        sentence, exit_code = last_word(error, session, given)
        click.echo(sentence, err=True)
        return exit_code


def last_word(error: Exception, session: Session, given: Sequence[str] = ()) -> tuple[str, int]:
    """What to say of an error, and the exit code."""
    language = session.language
    match error:
        case SheetCrmError():
            return error.text(language), error.exit_code
        case click.Abort():
            return messages.text("cli", "interrupted", language), EXIT_INTERRUPTED
        case click.ClickException():
            return " ".join(usage_words(error, language)), EXIT_USAGE
        case OSError(filename=str() as file):
            words = messages.text("cli", "refused-by-system", language, file=file, reason=error.strerror)
            return words, EXIT_NOT_ALLOWED if isinstance(error, PermissionError) else EXIT_UNAVAILABLE
    what = " ".join(f"{type(error).__name__}: {error}".split())
    return messages.text(
        "cli", "bug", language, error=what, arguments=shlex.join(word for word in given if word != "--debug")
    ), EXIT_BUG


def usage_words(error: click.ClickException, language: str) -> Iterator[str]:
    """What is wrong with how it was typed, in the user's language; click speaks English only."""
    ctx = error.ctx if isinstance(error, click.UsageError) else None
    param = error.param if isinstance(error, click.BadParameter) else None
    what = param_word(ctx, param) if ctx and param else ""

    match error:
        case NoArgsIsHelpError():
            yield error.format_message()
            return
        case click.MissingParameter():
            yield messages.text("cli", "usage-missing", language, what=what)
        case click.NoSuchOption():
            yield messages.text("cli", "usage-no-option", language, what=error.option_name)
        case click.NoSuchCommand():
            yield messages.text("cli", "usage-no-command", language, what=error.command_name)
        case click.BadParameter(param=click.Parameter(type=click.Choice(choices=choices))):
            yield messages.text("cli", "usage-choice", language, what=what, choices=", ".join(choices))
        case click.BadParameter(param=click.Parameter(type=click.DateTime())):
            yield messages.text("cli", "usage-day", language, what=what)
        case _:
            yield messages.text("cli", "usage-other", language, reason=error.format_message())

    if isinstance(error, click.NoSuchOption | click.NoSuchCommand) and error.possibilities:
        yield messages.text("cli", "usage-did-you-mean", language, what=error.possibilities[0])
    yield messages.text("cli", "usage-help", language, command=ctx.command_path if ctx else "sheetcrm")


def _write_what_the_terminal_can() -> None:
    # A letter that the terminal's encoding lacks must not end a run in a traceback; and an
    # escape such as \u021b is what JSON writes anyway.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
