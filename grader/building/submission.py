"""Submission -> Submission with its native modules, or with modules that say why there are none."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
import re
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from importlib import machinery
from pathlib import Path, PurePosixPath

from grader import sandbox, suspects
from grader.building import boxed, diagnostics, tools
from grader.building.store import Store
from grader.errors import (
    Crashed,
    InfrastructureError,
    MemoryExceeded,
    OutputExceeded,
    StudentFault,
    TimedOut,
)
from grader.intake import Submission
from grader.manifest import Assignment
from grader.manifest_rules import NativeModule
from grader.native.sources import local_files
from grader.order import Order
from grader.sandbox.base import Limits, Mount

#: the files that a compiler may see
_SOURCES = {".c", ".cc", ".cpp", ".cu", ".cuh", ".cxx", ".h", ".hh", ".hpp", ".hxx", ".inl"}
#: ways to read a file that its text does not name plainly
_ODD = re.compile(
    rb"^[^\S\n]*#[^\S\n]*include(?![^\S\n]*[\"<])|incbin|#[^\S\n]*embed", re.MULTILINE
)
#: what a compiler says when it has no more memory
_NO_MEMORY = re.compile(rb"out of memory|virtual memory exhausted|Cannot allocate memory")
#: what it says last when somebody killed it
_KILLED = re.compile(
    rb"(fatal error: Killed signal terminated program \w+|unable to execute command: Killed)"
    rb"\s*(compilation terminated\.)?\s*\Z"
)
#: what it says when it has computed for too long
_NO_TIME = re.compile(rb"CPU time limit exceeded")
#: what it says when it has written too much
_NO_SPACE = re.compile(rb"File size limit exceeded")
#: who speaks first when the sandbox fails before the build tool runs: it ends with 1, as that does
_NOT_STARTED = re.compile(rb"(bwrap|setpriv|prlimit): ")


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Built:
    """One module: its bytes, or why there are none."""

    content: bytes = b""
    #: the first errors, or the limit that was reached
    errors: tuple[str, ...] = ()


def check_tools(assignment: Assignment) -> None:
    """Raise InfrastructureError when this machine cannot compile what the assignment needs."""
    if assignment.native:
        tools.find()


def compiler() -> str:
    """Return what the compiler of this machine calls itself; "none" where there is none."""
    with contextlib.suppress(InfrastructureError):
        return tools.find().compiler
    return "none"


def add_modules(order: Order, submission: Submission) -> Submission:
    """Compile every native module of a submission and lay it beside the package.

    Nothing of it is loaded here. A module that does not compile is replaced by one that raises
    ImportError with the first errors, so that exactly the tests that need it fail, and say why.
    """
    modules = order.loaded.native
    if not modules:
        return submission
    found = tools.find()
    files = {
        path: text for path, text in submission.files.items() if not _is_in_the_way(path, modules)
    }
    hidden = submission.files.keys() - files.keys()
    sources = {p: t for p, t in files.items() if PurePosixPath(p).suffix in _SOURCES}
    notices = list(submission.notices)
    for module in modules:
        built = _Builder(order, found).build(module, sources)
        if built.errors:
            files[f"{module.module}.py"] = _stub(module, built.errors)
            notices.append("\n".join([f"{module.source} is not compiled:", *built.errors]))
        else:
            files[module.module + tools.SUFFIX] = built.content
    flags = list(submission.flags)
    if hidden:
        names = suspects.listing(hidden)
        notices.append(f"Left out, because the grader compiles these modules itself: {names}.")
        flags.append(f"files in the place of compiled modules: {names}")
    return dataclasses.replace(submission, files=files, notices=tuple(notices), flags=tuple(flags))


def _is_in_the_way(path: str, modules: tuple[NativeModule, ...]) -> bool:
    """Tell whether Python could import a file instead of a module that is compiled."""
    names = [module.module for module in modules]
    # a source may lie beside its module, with the same stem
    files = {f"{name}{suffix}" for name in names for suffix in machinery.all_suffixes()}
    return path in files or path.startswith(tuple(f"{name}/" for name in names))


def _stub(module: NativeModule, errors: tuple[str, ...]) -> bytes:
    title = f'"""Stands for {module.source}, which does not compile."""'
    text = "\n".join(errors)
    return f"{title}\n\nraise ImportError({text!r})\n".encode()


class _Builder:
    """Compiles for one order."""

    def __init__(self, order: Order, found: tools.Tools) -> None:
        self._order = order
        self._tools = found
        #: failures are kept for the run only: limits are reached sooner on a busy machine
        self._run = Store(Path(order.scratch) / "native")
        self._kept = Store(Path(order.cache)) if order.cache else self._run

    def build(self, module: NativeModule, sources: Mapping[str, bytes]) -> _Built:
        """Return a module that was built before from the same sources, or build it."""
        with tempfile.TemporaryDirectory(dir=self._order.scratch, prefix="sources-") as name:
            folder = Path(name) / "sources"
            seen = _visible(module, sources, folder)
            key = self._key(module, seen)
            with self._kept.alone(key):
                return self._known(key) or self._compile(module, seen, folder, key)

    def _key(self, module: NativeModule, seen: Mapping[str, bytes]) -> str:
        digest = hashlib.sha256(self._tools.digest.encode())
        limits = self._order.limits
        # an image has a compiler and libraries of its own
        box = f"{self._order.sandbox} {self._order.sandbox_settings}"
        for text in (module.source, module.module, str(limits.file_size), str(limits.scratch), box):
            digest.update(len(text).to_bytes(8, "big") + text.encode())
        for path, content in sorted(seen.items()):
            digest.update(len(path.encode()).to_bytes(8, "big") + path.encode())
            digest.update(len(content).to_bytes(8, "big") + content)
        return digest.hexdigest()

    def _known(self, key: str) -> _Built | None:
        content = self._kept.get(f"{key}.so")
        if content is not None:
            return _Built(content=content)
        failed = self._run.get(f"{key}.json")
        return None if failed is None else _Built(errors=tuple(json.loads(failed)))

    def _compile(
        self, module: NativeModule, seen: Mapping[str, bytes], folder: Path, key: str
    ) -> _Built:
        limits = self._order.limits
        finished = boxed.run(
            sandbox.BACKENDS[self._order.sandbox].configured(self._order.sandbox_settings),
            self._tools.command(module.source, module.module, limits.build_seconds),
            [*self._tools.mounts, Mount(source=folder, target=tools.SOURCES)],
            tools.SOURCES,
            limits,
        )
        if finished.fault is None and finished.output:
            self._kept.put(f"{key}.so", finished.output)
            return _Built(content=finished.output)
        errors = tuple(_reasons(finished, [module.source, *sorted(seen)], limits))
        self._run.put(f"{key}.json", json.dumps(errors).encode())
        return _Built(errors=errors)


def _visible(module: NativeModule, sources: Mapping[str, bytes], folder: Path) -> dict[str, bytes]:
    """Lay out what the compiler sees: the source and the headers that it includes, or all.

    What it sees is what the digest is made of, so the text of other files changes nothing.
    """
    files = Submission(name="sources", files=sources, digest="")
    files.write(folder)
    if not (folder / module.source).is_file():
        return dict(sources)
    used = local_files(folder / module.source, folder)
    names = {path.relative_to(folder.resolve()).as_posix() for path in used}
    if any(_ODD.search(content) for content in used.values()) or names == sources.keys():
        return dict(sources)
    shutil.rmtree(folder)
    seen = {name: sources[name] for name in names}
    dataclasses.replace(files, files=seen).write(folder)
    return seen


def _reasons(finished: boxed.Finished, sources: list[str], limits: Limits) -> Iterator[str]:
    """Yield why there is no module; raise when that is not the student's doing."""
    fault = _limit(finished, limits)
    if isinstance(fault, Crashed) and _KILLED.search(finished.complaint):
        raise InfrastructureError(
            f"compiling {sources[0]} was killed although the sandbox was within its limits: most "
            "likely the machine has run out of memory; grade with fewer jobs (--jobs)"
        )
    has_started = _NOT_STARTED.match(finished.complaint) is None
    if isinstance(fault, Crashed) and (fault.code not in (None, 0, 1) or not has_started):
        said = finished.complaint.decode("utf-8", "replace").strip()[-500:]
        raise InfrastructureError(f"the build tool does not run in the sandbox: {fault}: {said}")
    errors = diagnostics.first_errors(finished.complaint, sources)
    if isinstance(fault, Crashed) or fault is None:
        yield from errors or [f"{sources[0]}: error: the compiler ended without a word"]
    else:
        yield f"{sources[0]}: error: {fault}"


def _limit(finished: boxed.Finished, limits: Limits) -> StudentFault | None:
    """Return the fault, which is a limit also where only the compiler felt it."""
    if not isinstance(finished.fault, Crashed):
        return finished.fault
    if _NO_TIME.search(finished.complaint):
        return TimedOut(f"Time limit: {limits.build_seconds:g} s of processor time for compiling.")
    if _NO_MEMORY.search(finished.complaint):
        return MemoryExceeded("the memory limit for compiling was reached")
    if _NO_SPACE.search(finished.complaint):
        return OutputExceeded(f"A file in compiling exceeds {limits.file_size} bytes.")
    return finished.fault
