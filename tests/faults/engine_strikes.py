"""What is done to a container engine and its containers, each as a function of the trial."""

from __future__ import annotations

import contextlib
import os
import subprocess
from signal import SIGKILL, SIGTERM

from tests.faults.daemon import Daemon
from tests.faults.trial import Trial, fill


def _engine(trial: Trial) -> Daemon:
    assert trial.daemon is not None
    return trial.daemon


def _docker(trial: Trial, *words: str) -> None:
    """Give an order that may come too late."""
    command = ["docker", "--host", _engine(trial).address, *words]
    done = subprocess.run(command, capture_output=True, check=False)
    trial.done.append(f"{' '.join(words)}: {done.returncode}")


def _container(trial: Trial) -> str | None:
    """Return the container of a job, waiting for one while the run lasts."""
    found: list[str] = []
    assert trial.process is not None
    # in which the command itself probes the machine, and ends if it cannot
    own = f"-{trial.process.pid}-"

    def there() -> bool:
        named = _engine(trial).containers()
        found[:] = sorted(name for name in named if own not in name)
        return bool(found)

    if not trial.when(there):
        return None
    trial.sleep(0.6)
    return trial.random.choice(found) if trial.when(there) else None


def kill_container(trial: Trial) -> None:
    """Kill a container."""
    if (container := _container(trial)) is not None:
        _docker(trial, "kill", container)


def remove_container(trial: Trial) -> None:
    """Remove a container."""
    if (container := _container(trial)) is not None:
        _docker(trial, "rm", "--force", container)


def pause_container(trial: Trial) -> None:
    """Pause a container for a while."""
    if (container := _container(trial)) is not None:
        _docker(trial, "pause", container)
        trial.sleep(0.5)
        _docker(trial, "unpause", container)


def _kill_helper(trial: Trial, name: str) -> None:
    found: list[int] = []

    def there() -> bool:
        found[:] = _engine(trial).helpers(name)
        return bool(found)

    if _container(trial) and trial.when(there):
        with contextlib.suppress(ProcessLookupError):
            os.kill(trial.random.choice(found), SIGKILL)
            trial.done.append(f"killed {name}")


def kill_shim(trial: Trial) -> None:
    """Kill the process that looks after a container."""
    _kill_helper(trial, "containerd-shim")


def kill_engine(trial: Trial) -> None:
    """Kill the engine, and let it be dead."""
    _container(trial)
    _engine(trial).end(SIGKILL)
    trial.done.append("killed the engine")


def crash_engine(trial: Trial) -> None:
    """Kill the engine, and start it again."""
    kill_engine(trial)
    trial.sleep(0.2)
    _engine(trial).start()


def restart_engine(trial: Trial) -> None:
    """Ask the engine to end, as an update does, and start it again."""
    _container(trial)
    _engine(trial).end(SIGTERM)
    _engine(trial).start()


def freeze_engine(trial: Trial) -> None:
    """Stop the engine for a while."""
    freeze_engine_for_good(trial)
    trial.sleep(0.5)
    _engine(trial).thaw()


def freeze_engine_for_good(trial: Trial) -> None:
    """Stop the engine until somebody mends it."""
    trial.sleep()
    _engine(trial).freeze()
    trial.done.append("stopped the engine")


def remove_socket(trial: Trial) -> None:
    """Remove the socket on which the engine listens."""
    trial.sleep()
    _engine(trial).socket.unlink()


def remove_images(trial: Trial) -> None:
    """Remove all images, whoever uses them."""
    trial.sleep()
    images = _engine(trial).images()
    if images:
        _docker(trial, "rmi", "--force", *images)


def fill_engine(trial: Trial) -> None:
    """Use all the space for images and containers."""
    trial.sleep()
    fill(_engine(trial).data)


def mend_engine(trial: Trial) -> None:
    """Have an engine that works."""
    _engine(trial).mend()
