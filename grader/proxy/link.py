"""Requests and their replies; remembers what has to be made again for the next test."""

from __future__ import annotations

import time
import types
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from grader.errors import (
    Crashed,
    InfrastructureError,
    MemoryExceeded,
    ProcessesExceeded,
    ProtocolViolation,
    StudentFault,
)
from grader.proxy import decode, encode, exceptions, importer, remote, wire
from grader.proxy.channel import Channel, Deadline, Frame, WorkerEnded
from grader.proxy.files import Files
from grader.proxy.generator import Generator
from grader.proxy.objects import Objects
from grader.proxy.shipping import Shipper
from grader.proxy.table import Table
from grader.sandbox.base import Limits

#: requests that cannot run student code, after which copies of arrays are still good
_HARMLESS = frozenset({"fetch", "view", "flat_item"})


class Recorded(NamedTuple):
    """A request made while a test module was loaded, and what its reply looked like."""

    body: list[Any]
    data: list[bytes]
    state: bytes | None
    kind: int
    seen: list[Any]


class Heard:
    """What a test module asked the student's side for when there was none yet."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.only_imports = True


class Link:
    """The conversation with the worker of the present scope."""

    def __init__(
        self,
        limits: Limits,
        modules: Collection[str],
        exports: Mapping[str, Mapping[str, str | None]],
        files_root: Path | None,
    ) -> None:
        self.limits = limits
        self._import_limit = limits.import_seconds, f"{limits.import_seconds:g} s for importing"
        self._call_limit = limits.call_seconds, f"{limits.call_seconds:g} s for one call"
        self.epoch = 0
        #: what ends the scope: the student's doing, or the machine's
        self.fault: StudentFault | InfrastructureError | None = None
        self.channel: Channel | None = None
        self.scope_deadline = Deadline(0.0, "")
        self.recording: list[Recorded] | None = None
        #: what a test module asks for while it is imported before there is a submission
        self.heard: Heard | None = None
        self.table = Table()
        self.generator = Generator()
        self.importer = importer.Importer(self, modules, exports)
        self.shipper = Shipper(self.request, self._can_encode)
        self.encoder = encode.Encoder(Files(files_root), self.table_holds, self.shipper.ship)
        self.module_cache: dict[tuple[str, str], Any] = {}
        self.collect = False
        self.objects = Objects(self)

    # --- requests

    def table_holds(self, handle: int) -> bool:
        """Whether a handle is valid in this scope."""
        return self.table.holds(handle)

    def request(self, operation: str, *arguments: Any) -> Any:
        """Ask the worker; return its value or raise its exception."""
        if self.fault is not None:
            raise type(self.fault)(*self.fault.args)
        if self.channel is None:
            return self._heard(operation, *arguments)
        self.table.collect()
        blobs: list[Any] = []
        encode_one = self.encoder.encode
        if operation == "call" or operation == "method":
            *start, positional, keywords = arguments
            encoded = [encode_one(item, blobs) for item in start]
            encoded.append(["l", *[encode_one(item, blobs) for item in positional]])
            encoded.append(
                ["d", *[[key, encode_one(item, blobs)] for key, item in keywords.items()]]
            )
        else:
            encoded = [encode_one(item, blobs) for item in arguments]
        failure: BaseException | None = None
        try:
            return self._exchange(operation, encoded, blobs)
        except BaseException as error:
            failure = self._failed(error)
            if failure is error:
                raise
            raise failure from None
        finally:
            del failure

    def _heard(self, operation: str, *arguments: Any) -> Any:
        """Answer without a worker: only the import of a module whose tests wait for one."""
        if self.heard is not None:
            if operation == "import":
                self.heard.names.append(arguments[0])
                return self.importer.module_ahead(arguments[0])
            self.heard.only_imports = False
        raise remote.NoTestRunning("A student's object is used while no test runs.")

    def _exchange(self, operation: str, encoded: list[Any], blobs: list[Any]) -> Any:
        first = self.table.next
        collect, self.collect = self.collect, False
        body = [operation, first, self.table.take_released(), int(collect), *encoded]
        data = [item.data() if type(item) is encode.Sent else item for item in blobs]
        state = self.generator.outgoing()
        allowed = wire.REPLY_BYTES + sum(len(item) for item in data)
        if operation == "fetch":
            allowed = wire.ARRAY_BYTES
        frame = self._send(body, data, state, operation, allowed)
        self.objects.start(record=self.recording is not None)
        value, error = self._decode(frame, blobs, first)
        if frame.random is not None:
            self.generator.incoming(frame.random)
        if operation not in _HARMLESS:
            self.epoch += 1
        if self.recording is not None:
            kept = [bytes(item) for item in data]
            self.recording.append(Recorded(body, kept, state, frame.kind, self.objects.seen))
        if error is not None:
            try:
                raise error
            finally:
                del error
        return value

    def replay(self, recorded: Recorded) -> None:
        """Make a recorded request again; what it returns has to look as it did."""
        number, self.table.next = self.table.next, recorded.body[1]
        try:
            allowed = wire.REPLY_BYTES + sum(map(len, recorded.data))
            frame = self._send(recorded.body, recorded.data, recorded.state, "import", allowed)
            self.objects.start(record=True)
            self._decode(
                frame, [encode.Replayed(len(item)) for item in recorded.data], self.table.next
            )
            if (frame.kind, self.objects.seen) != (recorded.kind, recorded.seen):
                decode.refuse("the package behaves differently when it is imported again")
        except (StudentFault, WorkerEnded) as error:
            raise self._failed(error) from None
        finally:
            self.table.next = number

    def _send(
        self, body: list[Any], data: list[Any], state: bytes | None, operation: str, allowed: int
    ) -> Frame:
        """Send one request and return the outside of its reply."""
        channel = self.channel
        assert channel is not None
        number = channel.number()
        blobs = data if state is None else [state, *data]
        flags = 0 if state is None else wire.RANDOM
        deadline = self._deadline(operation)
        channel.send(wire.frame(wire.REQUEST, number, body, blobs, flags), deadline)
        return channel.receive(number, deadline, allowed)

    def _deadline(self, operation: str) -> Deadline:
        seconds, limit = self._import_limit if operation == "import" else self._call_limit
        at = time.monotonic() + seconds
        return Deadline(at, limit) if at < self.scope_deadline.at else self.scope_deadline

    def _failed(self, error: BaseException) -> BaseException:
        """Return what the test sees of a failure; all but a student's exception ends the scope."""
        if isinstance(error, WorkerEnded):
            error = self.ended()
        if isinstance(error, Exception) and hasattr(error, "remote_traceback"):
            if isinstance(error, MemoryError):
                error = MemoryExceeded(f"Memory limit: {self.limits.memory} bytes.")
            elif _is_process_limit(error):
                error = ProcessesExceeded(
                    f"Process limit: {self.limits.processes} processes and threads ({error})."
                )
            else:
                return error
        if isinstance(error, StudentFault):
            self.fail(error)
        else:
            self.drop()
        return error

    def ended(self) -> StudentFault:
        """Ask the sandbox why the worker is gone; raise what it says when it was the machine."""
        return self._reason() or ProtocolViolation("The student's process hung up without ending.")

    def ended_late(self) -> StudentFault:
        """Ask the same when only the end of the test was left to be confirmed."""
        fault = self._reason()
        if isinstance(fault, Crashed) and fault.killed:
            return fault
        return ProtocolViolation("The student's process hung up when the test ended.")

    def _reason(self) -> StudentFault | None:
        assert self.channel is not None
        try:
            return self.channel.running.fault()
        except InfrastructureError as error:
            # nothing that comes of it is the student's doing, whatever the test makes of it
            self.fault = self.fault or error.with_traceback(None)
            self.drop()
            raise

    def fail(self, fault: StudentFault) -> None:
        """Note the first fatal fault of the scope and kill the sandbox."""
        if self.fault is None:
            self.fault = fault.with_traceback(None)
        self.drop()

    def drop(self) -> None:
        """Kill the sandbox."""
        if self.channel is not None:
            channel, self.channel = self.channel, None
            channel.close()

    # --- replies

    def _decode(
        self, frame: Frame, blobs: list[Any], first: int
    ) -> tuple[Any, BaseException | None]:
        """Return the value of a reply, or its exception."""
        body = decode.parse(frame.body)
        decoder = decode.Decoder(self.objects, frame.blobs)
        if len(body) == 3:
            self.objects.describe(body[1])
        elif len(body) != 1:
            decode.refuse("a body of the wrong length")
        value, error = None, None
        if frame.kind == wire.RAISED:
            error = self._exception(decoder, body[0])
        else:
            value = decoder.value(body[0])
        if len(body) == 3:
            self._write_back(decoder, body[2], blobs)
        decoder.finish()
        self.objects.number(first)
        return value, error

    def _write_back(self, decoder: decode.Decoder, changes: Any, blobs: list[Any]) -> None:
        """Take over what student code changed in arrays of the arguments."""
        if type(changes) is not list:
            decode.refuse("no list of changes")
        for change in changes:
            if type(change) is not list or len(change) != 2:
                decode.refuse("no change")
            sent = blobs[decode.integer(change[0], 0, len(blobs))]
            data = decoder.blob(change[1])
            if type(sent) not in (encode.Sent, encode.Replayed) or data.nbytes != sent.nbytes:
                decode.refuse("a change of something that was not an array, or of another size")
            sent.take(data)

    def _exception(self, decoder: decode.Decoder, node: Any) -> Exception:
        if type(node) is not list or len(node) != 8:
            decode.refuse("no exception")
        known = exceptions.BUILTIN.get(decode.text(node[1], wire.NAME), exceptions.StudentError)
        kind = self.objects.kind(node[0]) if decode.integer(node[0], 0) else known
        decode.text(node[2], wire.NAME)
        ordinary = bool(decode.integer(node[3], 0, 2))
        message, trace = decode.text(node[4]), decode.text(node[5])
        arguments = decoder.value(node[6])
        if type(arguments) is not tuple:
            decode.refuse("no arguments of an exception")
        if not ordinary:
            return exceptions.make(
                exceptions.NotOrdinary,
                message,
                (f"{node[2]}: {message}" if message else node[2],),
                trace,
            )
        if not issubclass(kind, Exception):
            kind = known
        error = exceptions.make(kind, message, arguments, trace)
        if node[7] is not None and isinstance(error, ImportError):
            error.name = decode.text(node[7], wire.NAME)
        return error

    # --- modules

    def get_of_module(self, module: Any, name: str) -> Any:
        """Return an attribute of a module; functions and classes are asked for once a scope."""
        key = module.__name__, name
        if key in self.module_cache:
            return self.module_cache[key]
        value = self.request("get", module, name)
        if isinstance(value, remote.RemoteMeta) or type(value).__name__ == "function":
            self.module_cache[key] = value
        return value

    def set_of_module(self, module: Any, name: str, *value: Any) -> None:
        """Set or delete an attribute of a module."""
        self.module_cache.pop((module.__name__, name), None)
        self.request("set" if value else "del", module, name, *value)

    # --- code of tests

    def define_class(self, name: str, frame: types.FrameType, kinds: tuple[type, ...]) -> type:
        """Define a class of a test on the student's side."""
        kind: type = self.shipper.remote_class(name, frame, kinds)
        return kind

    def complete_classes(self) -> None:
        """Send names that classes of the test were missing."""
        if self.shipper.pending:
            self.shipper.complete()

    def _can_encode(self, value: Any) -> bool:
        try:
            self.encoder.encode(value, [])
        except (remote.Unsendable, remote.NoTestRunning, RecursionError):
            return False
        return True


def _is_process_limit(error: Exception) -> bool:
    """Whether an exception says that no process or thread could be started."""
    if isinstance(error, BlockingIOError):
        return True
    return type(error) is RuntimeError and "can't start new thread" in str(error)
