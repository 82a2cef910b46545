"""Build extension modules from C++ and CUDA, in place.

python3 native/build.py [--root DIR] [--cuda emulated|nvcc|auto] [--sanitize address]
    [--march native] [--include DIR] [--cache DIR] SOURCE=MODULE ...
python3 native/build.py --stdout [--cpu-seconds N] SOURCE=MODULE
python3 native/build.py --run-sanitized COMMAND ...

Each MODULE, a path without suffix, becomes the file that Python imports. What has been built
before from the same sources, flags and compiler comes from the cache. `--run-sanitized` runs a
command that imports modules built with `--sanitize address`.
"""

from __future__ import annotations

import argparse
import importlib.util
import signal
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

if not __package__:  # run as a script: its folder is a package, wherever it is
    _init = Path(__file__).resolve().with_name("__init__.py")
    _spec = importlib.util.spec_from_file_location("native", _init)
    assert _spec is not None
    sys.modules["native"] = importlib.util.module_from_spec(_spec)
    __package__ = "native"

from . import sanitized
from .errors import BuildError
from .modules import Module, build, compile_module
from .toolchain import Options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit code.

    0; 1 when a source cannot be built; 2 for words that make no sense; 3 when the machine lacks
    what every source needs.
    """
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words[:1] == ["--run-sanitized"]:
        return _run_sanitized(words[1:])
    given = _parser().parse_args(words)
    options = Options(
        cuda=given.cuda,
        sanitize=given.sanitize == "address",
        march=given.march,
        include=tuple(given.include),
    )
    root = Path(given.root)
    if given.cpu_seconds:
        _limit_processor_time(given.cpu_seconds)
    if given.stdout:
        return _to_stdout(given.modules, root, options)
    with ThreadPoolExecutor(max_workers=len(given.modules)) as pool:
        cache = Path(given.cache) if given.cache else root / "build" / "native"
        jobs = [pool.submit(_build, module, root, options, cache) for module in given.modules]
        return max(job.result() for job in jobs)


def _run_sanitized(command: Sequence[str]) -> int:
    try:
        if not command:
            raise BuildError("--run-sanitized needs a command")
        sanitized.run(command)
    except (BuildError, OSError) as error:
        print(error, file=sys.stderr)
        return getattr(error, "exit_code", 1)


def _limit_processor_time(seconds: int) -> None:
    """Let no process, this one or a compiler, compute for longer; a busy machine costs nothing."""
    import resource

    def stop(*_: object) -> None:
        raise BuildError("CPU time limit exceeded before the compiler ran")

    signal.signal(signal.SIGXCPU, stop)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 5))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("modules", nargs="+", type=_module, metavar="SOURCE=MODULE")
    parser.add_argument("--root", default=".", help="the folder that the paths are relative to")
    parser.add_argument(
        "--cuda",
        choices=["auto", "emulated", "nvcc"],
        default="auto",
        help=".cu for the CPU or for a GPU; auto: for a GPU where there is one",
    )
    parser.add_argument("--sanitize", choices=["address"], help="report accesses out of bounds")
    parser.add_argument("--march", help="the processor to build for, `native` for this one")
    parser.add_argument(
        "--include", action="append", default=[], help="where Python's or pybind11's headers are"
    )
    parser.add_argument("--cache", help="where built modules are kept: build/native of the root")
    parser.add_argument(
        "--stdout",
        action="store_true",
        help="write one module to standard output, and nothing else",
    )
    parser.add_argument(
        "--cpu-seconds", type=int, help="how long each process may compute, in processor time"
    )
    return parser


def _module(text: str) -> Module:
    source, _, module = text.partition("=")
    if not source or not module:
        raise argparse.ArgumentTypeError(f"{text!r} is not SOURCE=MODULE")
    return Module(source=source, module=module)


def _build(module: Module, root: Path, options: Options, cache: Path) -> int:
    start = time.monotonic()
    try:
        compiled, said = build(module, root, options, cache)
    except BuildError as error:
        print(f"{error}\n{module.source}: not built", file=sys.stderr)
        return error.exit_code
    if said.strip():
        print(said.rstrip(), file=sys.stderr)
    how = f"built in {time.monotonic() - start:.1f} s" if compiled else "up to date"
    print(f"{module.target}: {how}")
    return 0


def _to_stdout(modules: Sequence[Module], root: Path, options: Options) -> int:
    if len(modules) != 1:
        print("--stdout builds one module", file=sys.stderr)
        return 2
    try:
        content, said = compile_module(modules[0], root, options)
    except BuildError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    sys.stderr.write(said)
    sys.stdout.buffer.write(content)
    return 0


if __name__ == "__main__":
    sys.exit(main())
