"""The reference of every command, made of the parser."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator

from scripts.docs.markdown import table
from skewgate.cli.parser import build_parser

_FOLDER = "reference/commands"
_WIDTH = 88


def pages() -> dict[str, str]:
    """Returns a page for each command, and one that lists them."""
    parser = build_parser()
    found = {}
    rows = []
    for name, help_text, command in _commands(parser):
        found[f"{_FOLDER}/{name}.md"] = "\n\n".join(_described(command, 1)) + "\n"
        rows.append([f"[skewgate {name}]({name}.md)", _plain(help_text)])
    listed = [
        "# Commands",
        _plain(parser.description or ""),
        table(["command", "what it does"], rows),
        *_options(parser),
        _epilog(parser),
    ]
    found[f"{_FOLDER}/index.md"] = "\n\n".join(filter(None, listed)) + "\n"
    return found


def _commands(
    parser: argparse.ArgumentParser,
) -> Iterator[tuple[str, str, argparse.ArgumentParser]]:
    """Yields the name, the one line of help and the parser of each command below a parser."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            helps = {choice.dest: choice.help or "" for choice in action._choices_actions}
            for name, command in action.choices.items():
                if name in helps:
                    yield name, helps[name], command


def _described(command: argparse.ArgumentParser, depth: int) -> Iterator[str]:
    """Yields the parts of a command's page, its own commands below it."""
    yield f"{'#' * depth} {command.prog}"
    yield _plain(command.description or "")
    yield f"```text\n{_usage(command)}\n```"
    yield from _options(command)
    if command.epilog:
        yield _epilog(command)
    for _, _, below in _commands(command):
        yield from _described(below, depth + 1)


def _usage(command: argparse.ArgumentParser) -> str:
    formatter = argparse.HelpFormatter(command.prog, width=_WIDTH)
    formatter.add_usage(command.usage, command._actions, command._mutually_exclusive_groups, "")
    return formatter.format_help().strip()


def _options(command: argparse.ArgumentParser) -> Iterator[str]:
    """Yields a table for each group of a command's arguments that has any."""
    for group in command._action_groups:
        rows = [
            [_call(action), _plain(_help(command, action))]
            for action in group._group_actions
            if not isinstance(action, argparse._SubParsersAction | argparse._HelpAction)
            and action.help != argparse.SUPPRESS
        ]
        if rows:
            yield table(
                [(group.title or "").replace("positional arguments", "arguments"), ""], rows
            )


def _call(action: argparse.Action) -> str:
    """Returns how an argument is written: its names and its value."""
    if action.choices is not None:
        value = "|".join(map(str, action.choices))
    else:
        metavar = action.metavar or action.dest.upper()
        value = metavar if isinstance(metavar, str) else " ".join(metavar)
    if not action.option_strings:
        return f"`{value}`" + (" ..." if action.nargs in ("+", "*") else "")
    names = ", ".join(f"`{name}`" for name in action.option_strings)
    return names if action.nargs == 0 else f"{names[:-1]} {value}`"


def _help(command: argparse.ArgumentParser, action: argparse.Action) -> str:
    """Returns the help of an argument with the values that it names, such as its default."""
    formatter = command.formatter_class(command.prog)
    text = formatter._expand_help(action) if action.help else ""
    required = action.option_strings and action.required
    return f"{text} (required)" if required else text


def _epilog(command: argparse.ArgumentParser) -> str:
    return _plain((command.epilog or "")[:1].upper() + (command.epilog or "")[1:])


def _plain(text: str) -> str:
    """Returns text in which a file's name or a pattern is no mark-up.

    >>> _plain("all of *.csv and <name>")
    'all of \\\\*.csv and &lt;name>'
    """
    text = " ".join(text.split()).replace("<", "&lt;")
    return re.sub(r"(?<!`)([*_])(?!`)", r"\\\1", text)
