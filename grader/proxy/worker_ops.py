"""What a request can ask for. All of it runs beside student code, with no more rights."""

from __future__ import annotations
import __future__

import copy
import importlib
import linecache
import operator
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

import numpy as np

from grader.proxy import wire

#: namespaces of what tests defined here, by the id of the function or class
_namespaces: Final[dict[int, tuple[Any, dict[str, Any]]]] = {}
#: code of definitions that many tests send, compiled before there were tests
_compiled: Final[dict[tuple[str, str, int], types.CodeType]] = {}

#: the operators of the language and the protocols behind its statements
_OPERATORS: Final[dict[str, Callable[..., Any]]] = {
    **{
        name: getattr(operator, name)
        for name in (
            *("add", "sub", "mul", "truediv", "floordiv", "mod", "matmul", "lshift", "rshift"),
            *(
                "iadd",
                "isub",
                "imul",
                "itruediv",
                "ifloordiv",
                "imod",
                "imatmul",
                "ilshift",
                "irshift",
            ),
            *("ipow", "iand", "ior", "ixor", "and_", "or_", "xor", "neg", "pos", "abs", "invert"),
            *("eq", "ne", "lt", "le", "gt", "ge", "getitem", "setitem", "delitem"),
        )
    },
    "pow": pow,
    "divmod": divmod,
    "len": len,
    "iter": iter,
    "next": next,
    "reversed": reversed,
    "hash": hash,
    "dir": dir,
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "enter": lambda value: type(value).__enter__(value),
    "exit": lambda value, *error: type(value).__exit__(value, *error),
}


def _text(function: Callable[..., str]) -> Callable[..., str]:
    return lambda *values: function(*values)[: wire.TEXT]


_OPERATORS.update({"str": _text(str), "repr": _text(repr), "format": _text(format)})


def _import(name: str) -> types.ModuleType:
    return importlib.import_module(name)


def _names(module: types.ModuleType) -> list[str]:
    """Return what `from module import *` gives."""
    public = getattr(module, "__all__", None)
    if public is None:
        public = [name for name in vars(module) if not name.startswith("_")]
    return [str(name) for name in public]


def _get(value: Any, name: str) -> Any:
    return getattr(value, name)


def _call(function: Any, arguments: list[Any], keywords: Mapping[str, Any]) -> Any:
    return function(*arguments, **keywords)


def _method(value: Any, name: str, arguments: list[Any], keywords: Mapping[str, Any]) -> Any:
    return getattr(value, name)(*arguments, **keywords)


def _operator(name: str, *values: Any) -> Any:
    return _OPERATORS[name](*values)


def _ufunc(name: str, method: str, arguments: list[Any], keywords: Mapping[str, Any]) -> Any:
    function = getattr(np, name)
    return (function if method == "__call__" else getattr(function, method))(*arguments, **keywords)


def _flat(array: np.ndarray[Any, Any], index: Any, value: Any) -> None:
    array.flat[index] = value


def _flat_item(array: np.ndarray[Any, Any], index: Any) -> Any:
    return array.flat[index]


def _view(array: np.ndarray[Any, Any], index: Any) -> Any:
    return array[index]


def _compile(source: str, file: str, line: int) -> types.CodeType:
    flags = __future__.annotations.compiler_flag
    code: types.CodeType = compile(
        "\n" * (line - 1) + source, file, "exec", flags, dont_inherit=True
    )
    return code


def compile_ahead(definitions: Iterable[tuple[str, str, int]]) -> None:
    """Compile definitions (source, file, line) that tests will send; nothing of them runs."""
    for source, path, line in definitions:
        _compiled[source, path, line] = _compile(source, f"<{path}>", line)


def _define(name: str, source: str, path: str, line: int, values: Mapping[str, Any]) -> Any:
    """Run the definition of a function or class of a test and return what it defines."""
    module = types.ModuleType(path.rpartition("/")[2].removesuffix(".py") or "test")
    module.__dict__.update(values)
    sys.modules.setdefault(module.__name__, module)
    text = "\n" * (line - 1) + source
    file = f"<{path}>"
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)
    exec(_compiled.get((source, path, line)) or _compile(source, file, line), module.__dict__)
    value = module.__dict__[name]
    if isinstance(value, type):
        _namespaces[id(value)] = value, module.__dict__
    return value


def _extend(kind: type, values: Mapping[str, Any]) -> None:
    """Give a class names that its test defined after it."""
    _namespaces[id(kind)][1].update(values)


def _instance(kind: type, state: Mapping[str, Any]) -> Any:
    """Make a copy of an object of the test whose class was defined here."""
    value: Any = object.__new__(kind)
    value.__dict__.update(state)
    return value


OPERATIONS: Final[dict[str, Callable[..., Any]]] = {
    "nothing": lambda: None,
    "import": _import,
    "names": _names,
    "get": _get,
    "set": setattr,
    "del": delattr,
    "call": _call,
    "method": _method,
    "op": _operator,
    "ufunc": _ufunc,
    "fetch": lambda array: array,
    "flat": _flat,
    "flat_item": _flat_item,
    "extend": _extend,
    "view": _view,
    "define": _define,
    "instance": _instance,
}
