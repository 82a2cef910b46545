"""What goes wrong on the way to an extension module."""

from __future__ import annotations

from typing import ClassVar


class BuildError(Exception):
    """A module cannot be built; the message says what to do about it."""

    #: what the command line returns
    exit_code: ClassVar[int] = 1


class MachineError(BuildError):
    """The machine lacks a compiler or headers: no source can change that."""

    exit_code: ClassVar[int] = 3


class CompilerError(BuildError):
    """The compiler refused a source; the message is what it said."""
