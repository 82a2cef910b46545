"""The three addresses that the mugrade client speaks to, as an ASGI application.

Every refusal is a status of 400 and more with one plain line: the client raises it as its text.
"""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import hashlib
import json
import logging
import math
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from grader import sanitize
from grader.errors import UsageError
from grader.mugrade import comparing, store, wire
from grader.mugrade.answers import Answers, Problem, is_name
from grader.mugrade.limits import Limits, Rates
from grader.mugrade.store import Owner, Store
from grader.mugrade.writer import Writer

_log = logging.getLogger("uvicorn.error")
Handler = Callable[[Request], Awaitable[Response]]

_OLD = (
    "this is the protocol of mugrade 1.1, which sends pickles; no pickle is ever read here. "
    "Install mugrade 1.3 or newer, and submit again."
)


class Refusal(Exception):
    """A request that is answered with a status and one line."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


class Service:
    """Answers requests from what a store holds."""

    def __init__(
        self,
        kept: Store,
        *,
        limits: Limits | None = None,
        tolerance: comparing.Tolerance | None = None,
    ) -> None:
        self.store = kept
        self.limits = limits or Limits()
        self.tolerance = tolerance or comparing.Tolerance()
        self._rates = Rates(self.limits)
        self._reading = kept.connect()
        self._writer = Writer(kept.connect())

    def close(self) -> None:
        self._writer.close()
        self._reading.close()

    # -- the addresses -----------------------------------------------------------------

    async def submit(self, request: Request) -> Response:
        """Start an attempt at a problem."""
        given = _query(request, "user_key", "assignment", "problem")
        owner = self._owner(given["user_key"])
        problem = self._problem(given["assignment"], given["problem"])
        await self._body(request)  # the client sends none
        self._check_attempts(owner)
        written = await self._writer.write(
            "INSERT INTO submission (key, assignment, problem, made) VALUES (?, ?, ?, ?)",
            [owner.key, given["assignment"], problem.name, store.now()],
        )
        return _json({"submission_id": written.last})

    async def submit_test(self, request: Request) -> Response:
        """Say whether a value is the published one."""
        given = _query(request, "user_key", "submission_id", "test_case_index")
        owner = self._owner(given["user_key"])
        submission = _number(given, "submission_id")
        number = _number(given, "test_case_index")
        problem = self._submitted(owner, submission)
        if number >= len(problem.values):
            raise Refusal(
                404,
                f"test_case_index {number}: {problem.name} has {len(problem.values)} published "
                "values, numbered from 0; staff publish more, or your test file is another one",
            )
        body = await self._body(request)
        correct = comparing.same(
            problem.values[number], wire.decode(wire.parse(body)), self.tolerance
        )
        written = await self._writer.write(
            "INSERT OR IGNORE INTO value VALUES (?, ?, ?, ?, ?, ?)",
            [
                submission,
                number,
                correct,
                hashlib.sha256(body).hexdigest(),
                problem.digest,
                store.now(),
            ],
        )
        if written.rows < 1:
            raise Refusal(
                409,
                f"value {number} of submission {submission} has been sent before; start a new "
                "submission",
            )
        return _json({"correct": correct})

    async def publish(self, request: Request) -> Response:
        """Take the answers of one problem from staff."""
        given = _query(request, "user_key", "assignment", "problem")
        owner = self._owner(given["user_key"])
        if not owner.staff:
            raise Refusal(403, "this key submits; publishing needs a key of staff")
        for name in ("assignment", "problem"):
            if not is_name(given[name]):
                raise Refusal(400, f"{name} {_shown(given[name])} is no name")
        values = wire.parse(await self._body(request))
        if not isinstance(values, list) or not 0 < len(values) <= self.limits.values:
            raise Refusal(
                400, f"a problem is published as a list of 1 to {self.limits.values} values"
            )
        for value in values:
            wire.decode(value)
        self._put(given["assignment"], given["problem"], values, owner)
        return _json({"published": len(values)})

    async def old(self, request: Request) -> Response:
        """Refuse the old protocol by name, whatever is sent."""
        raise Refusal(410, _OLD)

    # -- what requests have in common --------------------------------------------------

    def _owner(self, key: str) -> Owner:
        owner = store.owner(self._reading, key)
        if owner is None:
            raise Refusal(403, "user_key: no such key; ask staff for yours")
        if wait := self._rates.wait(owner.key):
            seconds = str(math.ceil(wait))
            raise Refusal(
                429,
                f"too many requests with this key; wait {seconds} s and submit again",
                **{"Retry-After": seconds},
            )
        return owner

    def _problem(self, assignment: str, name: str) -> Problem:
        found = self._answers(assignment)
        if found is None:
            known = ", ".join(self.store.published()) or "none yet"
            raise Refusal(404, f"no assignment {_shown(assignment)} here; there are: {known}")
        if name not in found.problems:
            known = ", ".join(found.problems)
            raise Refusal(
                404, f"{assignment} has no problem {_shown(name)} here; there are: {known}"
            )
        return found.problems[name]

    def _answers(self, assignment: str) -> Answers | None:
        try:
            return self.store.answers(assignment)
        except UsageError:
            raise Refusal(503, f"the answers of {assignment} cannot be read; tell staff") from None

    def _submitted(self, owner: Owner, submission: int) -> Problem:
        row = self._reading.execute(
            "SELECT assignment, problem FROM submission WHERE id = ? AND key = ?",
            [submission, owner.key],
        ).fetchone()
        if row is None:
            raise Refusal(404, f"submission_id {submission}: no submission of this key")
        return self._problem(row[0], row[1])

    def _check_attempts(self, owner: Owner) -> None:
        today = datetime.datetime.now(datetime.UTC).date().isoformat()
        (count,) = self._reading.execute(
            "SELECT count(*) FROM submission WHERE key = ? AND made >= ?", [owner.key, today]
        ).fetchone()
        if count >= self.limits.attempts_a_day:
            raise Refusal(429, f"{count} submissions with this key today, which is the most")

    def _put(self, assignment: str, problem: str, values: list[Any], owner: Owner) -> None:
        before = self._answers(assignment) or Answers(assignment=assignment, problems={}, source={})
        self.store.publish(before.with_problem(problem, values, owner.name))

    async def _body(self, request: Request) -> bytes:
        """Return the body; refuse one that is too large or does not arrive."""
        body = bytearray()
        async with self._arriving():
            async for part in request.stream():
                body += part
                if len(body) > self.limits.body_bytes:
                    break
        if len(body) > self.limits.body_bytes:
            raise Refusal(
                413, f"a value of more than {self.limits.body_bytes} bytes; send less of it"
            )
        return bytes(body)

    @contextlib.asynccontextmanager
    async def _arriving(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self.limits.arrival_seconds):
                yield
        except TimeoutError:
            seconds = f"{self.limits.arrival_seconds:g}"
            raise Refusal(408, f"the value did not arrive within {seconds} s") from None

    async def drain(self, request: Request) -> None:
        """Read what nobody wants: a client that is still sending does not see the reply."""
        size = 0
        # a RuntimeError: all of it has been read already
        with contextlib.suppress(ClientDisconnect, RuntimeError, Refusal):
            async with self._arriving():
                async for part in request.stream():
                    size += len(part)
                    if size > self.limits.drained_bytes:
                        return


def make(service: Service) -> Starlette:
    """Return the application."""
    handlers = {
        "/submit": service.submit,
        "/submit_test": service.submit_test,
        "/publish": service.publish,
        **dict.fromkeys(("/submission", "/submission_test", "/publish_grader"), service.old),
    }

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        service.close()

    async def unknown(_: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        text = "the addresses are submit, submit_test and publish, each with POST"
        return PlainTextResponse(f"{text}\n", status)

    return Starlette(
        routes=[
            Route(path, _safe(service, handler), methods=["POST"])
            for path, handler in handlers.items()
        ],
        exception_handlers={HTTPException: unknown},
        lifespan=lifespan,
    )


def _safe(service: Service, handler: Handler) -> Handler:
    """Turn refusals into replies; what cannot be recorded is not answered as if it were."""

    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ClientDisconnect:
            return PlainTextResponse("", 400)
        except (Refusal, wire.Refused) as refusal:
            status, headers = 400, {}
            if isinstance(refusal, Refusal):
                status, headers = refusal.status, refusal.headers
            if status != 408:
                await service.drain(request)
            return PlainTextResponse(f"{refusal}\n", status, headers)
        except (sqlite3.Error, OSError) as error:
            _log.error("a request is refused, since it cannot be recorded: %s", error)
            return PlainTextResponse(
                "the server cannot record this now; nothing is lost, submit again in a minute\n",
                503,
                {"Retry-After": "60"},
            )

    return answer


def _query(request: Request, *names: str) -> dict[str, str]:
    """Return the parameters; each has to be there, once, and not be empty."""
    given = request.query_params.multi_items()
    found: dict[str, str] = {}
    for name in names:
        values = [value for key, value in given if key == name]
        if len(values) != 1 or not values[0]:
            what = "is missing" if len(values) < 2 else "is there twice"
            hint = ""
            if name == "assignment":
                hint = "; write `python -m mugrade submit KEY hw1`, with the homework after the key"
            raise Refusal(400, f"{name} {what} in the address{hint}")
        found[name] = values[0]
    return found


def _number(given: dict[str, str], name: str) -> int:
    text = given[name]
    if not (text.isascii() and text.isdigit() and len(text) <= 15):
        raise Refusal(400, f"{name} {_shown(text)} is not a whole number")
    return int(text)


def _shown(text: str) -> str:
    return repr(sanitize.name(text, 60))


def _json(found: dict[str, Any]) -> Response:
    return Response(json.dumps(found), media_type="application/json")
