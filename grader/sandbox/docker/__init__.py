"""A container for each submission; see `backend`."""

from grader.sandbox.docker.backend import Docker

__all__ = ["Docker"]
