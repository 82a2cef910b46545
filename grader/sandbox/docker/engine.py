"""The container engine, asked through its own client; every call has a deadline.

An engine that refuses, hangs or goes away is the machine's fault, whatever it was asked:
`SandboxUnavailable`. Only engines on this machine can be used: containers get its folders.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from grader.errors import SandboxUnavailable

DEFAULT = "unix:///var/run/docker.sock"
#: of the interface, the oldest version that can make a control group namespace
API_VERSION = "1.41"
#: seconds without an answer
SECONDS = 20.0


def address(environment: Mapping[str, str] | None = None) -> str:
    """Return where the engine listens: the variable DOCKER_HOST, or where it usually is."""
    return (os.environ if environment is None else environment).get("DOCKER_HOST") or DEFAULT


def answers() -> bool:
    """Say whether this machine has an engine that can be used."""
    try:
        Engine(address()).version()
    except SandboxUnavailable:
        return False
    return True


class Engine:
    """Calls of one engine."""

    def __init__(self, where: str, *, seconds: float = SECONDS) -> None:
        if not where.startswith("unix://"):
            raise SandboxUnavailable(
                f"the container engine {where} is not on this machine, and containers get folders "
                "of this machine: set DOCKER_HOST to a path, as unix:///var/run/docker.sock"
            )
        self.where = where
        self._seconds = seconds

    def version(self) -> Mapping[str, Any]:
        """Return what the engine says of itself and its parts."""
        said: Mapping[str, Any] = self._call("version", lambda api: api.version(api_version=False))
        return said

    def await_answer(self, seconds: float) -> None:
        """Wait until the engine answers; without an answer after `seconds`, raise."""
        deadline = time.monotonic() + seconds
        while True:
            try:
                self._call("ping", lambda api: api.ping())
                return
            except SandboxUnavailable:
                if time.monotonic() >= deadline:
                    raise
            time.sleep(0.2)

    def image(self, name: str) -> Mapping[str, Any] | None:
        """Return what is known of an image, if it is there; none is ever fetched."""
        with _none_if_missing():
            found: Mapping[str, Any] = self._call(
                f"image {name}", lambda api: api.inspect_image(name)
            )
            return found
        return None

    def import_image(self, archive: bytes, name: str, label: str) -> None:
        """Make an image of one layer from a tar archive."""
        repository, _, tag = name.rpartition(":")
        self._call(
            f"import {name}",
            lambda api: api.import_image_from_data(
                archive, repository=repository, tag=tag, changes=[f"LABEL {label}"]
            ),
        )

    def create(self, name: str, settings: Mapping[str, Any]) -> str:
        """Create a container; return its id."""
        made = self._call(
            "create",
            lambda api: api.create_container_from_config(dict(settings), name, platform=None),
        )
        return str(made["Id"])

    def start(self, container: str) -> None:
        """Start a container."""
        self._call("start", lambda api: api.start(container))

    def state(self, container: str) -> Mapping[str, Any]:
        """Return the state of a container: Pid, Running, OOMKilled, ExitCode."""
        with _none_if_missing():
            found = self._call("inspect", lambda api: api.inspect_container(container))
            state: Mapping[str, Any] = found["State"]
            return state
        return {}

    def pause(self, container: str, *, on: bool) -> None:
        """Let nothing in a container run, or let it run again."""
        self._call("pause", lambda api: (api.pause if on else api.unpause)(container))

    def remove(self, container: str) -> None:
        """End a container and remove it, if it is there."""
        with _none_if_missing():
            self._call("remove", lambda api: api.remove_container(container, v=True, force=True))

    def labelled(self, label: str) -> list[Mapping[str, Any]]:
        """Return all containers with a label, ended ones included."""
        found: list[Mapping[str, Any]] = self._call(
            "list", lambda api: api.containers(all=True, filters={"label": label})
        )
        return found

    def _call(self, what: str, function: Callable[[Any], Any]) -> Any:
        if not os.path.exists(self.where.removeprefix("unix://")):
            raise SandboxUnavailable(
                f"container engine {self.where}: there is no such socket; start the engine "
                "(`systemctl start docker`), or set DOCKER_HOST"
            )
        api = _client(self.where, self._seconds, os.getpid())
        try:
            return function(api)
        except Exception as error:  # the client lets those of four libraries through
            if type(error).__name__ in ("NotFound", "ImageNotFound"):
                raise _Missing(self._refusal(what, error)) from error
            raise SandboxUnavailable(self._refusal(what, error)) from error

    def _refusal(self, what: str, error: Exception) -> str:
        said = str(getattr(error, "explanation", None) or error) or type(error).__name__
        if "timed out" in said.lower():
            said = f"no answer for {self._seconds:g} s"
        if "connection refused" in said.lower():
            said = "nobody listens there; start the engine (`systemctl start docker`)"
        if "permission denied" in said.lower():
            said += "; the user that grades has to be in the group of the engine, or root"
        return f"container engine {self.where}, {what}: {said}"


class _Missing(SandboxUnavailable):
    """What was asked for does not exist."""


@contextlib.contextmanager
def _none_if_missing() -> Iterator[None]:
    with contextlib.suppress(_Missing):
        yield


@functools.cache
def _client(where: str, seconds: float, process: int) -> Any:
    """Return a client of this process: connections cannot be shared with a child."""
    try:
        library: Any = importlib.import_module("docker")
    except ImportError as error:
        raise SandboxUnavailable(
            "the engine's client is not installed: run `pip install 'needle-grader[docker]'`"
        ) from error
    return library.APIClient(base_url=where, version=API_VERSION, timeout=seconds)
