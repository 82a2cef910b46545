"""The reference in a sandbox of its own: what tests of speed compare students with."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from typing import Any

from grader.errors import InfrastructureError, StudentFault
from grader.proxy.client import Session


class Rival:
    """Starts when a test asks for it first, and serves until it is closed."""

    def __init__(self, session: Session, *, seconds: float) -> None:
        self._session = session
        self._seconds = seconds
        self._scope = contextlib.ExitStack()
        self._serves = False

    def run(self, function: Callable[..., Any], arguments: Sequence[Any] = ()) -> Any:
        """Run a function beside the reference; whatever goes wrong there is not the student's."""
        problem = ""
        try:
            if not self._serves:
                self._scope.enter_context(self._session.serving(seconds=self._seconds))
                self._serves = True
            return self._session.run_function(function, arguments)
        except (Exception, StudentFault) as error:
            problem = str(error) or type(error).__name__
        # the alarm of a slow student can ring here: the next test finds a reference that serves
        self._stop()
        raise InfrastructureError(f"the reference fails in a test of speed: {problem}")

    def close(self) -> None:
        """End its process and its sandbox."""
        self._stop()
        self._session.close()

    def _stop(self) -> None:
        self._serves = False
        with contextlib.suppress(Exception, StudentFault):
            self._scope.close()
