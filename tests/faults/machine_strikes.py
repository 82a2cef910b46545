"""What is done to the machine, each as a function of the trial."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from pathlib import Path

from tests.faults.trial import Trial, run

HERE = Path(__file__).parent


def few_descriptors(trial: Trial) -> None:
    """Lower the number of files that a trusted process may open."""
    trial.sleep()
    pid = trial.victim(trial.random.choice(("grader", "server", "job")))
    if pid is not None:
        number = trial.random.randrange(4, 40)
        with contextlib.suppress(ProcessLookupError):
            resource.prlimit(pid, resource.RLIMIT_NOFILE, (number, number))
            trial.done.append(f"{number} descriptors for {pid}")


def _own_group(trial: Trial, controller: str) -> Path:
    """Let the run be in a control group of its own."""
    base = Path("/sys/fs/cgroup")
    parent = base / controller if (base / controller).is_dir() else base
    group = parent / f"faults-{os.getpid()}-{trial.folder.name}"
    group.mkdir()
    trial.undo.callback(_remove_group, group)
    enter = 'echo $$ > "$0/cgroup.procs" && exec "$@"'
    trial.prefix = trial.lasting = ["/bin/sh", "-c", enter, str(group)]
    return group


def _remove_group(group: Path) -> None:
    for folder in sorted(group.glob("**/"), reverse=True):
        for _ in range(100):
            with contextlib.suppress(OSError):
                folder.rmdir()
            if not folder.exists():
                break
            time.sleep(0.05)


def _group(trial: Trial) -> Path:
    return Path(trial.prefix[3])


def _set(group: Path, values: dict[str, str]) -> None:
    for name, value in values.items():
        if (group / name).exists():
            (group / name).write_text(value)


def own_pids_group(trial: Trial) -> None:
    """Let the run be in a control group that counts processes."""
    _own_group(trial, "pids")


def no_processes(trial: Trial) -> None:
    """Let there be hardly more processes than now, for a while."""
    group = _group(trial)
    trial.sleep()
    trial.when(lambda: (group / "pids.current").exists())
    now = int((group / "pids.current").read_text())
    _set(group, {"pids.max": str(now + trial.random.randrange(3))})
    trial.sleep(0.5)
    _set(group, {"pids.max": "max"})


def own_memory_group(trial: Trial) -> None:
    """Let the run be in a control group that counts memory."""
    _own_group(trial, "memory")


def no_memory(trial: Trial) -> None:
    """Let there be hardly more memory than now, for a while."""
    group = _group(trial)
    trial.sleep()
    used = next(p for p in (group / n for n in ("memory.usage_in_bytes", "memory.current")) if p)
    now = int(used.read_text()) + (trial.random.randrange(16) << 20)
    with contextlib.suppress(OSError):  # more than that is in use by now
        _set(group, {"memory.limit_in_bytes": str(now), "memory.max": str(now)})
    trial.sleep(0.5)
    with contextlib.suppress(OSError):
        _set(group, {"memory.limit_in_bytes": "-1", "memory.max": "max"})


def jumping_clock(trial: Trial) -> None:
    """Let wall-clock time jump by hours, both ways, in all trusted processes."""
    trial.prefix = [sys.executable, str(HERE / "patched.py"), "clock"]


def flaky_launcher(trial: Trial) -> None:
    """Put a program in bwrap's place that fails every third time."""
    real = shutil.which("bwrap") or ""
    shutil.copy2(real, trial.folder / "bwrap")
    flaky = trial.folder / "flaky"
    flaky.write_text(
        "#!/bin/sh\n"
        f"read number < {trial.folder}/number; echo $((number + 1)) > {trial.folder}/number\n"
        f'[ $((number % 3)) = {trial.random.randrange(3)} ] && [ "$1" != --version ] '
        '&& echo "no luck" >&2 && exit 1\n'
        f'exec {trial.folder}/bwrap "$@"\n'
    )
    flaky.chmod(0o755)
    (trial.folder / "number").write_text("0\n")
    mounted = f'mount --bind "{flaky}" "{real}" && exec "$@"'
    trial.prefix = ["unshare", "--mount", "/bin/sh", "-c", mounted, "sh"]


def own_mounts(trial: Trial) -> None:
    """Let the run have mounts of its own."""
    trial.prefix = ["unshare", "--mount"]


def lock_groups(trial: Trial) -> None:
    """Make control groups read-only for the run."""
    assert trial.process is not None
    trial.sleep()
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    places = [line.split()[4] for line in mounts if " - cgroup" in line]
    for place in places:
        with contextlib.suppress(subprocess.CalledProcessError):
            command = ["mount", "-o", "remount,bind,ro", place]
            run("nsenter", "--mount", "--target", str(trial.process.pid), *command)


def busy_machine(trial: Trial) -> None:
    """Keep all processors busy."""
    for _ in range(2 * (os.cpu_count() or 1)):
        hog = subprocess.Popen([sys.executable, "-c", "while True: pass"])
        trial.undo.callback(hog.wait)
        trial.undo.callback(hog.kill)


def close_terminal(trial: Trial) -> None:
    """Stop reading what the command prints."""
    trial.sleep()
    assert trial.process is not None
    assert trial.process.stdout is not None
    trial.process.stdout.close()
