"""Replies that are not what they should be: each is a fault, and none of them costs much."""

from __future__ import annotations

import json
import resource
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from grader.errors import (
    Crashed,
    InfrastructureError,
    OutputExceeded,
    ProtocolViolation,
    StudentFault,
    TimedOut,
)
from grader.proxy import decode, wire
from grader.proxy.channel import Frame
from grader.proxy.client import Session
from grader.proxy.link import Link
from grader.sandbox.base import Limits
from tests.proxy_kit import puppet_session

#: what the worker sends, and the fault that it is
ATTACKS: dict[str, tuple[str, type[StudentFault]]] = {
    "garbage": ("b'x' * 1000", ProtocolViolation),
    "wrong id": ("wire.frame(wire.REPLY, number ^ 1, [1])", ProtocolViolation),
    "id of nothing": ("wire.frame(wire.REPLY, 0, [1])", ProtocolViolation),
    "another version": ("header(number, version=2)", ProtocolViolation),
    "another kind": ("wire.frame(wire.BEGIN, number, [1])", ProtocolViolation),
    "reserved bits": ("header(number, zero=1)", ProtocolViolation),
    "unknown flag": ("header(number, flags=4)", ProtocolViolation),
    "two replies": ("2 * wire.frame(wire.REPLY, number, [1])", ProtocolViolation),
    "bytes after the reply": ("wire.frame(wire.REPLY, number, [1]) + b'!'", ProtocolViolation),
    "body of 4 GB": ("header(number, size=2**32 - 1)", ProtocolViolation),
    "blob of 2**62 bytes": (
        "header(number, count=1) + (2**62).to_bytes(8, 'little')",
        ProtocolViolation,
    ),
    "sum of blobs": (
        "header(number, count=2) + 2 * (60 << 20).to_bytes(8, 'little')",
        ProtocolViolation,
    ),
    "65535 blobs": ("header(number, count=65535)", ProtocolViolation),
    "no JSON": ("reply(number, '[1')", ProtocolViolation),
    "nothing": ("reply(number, '')", ProtocolViolation),
    "no list": ("reply(number, '1')", ProtocolViolation),
    "empty list": ("reply(number, '[]')", ProtocolViolation),
    "two values": ("reply(number, '[1,2]')", ProtocolViolation),
    "JSON after the value": ("reply(number, '[1] [2]')", ProtocolViolation),
    "object": ("""reply(number, '[{"ok":false,"ok":true}]')""", ProtocolViolation),
    "NaN": ("reply(number, '[NaN]')", ProtocolViolation),
    "infinity": ("reply(number, '[Infinity]')", ProtocolViolation),
    "1e400": ("reply(number, '[1e400]')", ProtocolViolation),
    "int of 64 bits": ("reply(number, f'[{2**63}]')", ProtocolViolation),
    "int of 5000 digits": ("reply(number, '[' + '9' * 5000 + ']')", ProtocolViolation),
    "five million empty lists, sent": (
        "[reply(number, '[' + '[],' * 5_000_000 + '[]]')]",
        ProtocolViolation,
    ),
    "not ASCII": ("reply(number, '[\"\\u00e9\"]')", ProtocolViolation),
    "half a character": (r"""reply(number, '["\\ud800"]')""", ProtocolViolation),
    "long text": ("""reply(number, '["' + 'x' * 70000 + '"]')""", ProtocolViolation),
    "100,000 brackets": ("reply(number, '[' * 100_000)", ProtocolViolation),
    "nested 900 deep": (
        """reply(number, '["t",' * 900 + '1' + ']' * 900)""",
        ProtocolViolation,
    ),
    "a million empty lists": ("reply(number, '[' + '[],' * 650_000 + '[]]')", ProtocolViolation),
    "five million empty lists": (
        "reply(number, '[' + '[],' * 5_000_000 + '[]]')",
        ProtocolViolation,
    ),
    "no tag": ("reply(number, '[[1]]')", ProtocolViolation),
    "unknown tag": ("""reply(number, '[["pickle","x"]]')""", ProtocolViolation),
    "handle never issued": ("""reply(number, '[["h",7,8]]')""", ProtocolViolation),
    "handle without a class": ("""reply(number, '[["h",1,2]]')""", ProtocolViolation),
    "negative handle": ("""reply(number, '[["h",-1,2]]')""", ProtocolViolation),
    "handle of a bool": ("""reply(number, '[["h",true,2]]')""", ProtocolViolation),
    "array with a gap": (
        """reply(number, '[["a",5,"<f8",[1],0,1]]', bytes(8))""",
        ProtocolViolation,
    ),
    "object dtype": ("""reply(number, '[["v","|O",[1],0,"C"]]', bytes(8))""", ProtocolViolation),
    "structured dtype": (
        """reply(number, '[["v","<f4,<f4",[1],0,"C"]]', bytes(8))""",
        ProtocolViolation,
    ),
    "dtype list": ("""reply(number, '[["v",["<f8"],[1],0,"C"]]', bytes(8))""", ProtocolViolation),
    "shape too large": (
        """reply(number, '[["v","<f8",[2],0,"C"]]', bytes(8))""",
        ProtocolViolation,
    ),
    "shape too small": (
        """reply(number, '[["v","<f8",[],0,"C"]]', bytes(16))""",
        ProtocolViolation,
    ),
    "negative shape": (
        """reply(number, '[["v","<f8",[-1,-1],0,"C"]]', bytes(8))""",
        ProtocolViolation,
    ),
    "float shape": ("""reply(number, '[["v","<f8",[1.0],0,"C"]]', bytes(8))""", ProtocolViolation),
    "65 dimensions": (
        """reply(number, '[["v","<f8",[' + ','.join('1' * 65) + '],0,"C"]]', bytes(8))""",
        ProtocolViolation,
    ),
    "empty and huge": (
        """reply(number, '[["v","<f8",[0,1073741824,1073741824],0,"C"]]', b'')""",
        ProtocolViolation,
    ),
    "product overflows": (
        """reply(number, '[["v","<f8",[2147483647,2147483647,4],0,"C"]]', bytes(8))""",
        ProtocolViolation,
    ),
    "unknown order": ("""reply(number, '[["v","<f8",[1],0,"K"]]', bytes(8))""", ProtocolViolation),
    "blob used twice": (
        """reply(number, '[["t",["v","<f8",[1],0,"C"],["v","<f8",[1],0,"C"]]]', bytes(8))""",
        ProtocolViolation,
    ),
    "blob not used": ("reply(number, '[1]', bytes(8))", ProtocolViolation),
    "blob that is not there": ("""reply(number, '[["b",0]]')""", ProtocolViolation),
    "dict key twice": ("""reply(number, '[["d",1,["a",1],["a",2]]]')""", ProtocolViolation),
    "unhashable key": ("""reply(number, '[["d",1,[["l",2],1]]]')""", ProtocolViolation),
    "array as a key": (
        """reply(number, '[["d",1,[["v","<f8",[1],0,"C"],1]]]', bytes(8))""",
        ProtocolViolation,
    ),
    "type that is no data": ("""reply(number, '[["g","builtins.eval"]]')""", ProtocolViolation),
    "module name": ("""reply(number, '[["m","os; import sys",0]]')""", ProtocolViolation),
    "exception as a value": ("reply(number, '[1]', kind=wire.RAISED)", ProtocolViolation),
    "class with an unknown method": (
        """reply(number, '[["c",1],[[1,[],null,"A","m",0,["__array__"],[]]],[]]')""",
        ProtocolViolation,
    ),
    "class above itself": (
        """reply(number, '[["c",1],[[1,[1],null,"A","m",0,[],[]]],[]]')""",
        ProtocolViolation,
    ),
    "change of no argument": ("reply(number, '[1,[],[[0,0]]]', bytes(8))", ProtocolViolation),
    "random state cut": ("[reply(number, '[1]', bytes(8), flags=1)]", ProtocolViolation),
    "random state without": ("[reply(number, '[1]', flags=1)]", ProtocolViolation),
    "dead and alive": ("wire.frame(wire.DIED, 0, [0])", ProtocolViolation),
    "hangs up": ("os._exit(0)", Crashed),
    "prints without end": ("[os.write(2, bytes(1 << 16)) for _ in range(10**6)]", OutputExceeded),
}


#: attacks on the frame; the others are attacks on its body and need no process
FRAMES = [name for name, (attack, _) in ATTACKS.items() if not attack.startswith("reply(number")]
BODIES = [name for name in ATTACKS if name not in FRAMES]


def _request_twice(session: Session) -> None:
    session.request("nothing")
    session.request("nothing")


@pytest.mark.parametrize("name", FRAMES)
def test_frame_is_a_fault(name: str) -> None:
    attack, fault = ATTACKS[name]
    session = puppet_session(attack, output=100_000)
    start = time.monotonic()
    with session.running("a", seconds=20), pytest.raises(fault):
        _request_twice(session)
    assert isinstance(session.fault, fault)
    assert session._link.channel is None
    session.close()
    assert time.monotonic() - start < 20


@pytest.mark.parametrize("name", BODIES)
def test_body_is_a_fault(name: str) -> None:
    attack, fault = ATTACKS[name]

    def reply(
        number: int, text: str, *blobs: bytes, kind: int = wire.REPLY, flags: int = 0
    ) -> None:
        random = bytes(blobs[-1]) if flags and blobs else None
        answer(kind, text.encode(), list(blobs), random)

    with pytest.raises(fault):
        eval(attack, {"reply": reply, "wire": wire, "number": 1})


def test_next_test_is_fine() -> None:
    session = puppet_session("b'garbage' * 100")
    with session.running("a", seconds=20), pytest.raises(ProtocolViolation):
        session._link.request("nothing")
    assert session.fault is not None
    with session.running("b", seconds=20):
        assert session.fault is None
    session.close()


@pytest.mark.parametrize(
    ("attack", "limits", "sentence"),
    [
        ("time.sleep(60) or b''", {"call_seconds": 0.5}, "0.5 s for one call"),
        (
            "slowly(wire.frame(wire.REPLY, number, [1]))",
            {"call_seconds": 0.5},
            "0.5 s for one call",
        ),
        ("header(number, size=1000)", {"call_seconds": 0.5}, "0.5 s for one call"),
        ("time.sleep(60) or b''", {}, "1 s for the test"),
    ],
)
def test_silence_is_a_time_limit(attack: str, limits: dict[str, float], sentence: str) -> None:
    session = puppet_session(attack, **limits)
    start = time.monotonic()
    with session.running("a", seconds=1 if not limits else 20):
        with pytest.raises(TimedOut, match=sentence):
            session._link.request("nothing")
        with pytest.raises(TimedOut, match=sentence):
            session._link.request("nothing")
    session.close()
    assert time.monotonic() - start < 5


def test_worker_that_does_not_start_is_our_fault() -> None:
    session = puppet_session("1")
    session._start = lambda: _ended()
    with (
        pytest.raises(InfrastructureError, match="does not start"),
        session.running("a", seconds=5),
    ):
        pass


def _ended() -> Any:
    import sys

    from grader.sandbox.fake import FakeSandbox

    command = [sys.executable, "-c", "import sys; sys.exit('no such thing')"]
    return FakeSandbox().start(command, mounts=[], workdir="/", limits=Limits())


class Pipe:
    """A channel whose replies are given."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame

    def number(self) -> int:
        return 1

    def send(self, data: bytes, deadline: object) -> None:
        pass

    def receive(self, number: int, deadline: object, allowed: int) -> Frame:
        return self.frame

    def close(self) -> None:
        pass


def answer(kind: int, body: bytes, blobs: list[bytes], random: bytes | None = None) -> Any:
    """Decode one reply with everything that a session does with it."""
    link = Link(Limits(), {"student"}, {}, None)
    link.channel = Pipe(Frame(kind, body, [memoryview(blob) for blob in blobs], random))  # type: ignore[assignment]
    link.scope_deadline = link.scope_deadline._replace(at=time.monotonic() + 60)
    return link.request("nothing")


KINDS = st.sampled_from([wire.REPLY, wire.RAISED])


@settings(max_examples=400, deadline=None)
@given(KINDS, st.binary(max_size=200))
def test_any_bytes(kind: int, body: bytes) -> None:
    check(kind, body, [])


_plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.integers(-1, 4)
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["<f8", "<i8", "|b1", "C", "builtins.int", "a.b", "Exception", "nan", "__add__"]
    )
)
_tags = st.sampled_from([*decode._TAGS, "?"])
_nodes = st.recursive(
    _plain,
    lambda inner: (
        st.lists(inner, max_size=6)
        | st.builds(lambda tag, rest: [tag, *rest], _tags, st.lists(inner, max_size=6))
    ),
    max_leaves=25,
)


@settings(max_examples=500, deadline=None)
@given(
    KINDS,
    st.lists(_nodes, min_size=1, max_size=3),
    st.lists(st.binary(max_size=16), max_size=2),
)
def test_any_structure(kind: int, nodes: list[Any], blobs: list[bytes]) -> None:
    check(kind, json.dumps(nodes).encode(), blobs)


@settings(max_examples=400, deadline=None)
@given(
    KINDS,
    st.sampled_from(
        [
            [["h", 2, 1], [[1, [], None, "A", "m", 0, ["__add__"], ["f"]]], []],
            [["a", 1, "<f8", [2], 0, 1]],
            [["v", "<f8", [2, 1], 0, "C"]],
            [["d", 1, ["a", 1], [["t", 1, "b"], ["l", 2, 1.5]]]],
            [
                [1, "ValueError", "E", 1, "m", "t", ["t", "m"], None],
                [[1, [], "ValueError", "E", "m", 0, [], []]],
                [],
            ],
        ]
    ),
    st.data(),
)
def test_replies_that_are_nearly_right(kind: int, body: list[Any], data: st.DataObject) -> None:
    changed = json.loads(json.dumps(body))
    for _ in range(data.draw(st.integers(0, 2))):
        node = changed
        while isinstance(node, list) and node:
            index = data.draw(st.integers(0, len(node) - 1))
            if not isinstance(node[index], list) or data.draw(st.booleans()):
                node[index] = data.draw(_nodes)
                break
            node = node[index]
    check(kind, json.dumps(changed).encode(), [bytes(16)])


@settings(max_examples=40, deadline=None)
@given(st.binary(min_size=2520, max_size=2520) | st.just(bytes(2520)))
def test_any_random_state(state: bytes) -> None:
    before = np.random.get_state()
    check(wire.REPLY, b"[1]", [], state)
    after = np.random.get_state()
    assert str(before) == str(after)


def check(kind: int, body: bytes, blobs: list[bytes], random: bytes | None = None) -> None:
    """A reply gives a value, a student's exception or a ProtocolViolation, and nothing else."""
    start = time.monotonic()
    try:
        answer(kind, body, blobs, random)
    except ProtocolViolation:
        pass
    except StudentFault:
        if kind != wire.RAISED:
            raise
    except Exception as error:
        if not hasattr(error, "remote_traceback"):
            raise
    assert time.monotonic() - start < 5


def test_memory_of_the_largest_body_is_bounded() -> None:
    body = b"[" + b"[]," * (wire.BODY_NODES // 2 - 2) + b"[]]"
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check(wire.REPLY, body, [])
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 << 10
