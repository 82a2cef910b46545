"""Student exceptions, raised here as exceptions of the trusted side.

The class is a local one made under the first built-in `Exception` class that the student's is.
Never a `BaseException`, a skip or anything else that pytest treats specially: those are
`NotOrdinary`.
"""

from __future__ import annotations

import builtins
from typing import Any, Final


class StudentError(Exception):
    """Student code raised something that is no ordinary built-in exception."""


class NotOrdinary(StudentError):
    """Student code raised what is no `Exception`: SystemExit, KeyboardInterrupt and the like."""


#: built-in exception classes by name
BUILTIN: Final[dict[str, type[Exception]]] = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type)
    and issubclass(kind, Exception)
    and name not in ("Exception", "ExceptionGroup")
} | {"Exception": StudentError}


def make_class(name: str, module: str, bases: tuple[type, ...], builtin: str) -> type[Exception]:
    """Make the local class of a student's exception class."""
    short = name.rpartition(".")[2]
    short = short if short.isidentifier() else "StudentError"
    own = tuple(base for base in bases if issubclass(base, BaseException))
    try:
        return type(short, own or (BUILTIN[builtin],), {"__module__": module, "__qualname__": name})
    except TypeError:
        return type(short, (BUILTIN[builtin],), {"__module__": module})


def described(error: BaseException, message: str) -> str:
    """Return kind and message of an exception in the words of who raised it."""
    if isinstance(error, NotOrdinary):
        return message  # it begins with the kind
    kind = "Exception" if type(error) is StudentError else type(error).__name__
    return f"{kind}: {message}" if message else kind


def make(kind: type[Exception], message: str, arguments: tuple[Any, ...], text: str) -> Exception:
    """Make the exception itself; `remote_traceback` is for staff."""
    try:
        error = kind(*arguments)
    except Exception:
        error = StudentError(message)
    error.remote_traceback = text  # type: ignore[attr-defined]
    return error
