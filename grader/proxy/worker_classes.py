"""Descriptions of student classes, from which the trusted side makes local stand-ins."""

from __future__ import annotations

import types
from typing import Any, Final

_BINARY = [
    "add",
    "sub",
    "mul",
    "truediv",
    "floordiv",
    "mod",
    "divmod",
    "pow",
    "matmul",
    "and",
    "or",
    "xor",
    "lshift",
    "rshift",
]

#: special methods that a stand-in gets when the class has them
SPECIALS: Final = frozenset(
    f"__{name}__"
    for name in (
        *_BINARY,
        *(f"r{name}" for name in _BINARY),
        *(f"i{name}" for name in _BINARY if name != "divmod"),
        *("neg", "pos", "abs", "invert", "lt", "le", "gt", "ge"),
        *("call", "len", "getitem", "setitem", "delitem", "contains", "iter", "next", "reversed"),
        *("enter", "exit"),
    )
)

#: what a class holds for something that `object.name(...)` calls
_METHODS: Final = (
    types.FunctionType,
    staticmethod,
    classmethod,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.BuiltinFunctionType,
)

_bases_of: Any = type.__dict__["__bases__"].__get__
_mro_of: Any = type.__dict__["__mro__"].__get__
_dict_of: Any = type.__dict__["__dict__"].__get__
_name_of: Any = type.__dict__["__qualname__"].__get__
_module_of: Any = type.__dict__["__module__"].__get__


def bases(kind: type) -> tuple[type, ...]:
    """Return the bases of a class, whatever its metaclass says."""
    found: tuple[type, ...] = _bases_of(kind)
    return found


def describe(kind: type) -> list[Any]:
    """Return name, module, equality, special methods and callable names of a class."""
    namespaces = [_dict_of(base) for base in _mro_of(kind) if base is not object]
    special = [name for name in SPECIALS if any(name in space for space in namespaces)]
    equality = any("__eq__" in space for space in namespaces)
    return [
        str(_name_of(kind))[:128],
        str(_module_of(kind))[:128],
        int(equality) + 2 * _hashing(namespaces),
        sorted(special),
        _methods(namespaces),
    ]


def _hashing(namespaces: list[dict[str, Any]]) -> int:
    """Say how a class is hashed: 0 by identity, 1 not at all, 2 by code of its own."""
    for space in namespaces:
        if "__hash__" in space:
            function = space["__hash__"]
            return 1 if function is None else 0 if function is object.__hash__ else 2
    return 0


def _methods(namespaces: list[dict[str, Any]]) -> list[str]:
    """Names that reach a method: the first class that has the name decides."""
    if any("__getattribute__" in space for space in namespaces):
        return []
    found: dict[str, bool] = {}
    for space in namespaces:
        for name, value in space.items():
            if type(name) is str:
                found.setdefault(name, type(value) in _METHODS)
    return [
        name
        for name, method in found.items()
        if method and not name.startswith("__") and len(name) <= 128
    ]


def exception_base(kind: type) -> str | None:
    """Name the first built-in `Exception` class that `kind` is; None if it is no exception."""
    if not issubclass(kind, BaseException):
        return None
    for base in _mro_of(kind):
        if base.__module__ == "builtins" and issubclass(base, Exception) and base is not Exception:
            return str(base.__name__)
    return "Exception"
