"""How commands end: one plain message, and the exit code that says whose doing it is."""

from __future__ import annotations

import os
import sys
from typing import Any

import click
from rich.console import Console

from grader.errors import GraderError, InfrastructureError

#: 130 is what shells expect of a program that ended on Ctrl-C
INTERRUPTED = 130


class Commands(click.Group):
    """Turns GraderError into one plain message and its exit code."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except GraderError as error:
            click.echo(f"grader: {error}", err=True)
            sys.exit(error.exit_code)
        except BrokenPipeError:  # click would end with 1, which says that a student is to blame
            _discard_output()
            sys.exit(InfrastructureError.exit_code)
        except KeyboardInterrupt:
            click.echo("grader: interrupted; the same command again goes on from here", err=True)
            sys.exit(INTERRUPTED)


class _Console(Console):
    """A console whose reader may go away: that is an error as any other, not exit code 1."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def console() -> Console:
    """Return the terminal; a file or pipe gets lines of 120 characters."""
    found = _Console()
    return found if found.is_terminal else _Console(width=120)


def _discard_output() -> None:
    """Let what is still to be written go nowhere: nobody reads it, and Python would complain."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
