"""Runs suites on many packages in forks of one warm process: `python runner.py < JOBS > RESULTS`.

A job is a line of JSON: name, package (a folder), path (folders of it on sys.path, usually python
and apps), tests, seed, cwd, suite (name of the assignment), environment, and stop: whether the
first failure is enough. A result is a
line of JSON: name and outcome by test id; a test that does not end is missing.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).parents[2]
#: of CPU time, and on the clock: another program may be using the machine
CPU_SECONDS, SECONDS = 20, 600


def run(jobs: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
    """Return outcomes by test id for every job, by its name; one runner per CPU."""
    jobs, cpus = list(jobs), os.cpu_count() or 1
    with ThreadPoolExecutor(cpus) as pool:
        parts = pool.map(_run_in_one_process, (jobs[first::cpus] for first in range(cpus)))
        return {result["name"]: result["outcomes"] for part in parts for result in part}


def _run_in_one_process(jobs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    lines = "".join(json.dumps(job) + "\n" for job in jobs)
    command = [sys.executable, __file__]
    # there is a runner for each CPU
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    # the suites use none of the plugins that are installed, and every job would load them all
    environment |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        command, input=lines, stdout=subprocess.PIPE, text=True, check=True, env=environment
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


class _Recorder:
    """Collects the outcome of every test, and says it at once: the process may be killed."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self._say(report.nodeid, report.outcome)

    def pytest_collectreport(self, report: Any) -> None:
        if report.failed:
            self._say(report.nodeid, "failed")

    def _say(self, test: str, outcome: str) -> None:
        os.write(self.descriptor, json.dumps([test, outcome]).encode() + b"\n")


def _serve() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        job = json.loads(line)
        reading, writing = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reading)
            _run(job, writing)
        os.close(writing)
        with open(reading) as reports:
            outcomes = dict(map(json.loads, reports))
        os.waitpid(child, 0)
        yield {"name": job["name"], "outcomes": outcomes}


def _run(job: Mapping[str, Any], writing: int) -> NoReturn:
    """Run one job and leave."""
    try:
        signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)
        signal.alarm(SECONDS)
        os.chdir(job["cwd"])
        package = Path(job["package"])
        roots = [package / root for root in job.get("path", ("python", "apps"))]
        roots += [ROOT / suites / job["suite"] for suites in ("tests_public", "tests_hidden")]
        sys.path[:0] = map(str, roots)
        os.environ |= job["environment"]
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        pytest.main(
            [
                f"--config-file={ROOT / 'grader' / 'trusted.ini'}",
                f"--rootdir={job['cwd']}",
                f"--run-seed={job['seed']}",
                *(["-Werror", "-Wignore::pytest.PytestAssertRewriteWarning"]),
                *(["--exitfirst"] if job["stop"] else []),
                *job["tests"],
            ],
            plugins=[_Recorder(writing)],
        )
    finally:
        os._exit(0)


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT)]
    import numpy  # noqa: F401 - warm
    import pytest

    from grader import testing  # noqa: F401 - warm

    gc.freeze()  # what is here stays, so that collecting garbage in children is quick
    for result in _serve():
        print(json.dumps(result), flush=True)
