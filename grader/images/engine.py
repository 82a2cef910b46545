"""The engine, asked to pull, build and hand out images; for containers see `sandbox.docker`.

What it does takes minutes and says so line by line, so the deadline is one of silence.
"""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from grader.errors import InfrastructureError
from grader.sandbox.docker import engine

#: seconds without a word; installing packages says nothing for minutes on a slow line
SILENCE = 1800.0
#: characters of a step that are shown
WIDTH = 100
#: lines of a failed build that are told
TOLD = 15

Say = Callable[[str], None]


class Images:
    """Images of one engine."""

    def __init__(self, where: str = "") -> None:
        self.where = where or engine.address()
        self._engine = engine.Engine(self.where)
        # one that is not there says so in the words of the back end
        self._engine.version()
        library: Any = importlib.import_module("docker")
        self._api = library.APIClient(
            base_url=self.where, version=engine.API_VERSION, timeout=SILENCE
        )

    def find(self, name: str) -> Mapping[str, Any] | None:
        """Return what the engine knows of an image, if it is there."""
        return self._engine.image(name)

    def pull(self, name: str) -> str:
        """Fetch an image; return why it cannot be had, or nothing."""
        repository, tag = _split(name)
        try:
            for said in self._api.pull(repository, tag=tag, stream=True, decode=True):
                if "error" in said:
                    return str(said["error"])
        except Exception as error:  # the client lets those of four libraries through
            return str(getattr(error, "explanation", None) or error)
        return ""

    def build(
        self,
        context: IO[bytes],
        *,
        name: str,
        target: str,
        arguments: Mapping[str, str],
        fresh: bool,
        say: Say,
    ) -> str:
        """Build one target of a Dockerfile; return the id of the image.

        `context` is a tar archive; `arguments` are those of the Dockerfile. Raises
        InfrastructureError with the end of what was said.
        """
        lines: list[str] = []
        with self._failing(f"build {name}"):
            for said in self._api.build(
                fileobj=context,
                custom_context=True,
                tag=name,
                target=target,
                buildargs=dict(arguments),
                # an engine may be without a network of its own
                network_mode="host",
                nocache=fresh,
                rm=True,
                forcerm=True,
                decode=True,
            ):
                line = str(said.get("stream") or said.get("error") or "").rstrip()
                lines += [line] if line else []
                if line.startswith("Step "):
                    say(line if len(line) <= WIDTH else f"{line[: WIDTH - 3]}...")
                if "error" in said:
                    raise InfrastructureError(_failed(name, lines))
        made = self.find(name)
        if made is None:
            raise InfrastructureError(_failed(name, lines))
        return str(made["Id"])

    def tag(self, name: str, other: str) -> None:
        """Give an image another name."""
        repository, tag = _split(other)
        with self._failing(f"tag {name}"):
            self._api.tag(name, repository, tag=tag)

    def save(self, name: str, file: IO[bytes]) -> None:
        """Write an image with all its layers to a file, as `docker save` does."""
        with self._failing(f"save {name}"):
            for part in self._api.get_image(name):
                file.write(part)

    @contextlib.contextmanager
    def _failing(self, what: str) -> Iterator[None]:
        try:
            yield
        except InfrastructureError:
            raise
        except Exception as error:
            said = getattr(error, "explanation", None) or error
            raise InfrastructureError(f"container engine {self.where}, {what}: {said}") from error


def _split(name: str) -> tuple[str, str | None]:
    """Split a name into repository and tag; one with a digest has no tag."""
    repository, colon, tag = name.rpartition(":")
    if "@" in name:
        return name, None
    return (repository, tag) if colon and "/" not in tag else (name, "latest")


def _failed(name: str, lines: list[str]) -> str:
    told = "\n  ".join(lines[-TOLD:])
    return f"image {name} was not built; the end of what was said:\n  {told}"


def dockerfile_default(root: Path) -> str:
    """Return the base that the Dockerfile names."""
    lines = (root / "Dockerfile").read_text().splitlines()
    return next(line for line in lines if line.startswith("ARG BASE=")).removeprefix("ARG BASE=")
