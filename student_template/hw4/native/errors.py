"""What goes wrong on the way to an extension module."""

from __future__ import annotations


class BuildError(Exception):
    """A module cannot be built; the message says what to do about it."""


class CompilerError(BuildError):
    """The compiler refused a source; the message is what it said."""
