"""Code of a test that runs on the student's side: its source is sent with what it refers to."""

from __future__ import annotations

import ast
import builtins
import contextlib
import functools
import inspect
import linecache
import os
import symtable
import sys
import sysconfig
import textwrap
import types
import weakref
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from grader.proxy import remote
from grader.proxy.remote import Unsendable

#: where installed libraries are
_LIBRARIES = tuple({sysconfig.get_path(name) for name in ("stdlib", "purelib", "platlib")})
#: packages whose objects have no twin over there
_FOREIGN = frozenset({"pytest", "_pytest", "grader", "numpy"}) | sys.stdlib_module_names


class Source(NamedTuple):
    """The source of one definition."""

    name: str
    text: str
    path: str
    line: int

    @property
    def file(self) -> str:
        """Return the name by which the other side knows the file: where it lies is kept here."""
        return os.path.basename(self.path)

    @functools.lru_cache(maxsize=1024)  # noqa: B019
    def names(self) -> frozenset[str]:
        """Return the global names that the definition uses."""
        try:
            # annotations are not evaluated over there, so the names in them are not needed
            text = f"from __future__ import annotations\n{self.text}"
            return frozenset(_global_names(symtable.symtable(text, self.path, "exec"))) - {
                "annotations"
            }
        except SyntaxError as error:
            raise Unsendable(
                f"{self.path}:{self.line}: {self.name} cannot be sent: {error}"
            ) from None


def _global_names(table: symtable.SymbolTable) -> Iterator[str]:
    top = table.get_type() == "module"
    for symbol in table.get_symbols():
        # a definition binds its own name at the top, and may well not use it
        if symbol.is_referenced() if top else symbol.is_global():
            yield symbol.get_name()
    for child in table.get_children():
        yield from _global_names(child)


@functools.lru_cache(maxsize=64)
def _parsed(path: str, text: str) -> ast.Module:
    return ast.parse(text, path)


def read_ahead(path: str) -> None:
    """Parse a file whose code many tests will send: once, before processes are forked."""
    with contextlib.suppress(Unsendable, SyntaxError):
        _parsed(path, _module_text(path))


def _module_text(path: str) -> str:
    text = "".join(linecache.getlines(path))
    if not text or _is_installed(path):
        raise Unsendable(f"{path}: code that is not the test's own cannot be passed.")
    return text


def _is_installed(path: str) -> bool:
    """Whether a file belongs to a library: only code of tests is sent."""
    return path.startswith(_LIBRARIES)


def _definitions(path: str, kind: Any) -> Iterator[Any]:
    return (node for node in ast.walk(_parsed(path, _module_text(path))) if isinstance(node, kind))


def _source(node: ast.FunctionDef | ast.ClassDef, path: str) -> Source:
    lines = _module_text(path).splitlines(keepends=True)[node.lineno - 1 : node.end_lineno]
    return Source(node.name, textwrap.dedent("".join(lines)), path, node.lineno)


def function_source(function: types.FunctionType) -> Source:
    """Return the source of a function of a test, without its decorators."""
    return _code_source(function.__code__)


@functools.lru_cache(maxsize=1024)
def _code_source(code: types.CodeType) -> Source:
    if code.co_name == "<lambda>":
        return _lambda_source(code)
    for node in _definitions(code.co_filename, ast.FunctionDef):
        first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        if node.name == code.co_name and first == code.co_firstlineno:
            return _source(node, code.co_filename)
    raise Unsendable(f"{code.co_filename}:{code.co_firstlineno}: no source of {code.co_name}.")


def _lambda_source(code: types.CodeType) -> Source:
    path = code.co_filename
    text = _module_text(path)
    starts = {
        (line, column) for line, _, column, _ in code.co_positions() if line and column is not None
    }
    for node in _definitions(path, ast.Lambda):
        body = node.body
        inside = all(
            (body.lineno, body.col_offset)
            <= start
            <= (body.end_lineno or 0, body.end_col_offset or 0)
            for start in starts - {(code.co_firstlineno, 0)}
        )
        arguments = [argument.arg for argument in (*node.args.posonlyargs, *node.args.args)]
        if inside and starts and arguments == list(code.co_varnames[: code.co_argcount]):
            segment = ast.get_source_segment(text, node)
            return Source("sent_lambda", f"sent_lambda = ({segment})", path, node.lineno)
    raise Unsendable(f"{path}:{code.co_firstlineno}: no source of a lambda.")


def class_source(name: str, path: str, line: int) -> Source:
    """Return the source of the class that a test defines at `line`."""
    found = [node for node in _definitions(path, ast.ClassDef) if node.name == name]
    if not found:
        raise Unsendable(f"{path}:{line}: no source of class {name}.")
    return _source(min(found, key=lambda node: abs(node.lineno - line)), path)


class Pending(NamedTuple):
    """A class of a test that uses names which were not defined when it was."""

    kind: type
    names: frozenset[str]
    namespace: Mapping[str, Any]


class Shipper:
    """Sends functions, classes and plain objects of a test; each once a scope."""

    def __init__(self, request: Callable[..., Any], encodable: Callable[[Any], bool]) -> None:
        self._request = request
        self._encodable = encodable
        self.start_scope()

    def start_scope(self) -> None:
        """Forget what another process was sent."""
        self._functions: weakref.WeakKeyDictionary[Any, tuple[Any, Any]] = (
            weakref.WeakKeyDictionary()
        )
        self._instances: weakref.WeakKeyDictionary[Any, Any] = weakref.WeakKeyDictionary()
        self._classes: dict[type, Any] = {}
        self._underway: list[Any] = []
        self._comparing: list[types.FunctionType] = []
        self.pending: list[Pending] = []

    def ship(self, value: Any) -> Any:
        """Return the remote twin of a function, class or object of the test."""
        if isinstance(value, types.FunctionType):
            return self.function(value)
        if isinstance(value, type):
            return self.local_class(value)
        if isinstance(value, functools.partial):
            return self._request(
                "call", functools.partial, (value.func, *value.args), value.keywords
            )
        return self.instance(value)

    def function(self, function: types.FunctionType) -> Any:
        """Send a function with the values that it captures."""
        source = function_source(function)
        captured = _captured(function, source.names())
        known = self._functions.get(function)
        if known is not None and self._same(known[0], captured):
            return known[1]
        twin = self._define(function, source, captured)
        defaults = function.__defaults__, function.__kwdefaults__
        if any(defaults):
            self._request("set", twin, "__defaults__", defaults[0])
            self._request("set", twin, "__kwdefaults__", defaults[1])
        self._functions[function] = captured, twin
        return twin

    def _same(self, left: Mapping[str, Any], right: Mapping[str, Any]) -> bool:
        """Whether captured values are the same objects, none of which has changed here."""
        return left.keys() == right.keys() and all(
            item is right[key] and self._is_fixed(item) for key, item in left.items()
        )

    def _is_fixed(self, item: Any) -> bool:
        if isinstance(item, types.FunctionType):
            return item in self._comparing or self._is_unchanged(item)
        return isinstance(item, _FIXED) or remote.is_remote(item)

    def _is_unchanged(self, function: types.FunctionType) -> bool:
        """Whether a function that another one uses captures what it did when it was sent."""
        known = self._functions.get(function)
        if known is None:
            return False
        self._comparing.append(function)
        try:
            return self._same(known[0], _captured(function, function_source(function).names()))
        finally:
            self._comparing.pop()

    def local_class(self, kind: type) -> Any:
        """Send a class of the test that has no student class above it."""
        if kind not in self._classes:
            methods = [item for item in vars(kind).values() if isinstance(item, types.FunctionType)]
            if not methods:
                raise Unsendable(f"{kind.__name__} is not a class whose source can be sent.")
            code = methods[0].__code__
            source = class_source(kind.__name__, code.co_filename, code.co_firstlineno)
            captured = _captured(methods[0], source.names())
            for method in methods[1:]:
                captured |= _captured(method, source.names())
            self._classes[kind] = self._define(kind, source, captured)
        return self._classes[kind]

    def instance(self, value: Any) -> Any:
        """Send a copy of an object whose class is in the test."""
        kind = type(value)
        if not hasattr(value, "__dict__") or kind.__module__.partition(".")[0] in _FOREIGN:
            raise Unsendable(f"A {kind.__name__} cannot be passed to student code.")
        twin = self._instances.get(value)
        if twin is None:
            twin = self._request("instance", self.local_class(kind), vars(value))
            self._instances[value] = twin
        return twin

    def remote_class(self, name: str, frame: types.FrameType, kinds: tuple[type, ...]) -> Any:
        """Define a class of the test that has a student class above it."""
        source = class_source(name, frame.f_code.co_filename, frame.f_lineno)
        namespace = {**frame.f_globals, **frame.f_locals}
        names = source.names()
        captured = {key: namespace[key] for key in names if key in namespace and key != name}
        kind = self._define(None, source, captured)
        missing = frozenset(
            key for key in names if key not in namespace and not hasattr(builtins, key)
        )
        if missing - {name}:
            self.pending.append(Pending(kind, missing - {name}, frame.f_globals))
        return kind

    def complete(self) -> None:
        """Send names that classes were missing, once they are defined."""
        pending, self.pending = self.pending, []
        for item in pending:
            found = {key: item.namespace[key] for key in item.names if key in item.namespace}
            if found:
                self._request("extend", item.kind, self._sendable(found))
            if left := item.names - set(found):
                self.pending.append(Pending(item.kind, left, item.namespace))

    def _define(self, value: Any, source: Source, captured: Mapping[str, Any]) -> Any:
        if any(item is value for item in self._underway if value is not None):
            raise Unsendable(f"{source.path}:{source.line}: {source.name} refers to itself.")
        self._underway.append(value)
        try:
            values = self._sendable(
                {key: item for key, item in captured.items() if item is not value}
            )
            return self._request(
                "define", source.name, source.text, source.file, source.line, values
            )
        finally:
            self._underway.pop()

    def _sendable(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Leave out what cannot be sent: using it there is a NameError that names it."""
        return {key: item for key, item in values.items() if self._encodable(item)}


def _captured(function: types.FunctionType, names: frozenset[str]) -> dict[str, Any]:
    """Return the values of names that a function uses: its closure first, then its module."""
    variables = inspect.getclosurevars(function).nonlocals if function.__closure__ else {}
    values = {**function.__globals__, **variables}
    return {name: values[name] for name in names if name in values}


#: what cannot change here while it stays the same object
_FIXED = (type(None), bool, int, float, str, bytes, types.ModuleType, type)
