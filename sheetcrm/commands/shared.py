"""What all commands have in common: their language, their options, how they answer.

It knows click. It refuses to know what any command does, and imports nothing
that `sheetcrm --help` would have to wait for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import click

from sheetcrm import messages

__all__ = [
    "COMMON",
    "AS_JSON",
    "NO_MOVES",
    "Session",
    "Worded",
    "command",
    "day",
    "duration",
    "flag",
    "said",
    "say",
    "say_json",
]


@dataclass(slots=True)
class Session:
    """One run of the program."""

    language: str
    """What the person at the keyboard reads."""
    chosen: bool = False
    """Whether they asked for it by --lang."""
    debug: bool = False

    def language_for(self, workbook_language: str) -> str:
        """What to answer in: what was asked for, else the workbook's own language."""
        return self.language if self.chosen else workbook_language


def said(ctx: click.Context, key: str, **values: object) -> str:
    """A text of the command line, in the session's language."""
    return messages.text("cli", key, ctx.ensure_object(Session).language, **values)


class Worded(click.Command):
    """A command whose help stands in the message catalogue."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """`Usage: sheetcrm check [OPTIONS] WORKBOOK`."""
        pieces = " ".join([said(ctx, "metavar-options"), *self.argument_words(ctx)])
        formatter.write_usage(ctx.command_path, pieces, prefix=f"{said(ctx, 'heading-usage')}: ")

    def argument_words(self, ctx: click.Context) -> list[str]:
        """What follows the command, a word each."""
        arguments = [param for param in self.params if isinstance(param, click.Argument)]
        return [word if param.required else f"[{word}]" for param in arguments for word in [param_word(ctx, param)]]

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What the command does."""
        name = self.name or ""
        keys = [name, f"{name}-more", *["workbook" for param in self.params if param.name == "workbook"]]
        for key in keys:
            if key in messages.area("cli"):
                formatter.write_paragraph()
                with formatter.indentation():
                    formatter.write_text(said(ctx, key))

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line for each option."""
        options = [param for param in self.get_params(ctx) if isinstance(param, click.Option)]
        with formatter.section(said(ctx, "heading-options")):
            formatter.write_dl([(option_word(ctx, param), said(ctx, f"option-{_key(param)}")) for param in options])


def param_word(ctx: click.Context, param: click.Parameter) -> str:
    """How a parameter is called in usage lines: `WORKBOOK`, `--since`."""
    return said(ctx, f"metavar-{param.name}") if isinstance(param, click.Argument) else param.opts[-1]


def option_word(ctx: click.Context, option: click.Option) -> str:
    """How an option is typed: `--by [owner|source]`."""
    if option.is_flag:
        return ", ".join(option.opts)
    if isinstance(option.type, click.Choice):
        return f"{option.opts[-1]} [{'|'.join(option.type.choices)}]"
    return f"{option.opts[-1]} {said(ctx, f'metavar-{_key(option)}')}"


def _key(option: click.Option) -> str:
    return option.opts[-1].lstrip("-")


def flag(*names: str) -> click.Option:
    """An option that is there or not. The second name, if any, is the parameter's."""
    return click.Option(names, is_flag=True)


def day(name: str) -> click.Option:
    """An option that takes a day, as people type it: 2026-03-01 or 01.03.2026."""
    return click.Option([name], type=click.DateTime(["%Y-%m-%d", "%d.%m.%Y"]), callback=_only_the_day)


def _only_the_day(_ctx: click.Context, _param: click.Parameter, moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def duration(name: str) -> click.Option:
    """An option that takes a time, as people type it: 90s, 10m, 1h; a bare number is minutes."""
    return click.Option([name], default="0", callback=_as_duration)


def _as_duration(ctx: click.Context, param: click.Parameter, text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})\s*([smh]?)", text.strip().lower())
    if match is None:
        raise click.BadParameter(said(ctx, "bad-duration", value=text), ctx, param)
    return timedelta(seconds=int(match[1]) * {"s": 1, "": 60, "m": 60, "h": 3600}[match[2]])


def _choose_language(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value:
        session = ctx.ensure_object(Session)
        session.language, session.chosen = value, True


def _show_everything(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        ctx.ensure_object(Session).debug = True


COMMON: tuple[click.Option, ...] = (
    # Eager, so that `--lang ro --help` and errors further on the line speak Romanian.
    click.Option(
        ["--lang"],
        type=click.Choice(messages.LANGUAGES),
        callback=_choose_language,
        is_eager=True,
        expose_value=False,
    ),
    click.Option(["--debug"], is_flag=True, callback=_show_everything, is_eager=True, expose_value=False),
)
"""What every command takes."""

AS_JSON = flag("--json", "as_json")
NO_MOVES = flag("--no-moves")


def command(name: str, *params: click.Parameter) -> Callable[[Callable[..., int]], Worded]:
    """Make a command of a function from the session and the parameters to the exit code."""

    def make(run: Callable[..., int]) -> Worded:
        return Worded(name, params=[*params, *COMMON], callback=click.pass_obj(run))

    return make


def say(text: str) -> None:
    """Answer a person."""
    click.echo(text)


def say_json(answer: object) -> None:
    """Answer a program."""
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2, default=_plain))


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"JSON has no {type(value).__name__}")
