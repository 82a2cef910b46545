"""What is done to a run, each as a function of the trial."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, Signals

from tests.faults import course
from tests.faults.trial import Trial, fill, run

HERE = Path(__file__).parent
#: seconds of grace after which a job counts as hung
GRACE = 1.0

# -- processes


def kill(trial: Trial, *, role: str, number: Signals) -> None:
    """Signal a process of a role."""
    trial.sleep()
    trial.signal(role, number)


def freeze(trial: Trial, *, role: str) -> None:
    """Stop a process of a role for a while."""
    trial.sleep()
    pid = trial.signal(role, SIGSTOP)
    trial.sleep(0.5)
    if pid is not None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, SIGCONT)


def kill_group(trial: Trial) -> None:
    """Kill all processes of the run at once."""
    trial.sleep()
    tree = trial.tree()
    for pid in tree:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, SIGKILL)
    trial.done.append(f"killed {len(tree)} processes")


def kill_at_record(trial: Trial) -> None:
    """Kill the command just after the first file of some report has appeared."""
    wanted = trial.random.randrange(1, 16)
    if trial.when(lambda: sum(1 for _ in trial.out.glob("*/*")) >= wanted):
        time.sleep(trial.random.uniform(0, 0.01))
        kill_group(_at_once(trial))


def _at_once(trial: Trial) -> Trial:
    trial.span = 0.0
    return trial


def kill_twice(trial: Trial) -> None:
    """Kill the command, start it again, and kill that."""
    for _ in range(2):
        trial.sleep(0.8)
        trial.signal("grader", SIGKILL)
        first = trial.process
        assert first is not None
        trial.wait(first)
        trial.start(trial.prefix)
    trial.sleep(0.8)
    trial.signal("grader", SIGKILL)


def short_grace(trial: Trial) -> None:
    """Let the batch lose patience early."""
    trial.prefix = [sys.executable, str(HERE / "patched.py"), str(GRACE)]


def freeze_for_good(trial: Trial) -> None:
    """Stop a job until somebody kills it."""
    trial.sleep()
    trial.signal("job", SIGSTOP)


def freeze_and_kill(trial: Trial) -> None:
    """Stop the command, and kill it later."""
    trial.sleep()
    if trial.signal("grader", SIGSTOP) is not None:
        trial.sleep(0.3)
        trial.signal("grader", SIGKILL)


# -- files of ours

SMALL = 8 << 20


def small_out(trial: Trial) -> None:
    """Give --out a file system of its own."""
    trial.file_system(trial.out, SMALL)


def fill_out(trial: Trial) -> None:
    """Use all the space of --out."""
    trial.sleep()
    fill(trial.out)


def empty_out(trial: Trial) -> None:
    """Make space again."""
    (trial.out / ".ballast").unlink(missing_ok=True)


def small_temporary(trial: Trial) -> None:
    """Give temporary files a file system of their own."""
    trial.file_system(trial.temporary, SMALL)


def fill_temporary(trial: Trial) -> None:
    """Use all the space for temporary files."""
    trial.sleep()
    fill(trial.temporary)


def empty_temporary(trial: Trial) -> None:
    """Make space again."""
    (trial.temporary / ".ballast").unlink(missing_ok=True)


def lock_out(trial: Trial) -> None:
    """Make --out read-only."""
    trial.sleep()
    # the kernel refuses while a file is open for writing
    while True:
        with contextlib.suppress(subprocess.CalledProcessError):
            return run("mount", "-o", "remount,ro", str(trial.out))
        time.sleep(0.001)


def unlock_out(trial: Trial) -> None:
    """Make --out writable again."""
    run("mount", "-o", "remount,rw", str(trial.out))


def remove_out(trial: Trial) -> None:
    """Remove --out."""
    trial.sleep()
    shutil.rmtree(trial.out, ignore_errors=True)


def _damaged(trial: Trial, damage: Callable[[Path], None], pattern: str) -> None:
    """Grade everything, then damage one file of the reports."""
    trial.wait(trial.start())
    damage(trial.random.choice(sorted(trial.out.glob(pattern))))


def truncated_report(trial: Trial) -> None:
    """Cut off a report that is there."""

    def cut(path: Path) -> None:
        os.truncate(path, trial.random.randrange(path.stat().st_size))

    _damaged(trial, cut, "*/report.json")


def garbled_report(trial: Trial) -> None:
    """Lose a block of a report that is there."""

    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        place = trial.random.randrange(len(data))
        data[place : place + 512] = bytes(len(data[place : place + 512]))
        path.write_bytes(data)
        trial.done.append(f"zeros from {place} in {path}")

    _damaged(trial, change, "*/report.json")


def flipped_report(trial: Trial) -> None:
    """Change one bit of a report that is there."""

    def change(path: Path) -> None:
        data = bytearray(path.read_bytes())
        place = trial.random.randrange(len(data))
        data[place] ^= 1 << trial.random.randrange(8)
        path.write_bytes(data)
        trial.done.append(f"byte {place} of {path}")

    _damaged(trial, change, "*/report.json")


def truncated_page(trial: Trial) -> None:
    """Empty a file beside a report."""
    _damaged(trial, lambda path: os.truncate(path, 0), "[drw]*/[irs]*[lt][ms]*")


# -- submissions


def _archive(trial: Trial) -> Path:
    return trial.submission("wrong.zip")


def corrupt_archive(trial: Trial) -> None:
    """Change some bytes of an archive."""
    data = bytearray(_archive(trial).read_bytes())
    for _ in range(trial.random.randrange(1, 6)):
        data[trial.random.randrange(len(data))] ^= trial.random.randrange(1, 256)
    trial.sleep()
    _archive(trial).write_bytes(data)


def truncate_archive(trial: Trial) -> None:
    """Cut off an archive."""
    size = trial.random.randrange(_archive(trial).stat().st_size)
    trial.sleep()
    os.truncate(_archive(trial), size)


def restore_archive(trial: Trial) -> None:
    """Put the archive back."""
    _restore(trial, "submissions/wrong.zip")


def remove_submission(trial: Trial) -> None:
    """Remove the folder of a submission."""
    trial.sleep()
    shutil.rmtree(trial.submission("right"))


def restore_submission(trial: Trial) -> None:
    """Put the folder back."""
    _restore(trial, "submissions/right")


def remove_hidden_tests(trial: Trial) -> None:
    """Remove the hidden tests."""
    trial.sleep()
    (trial.course / "tests_hidden/test_intervals.py").unlink()


def restore_hidden_tests(trial: Trial) -> None:
    """Put the hidden tests back."""
    _restore(trial, "tests_hidden/test_intervals.py")


def _restore(trial: Trial, name: str) -> None:
    """Put a file or folder of the course back as it was."""
    fresh = trial.folder / "fresh"
    course.make(fresh)
    target = trial.course / name
    if (fresh / name).is_dir():
        shutil.rmtree(target, ignore_errors=True)
        shutil.copytree(fresh / name, target)
    else:
        shutil.copyfile(fresh / name, target)


def deliver_twice(trial: Trial) -> None:
    """Run the same command while it runs."""
    first = trial.process
    trial.sleep()
    second = trial.start()
    code, said = trial.wait(second)
    trial.process = first
    trial.done.append(f"the second ended with {code}: {said[-300:]}")


# -- the machine


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
