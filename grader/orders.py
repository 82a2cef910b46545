"""From a command line to orders: names, the sandbox, the fixed list of extra tests."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from grader import batch, building, extras
from grader.errors import UsageError
from grader.export import html
from grader.manifest import Assignment
from grader.order import ITEMS, Order
from grader.results import Report
from grader.sandbox.base import Sandbox
from grader.sandbox.docker import device as gpu
from grader.server import ForkServer, started


def jobs_on(device: str, backend: str, jobs: int) -> int:
    """Return how many of `jobs` can run at once on `device`: every sandbox has a whole GPU.

    Raises when none can.
    """
    if device == "cuda" and backend != "docker":
        raise UsageError(
            f"--device cuda: back end {backend} does not hand a GPU to student code; grade with "
            "--sandbox docker and an image that has CUDA, or with --device cpu"
        )
    return min(jobs, len(gpu.found())) if device == "cuda" else jobs


def announce(
    assignment: Assignment, *, server: ForkServer, isolated: bool, extra: Sequence[Path] = ()
) -> None:
    """Let the server prepare for orders of an assignment, while they are being made."""
    _check_extra(extra)
    if cache := _cache(isolated):
        html.keep_compiled(Path(cache).with_name("pages"))
    server.submit(
        Order(
            assignment=str(assignment.path),
            submission="",
            name="",
            out="",
            scratch=str(server.scratch),
            sandbox="",
            isolated=isolated,
            cache=cache,
            extra_files=tuple(str(file.resolve()) for file in extra),
            purpose="prepare",
        )
    )


def make(
    assignment: Assignment,
    submissions: Sequence[Path],
    *,
    out: Path,
    server: ForkServer,
    box: Sandbox,
    isolated: bool,
    device: str = "cpu",
    seed: int | None = None,
    extra: Sequence[Path] = (),
    names: Sequence[str] | None = None,
) -> list[Order]:
    """Return one order per submission, all of them against the same list of tests.

    `names` are those of the submissions; by default their files' or folders' names.
    """
    _check_extra(extra)
    building.check_tools(assignment)
    name_of_gpus = gpu.models() if device == "cuda" else None
    orders = [
        Order(
            assignment=str(assignment.path),
            submission=str(path.resolve()),
            name=name,
            out=str(out.resolve()),
            scratch=str(server.scratch),
            sandbox=box.name,
            sandbox_settings=box.settings,
            isolated=isolated,
            cache=_cache(isolated),
            device=device,
            gpu=name_of_gpus,
            seed=seed,
            extra_files=tuple(str(file.resolve()) for file in extra),
        )
        for path, name in zip(submissions, names or batch.names(submissions), strict=True)
    ]
    if not extra:
        return orders
    items = _collect(orders[0], server)
    return [dataclasses.replace(order, extra_items=items) for order in orders]


def _cache(isolated: bool) -> str:
    """Return where what is compiled lasts: nowhere that student code could write."""
    is_out_of_reach = isolated or os.geteuid() == 0
    return str(building.default_folder(os.environ)) if is_out_of_reach else ""


def _check_extra(extra: Sequence[Path]) -> None:
    names = [file.name for file in extra]
    for file in extra:
        if file.suffix != ".py":
            raise UsageError(f"--tests {file}: a pytest file ends in .py")
        if names.count(file.name) > 1:
            raise UsageError(
                f"--tests {file}: another extra file has the same name; rename one of them"
            )
    extras.folder([file.resolve() for file in extra])


def _collect(order: Order, server: ForkServer) -> tuple[str, ...]:
    """Return the items of the extra test files, as the reference collects them."""
    collecting = dataclasses.replace(order, name="collect-extra", purpose="collect")
    code = batch.run_one(server, collecting)
    shutil.rmtree(collecting.work, ignore_errors=True)  # a submission can have the same name
    if code != 0:
        raise UsageError(
            f"the extra tests cannot be collected with the reference:\n"
            f"{collecting.log.read_text(errors='replace').strip()}"
        )
    items: list[str] = json.loads((Path(order.scratch) / ITEMS).read_text(encoding="utf-8"))
    if not items:
        raise UsageError("the extra test files hold no test; a test is a function test_...")
    return tuple(items)


@contextlib.contextmanager
def grading(
    assignment: Assignment, *, box: Sandbox, isolated: bool
) -> Iterator[Callable[[Path], Report]]:
    """Yield a function that grades one submission and keeps nothing on disk."""
    with started() as server:

        def grade_one(submission: Path) -> Report:
            orders = make(
                assignment,
                [submission],
                out=server.scratch / "out",
                server=server,
                box=box,
                isolated=isolated,
            )
            jobs = len(os.sched_getaffinity(0))  # they share one submission's tests
            job = batch.Batch(orders, jobs=jobs, job_seconds=assignment.limits.job_seconds)
            reports = [update.report for update in job.run(server) if update.report is not None]
            return reports[-1]

        yield grade_one
