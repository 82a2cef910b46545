"""The mugrade server: a verdict on each value, for clients that are many, slow or hostile."""

from __future__ import annotations

import asyncio
import csv
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import ROOT, Command
from mugrade_kit import (
    PATIENCE,
    Served,
    exchange,
    fixed_secret,
    make_keys,
    publish,
    request,
    serving,
    status,
    text,
)
from parts import require

from grader import manifest
from grader.errors import InfrastructureError, UsageError
from grader.mugrade import keys, publishing, wire
from grader.mugrade.comparing import Tolerance, same
from grader.mugrade.limits import Limits, Rates
from grader.mugrade.store import Store

CASES = ROOT / "tests" / "mugrade_cases"
TESTS = CASES / "hw1" / "autograd_hw.py"
ARRAY = b'{"_encoded_type":"np.ndarray","data":[1.5,2.5]}'
SMALL = Limits(body_bytes=2000, drained_bytes=1 << 20, arrival_seconds=2.0)


@pytest.fixture(scope="module", autouse=True)
def _server_extra() -> None:
    try:
        import starlette  # noqa: F401
        import uvicorn  # noqa: F401
    except ModuleNotFoundError:
        require(False, "the extra `server`")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    store = Store(tmp_path_factory.mktemp("store"))
    publish(store, forward=[np.array([1.5, 2.5]), True, 3], other=[None])
    made = make_keys(store, "alice", "bob") | make_keys(store, "professor", staff=True)
    with serving(store, SMALL) as port:
        yield Served(store, port, made)


def start(served: Served, owner: str = "alice", problem: str = "forward") -> int:
    target = f"submit?user_key={served.keys[owner]}&assignment=hw1&problem={problem}"
    found: int = json.loads(text(exchange(served.port, request(target))))["submission_id"]
    return found


def value(served: Served, submission: object, number: object, body: bytes = ARRAY) -> bytes:
    target = (
        f"submit_test?user_key={served.keys['alice']}"
        f"&submission_id={submission}&test_case_index={number}"
    )
    return exchange(served.port, request(target, body))


# -- what is right ---------------------------------------------------------------------


def test_a_recorded_session_replays_byte_for_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = Store(tmp_path)
    session = json.loads((CASES / "session.json").read_text())
    publish(
        store,
        forward=[np.array([[0.5, -2.0]]), 7, [1, 2], "float32", np.dtype("float32"), None],
    )
    monkeypatch.setattr(keys, "new_secret", lambda: fixed_secret("recorded-student"))
    make_keys(store, "alice")
    monkeypatch.setattr(keys, "new_secret", lambda: fixed_secret("recorded-staff"))
    make_keys(store, "professor", staff=True)
    with serving(store) as port:
        for step in session:
            assert exchange(port, step["request"].encode()) == step["reply"].encode()


def test_the_client_gets_a_verdict_per_value(tmp_path: Path, grader: Command) -> None:
    store = Store(tmp_path / "store")
    made = grader("mugrade", "answers", "hw1", TESTS, "--store", store.folder)
    assert made.returncode == 0, made.stderr
    assert "forward: 3 values" in made.stdout
    alice = make_keys(store, "alice")["alice"]
    with serving(store) as port:
        right = client(port, alice, ROOT / "examples/submissions/hw1/right")
        wrong = client(port, alice, ROOT / "examples/submissions/hw1/partial_power_scalar")
    assert right.returncode == 0, right.stdout
    assert right.stdout.count("passed\n") == 6
    assert wrong.returncode == 1
    assert [(a.problem, a.correct, a.sent) for a in store.attempts()][:3] == [
        ("forward", 3, 3),
        ("backward", 2, 2),
        ("softmax_loss", 1, 1),
    ]
    rows = list(csv.reader(grader("mugrade", "attempts", "--store", store.folder).stdout.split()))
    assert rows[1][:4] == ["alice", "hw1", "forward", "1"]
    assert rows[1][5:] == ["3", "3", "3"]


@pytest.mark.skipif(not os.environ.get("CI"), reason="compiles C++ for half a minute: only in CI")
def test_answers_of_a_homework_with_native_code(tmp_path: Path, grader: Command) -> None:
    store = Store(tmp_path / "store")
    file = CASES / "hw3" / "ndarray.py"
    made = grader("mugrade", "answers", "hw3", file, "--store", store.folder, timeout=1500)
    assert made.returncode == 0, made.stderr
    found = store.answers("hw3")
    assert found is not None
    views, product = found.problems["ndarray_python_array"], found.problems["ndarray_cpu_matmul"]
    assert views.values[1] == [6, 2]
    assert views.values[2].tolist() == [[6.0, 8.0, 10.0], [12.0, 14.0, 16.0]]
    assert product.values[0].shape == (9, 5)  # one value for each device that is there


def client(port: int, key: str, student: Path) -> subprocess.CompletedProcess[str]:
    """Run the client as a notebook of the course does."""
    command = [sys.executable, "-m", "mugrade", "submit", key, "hw1", str(TESTS), "-q"]
    command += ["-p", "no:cacheprovider", "-c", os.devnull, "--server", f"http://127.0.0.1:{port}/"]
    return subprocess.run(
        command,
        cwd=student,
        env={**os.environ, "PYTHONPATH": str(CASES / "client"), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_many_clients_at_once_get_a_verdict_each(tmp_path: Path) -> None:
    clients, count = (200, 20) if os.environ.get("CI") else (40, 5)
    store = Store(tmp_path)
    publish(store, load=[np.full((8, 8), float(number)) for number in range(count)])
    made = make_keys(store, *(f"student{number}" for number in range(clients)))

    async def post(port: int, target: str, body: bytes) -> dict[str, object]:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(request(target, body, Connection="close"))
        reply = await asyncio.wait_for(reader.read(), PATIENCE)
        writer.close()
        assert status(reply) == 200, reply
        found: dict[str, object] = json.loads(text(reply))
        return found

    async def one(port: int, key: str) -> int:
        target = f"submit?user_key={key}&assignment=hw1&problem=load"
        submission = (await post(port, target, b""))["submission_id"]
        right = 0
        for number in range(count):
            sent = np.full((8, 8), number + (number == 3))
            body = json.dumps(wire.encode(sent)).encode()
            target = f"submit_test?user_key={key}&submission_id={submission}"
            found = await post(port, f"{target}&test_case_index={number}", body)
            right += found["correct"] is True
        return right

    async def all_of_them(port: int) -> list[int]:
        return await asyncio.gather(*(one(port, key) for key in made.values()))

    with serving(store) as port:
        assert asyncio.run(all_of_them(port)) == [count - 1] * clients
    attempts = store.attempts()
    assert {attempt.student for attempt in attempts} == set(made)
    assert {(attempt.correct, attempt.sent) for attempt in attempts} == {(count - 1, count)}


def test_staff_publish_through_the_client(served: Served) -> None:
    target = f"publish?user_key={served.keys['professor']}&assignment=hw9&problem=p"
    assert status(exchange(served.port, request(target, b"[1, 2.5]"))) == 200
    found = served.store.answers("hw9")
    assert found is not None
    assert found.problems["p"].values == (1, 2.5)
    mine = f"publish?user_key={served.keys['alice']}&assignment=hw9&problem=p"
    assert status(exchange(served.port, request(mine, b"[1]"))) == 403
    outside = f"publish?user_key={served.keys['professor']}&assignment=..%2Fx&problem=p"
    assert status(exchange(served.port, request(outside, b"[1]"))) == 400
    assert status(exchange(served.port, request(target, b"[]"))) == 400


def test_answers_that_change_are_used_at_once(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, forward=[1])
    assert store.answers("hw1") is not None
    publish(store, forward=[1, 2], backward=[3])
    found = store.answers("hw1")
    assert found is not None
    assert list(found.problems) == ["forward", "backward"]


# -- what is refused -------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"{", "not JSON"),
        (b"\x80\x04\x95", "not UTF-8"),
        (b"NaN", "NaN"),
        (b'{"_encoded_type":"np.ndarray","data":[1,NaN]}', "NaN"),
        (b"1e999", "too large"),
        (b"[" * 900 + b"]" * 900, "deep"),
        (b'{"a":1,"a":2}', "twice"),
        (b'{"_encoded_type":"pickle","data":"gASV"}', "pickle"),
        (b'{"_encoded_type":"np.ndarray","data":[[1],[2,3]]}', "different lengths"),
        (b'{"_encoded_type":"np.ndarray","data":[1,[2]]}', "different lengths"),
        (b'{"_encoded_type":"np.ndarray","data":[1,"a"]}', "different kinds"),
        (b'{"_encoded_type":"np.ndarray","data":[null]}', "different kinds"),
        (b'{"_encoded_type":"np.ndarray","data":{}}', "nested lists"),
        (b'{"_encoded_type":"np.ndarray","data":1,"dtype":"O"}', "exactly one other key"),
        (b'{"_encoded_type":"np.ndarray","data":[' + b"9" * 30 + b"]}", "64 bits"),
        (b"9" * 1900, "64 bits"),
        (b'{"_encoded_type":"type","data":[1]}', "text"),
        (b'{"_encoded_type":["x"],"data":[1]}', "_encoded_type"),
    ],
    ids=lambda item: item if isinstance(item, str) else None,
)
def test_a_value_that_no_client_writes_is_refused(served: Served, body: bytes, word: str) -> None:
    submission = start(served)
    reply = value(served, submission, 0, body)
    assert status(reply) == 400, reply
    assert word in text(reply)
    assert text(value(served, submission, 0)) == '{"correct": true}'  # and costs nothing


def test_a_refusal_says_what_is_wrong(served: Served) -> None:
    key = served.keys["alice"]
    submission = start(served)

    def answer(target: str, body: bytes = b"") -> tuple[int, str]:
        reply = exchange(served.port, request(target, body))
        return status(reply), text(reply)

    stranger = f"1-{'x' * 32}"
    for wrong in (stranger, "9999-" + "x" * 32, "'%20OR%201=1%20--", key[:-1], "%00"):
        found = answer(f"submit?user_key={wrong}&assignment=hw1&problem=forward")
        assert found[0] == 403
        assert "no such key" in found[1]
    assert answer(f"submit?user_key={key}&problem=forward")[0] == 400
    assert "after the key" in answer(f"submit?user_key={key}&problem=forward")[1]
    twice = f"submit?user_key={key}&user_key={key}&assignment=hw1&problem=forward"
    assert "twice" in answer(twice)[1]
    code, said = answer(f"submit?user_key={key}&assignment=hw7&problem=forward")
    assert code == 404
    assert "hw1" in said
    code, said = answer(f"submit?user_key={key}&assignment=hw1&problem=x%1b[2J")
    assert code == 404
    assert "forward, other" in said
    assert "\x1b" not in said
    assert status(value(served, submission, 3)) == 404
    assert "3 published values" in text(value(served, submission, 3))
    assert status(value(served, submission, -1)) == 400
    assert status(value(served, "1e3", 0)) == 400
    assert status(value(served, 10**9, 0)) == 404
    theirs = start(served, "bob")
    assert status(value(served, theirs, 0)) == 404
    assert status(value(served, submission, 0)) == 200
    assert status(value(served, submission, 0)) == 409
    assert answer("")[0] == 404
    assert answer("submission?x", b"gASV")[0] == 410
    assert "pickle" in answer("submission_test", b"gASV")[1]
    get = request(f"submit?user_key={key}").replace(b"POST", b"GET", 1)
    assert status(exchange(served.port, get)) == 405


def test_a_body_that_is_too_large_is_refused_and_the_client_hears_it(served: Served) -> None:
    submission = start(served)
    reply = value(served, submission, 0, b"[" + b"1," * 200_000 + b"1]")
    assert status(reply) == 413
    assert "2000 bytes" in text(reply)


def test_a_body_that_does_not_arrive_ends_in_time(served: Served) -> None:
    submission = start(served)
    target = (
        f"submit_test?user_key={served.keys['alice']}&submission_id={submission}&test_case_index=0"
    )
    unfinished = request(target, None, Content_Length="100") + b"[1,"
    assert status(exchange(served.port, unfinished)) == 408


def test_a_header_that_does_not_arrive_ends_the_connection(served: Served) -> None:
    assert exchange(served.port, b"POST /submit?user_key=1 HTTP/1.1\r\nHost: x\r\n") == b""


def test_what_is_no_http_is_refused(served: Served) -> None:
    assert status(exchange(served.port, b"\x16\x03\x01\x02\x00\x01\r\n\r\n")) == 400


def test_a_key_that_asks_too_often_has_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("grader.mugrade.limits.time.monotonic", lambda: now[0])
    rates = Rates(Limits(burst=3, per_second=0.5))
    assert [rates.wait(1) for _ in range(4)] == [0, 0, 0, 2]
    assert rates.wait(2) == 0
    now[0] += 2
    assert [rates.wait(1), rates.wait(1)] == [0, 2]


def test_too_many_requests_and_attempts_are_refused(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, forward=[1])
    made = make_keys(store, "alice", "bob")
    with serving(store, Limits(attempts_a_day=2, burst=5, per_second=0.001)) as port:
        target = f"submit?user_key={made['alice']}&assignment=hw1&problem=forward"
        replies = [exchange(port, request(target)) for _ in range(6)]
        assert [status(reply) for reply in replies] == [200, 200, 429, 429, 429, 429]
        assert "today" in text(replies[2])
        assert b"retry-after" in replies[5]
        other = target.replace(made["alice"], made["bob"])
        assert status(exchange(port, request(other))) == 200


def test_a_value_that_cannot_be_recorded_is_not_answered(tmp_path: Path) -> None:
    store = Store(tmp_path)
    publish(store, forward=[1])
    made = make_keys(store, "alice")
    with serving(store) as port:
        with sqlite3.connect(tmp_path / "mugrade.sqlite") as connection:
            connection.execute("DROP TABLE value")
            connection.execute("DROP TABLE submission")
        target = f"submit?user_key={made['alice']}&assignment=hw1&problem=forward"
        assert status(exchange(port, request(target))) == 503


# -- keys, answers, values -------------------------------------------------------------


def test_keys_are_kept_as_digests_and_written_once(tmp_path: Path, grader: Command) -> None:
    roster = tmp_path / "roster.txt"
    roster.write_text("\ufeffalice\r\nbob\r\n\r\nalice\r\n")
    out, again = tmp_path / "keys.csv", tmp_path / "again.csv"
    words = ("mugrade", "keys", "--roster", roster, "--store", tmp_path / "store", "--out")
    assert "2 new keys" in grader(*words, out).stdout
    assert out.stat().st_mode & 0o077 == 0
    rows = dict(list(csv.reader(out.read_text().splitlines()))[1:])
    assert set(rows) == {"alice", "bob"}
    kept = (tmp_path / "store" / "mugrade.sqlite").read_bytes()
    assert not any(key.partition("-")[2].encode() in kept for key in rows.values())
    assert grader(*words, out).returncode == 2
    assert "0 new keys; 2 had one" in grader(*words, again).stdout
    renewed = tmp_path / "renewed.csv"
    assert (
        "1 new keys"
        in grader(
            "mugrade", "keys", "bob", "--renew", "--store", tmp_path / "store", "--out", renewed
        ).stdout
    )
    assert rows["bob"] not in renewed.read_text()


def test_keys_that_cannot_be_written_down_are_not_made(tmp_path: Path, grader: Command) -> None:
    words = ("mugrade", "keys", "alice", "--store", tmp_path / "store", "--out")
    assert grader(*words, tmp_path / "no" / "keys.csv").returncode == 2
    store = Store(tmp_path / "store")
    with pytest.raises(OSError, match="full"), store.new_keys(["alice"]):
        raise OSError("full")
    with store.new_keys(["alice"]) as made:
        assert set(made) == {"alice"}


@pytest.mark.parametrize(
    ("source", "word"),
    [
        ("def test_x(): pass", "no function submit_"),
        ("def submit_a(): pass", "sends no value"),
        ("def submit_a(): mugrade.submit(1 / 0)", "ZeroDivisionError"),
        ("def submit_a(): mugrade.submit(float('nan'))", "nan"),
        ("def submit_a(): mugrade.submit(object())", "type object"),
        ("def submit_a(): mugrade.submit(os.getpid())", "another value"),
        ("mugrade.submit(1)", "outside"),
        ("import not_there", "not_there"),
        ("raise SystemExit(3)", "SystemExit"),
    ],
)
def test_answers_that_are_none_are_refused(tmp_path: Path, source: str, word: str) -> None:
    file = tmp_path / "test_values.py"
    file.write_text(f"import os\nimport mugrade\n{source}\n")
    tiny = manifest.find("tiny", ROOT / "examples" / "tiny")
    with pytest.raises(UsageError, match=word):
        publishing.make(tiny, [file])


@pytest.mark.parametrize(
    ("published", "sent", "expected"),
    [
        (np.array([1.0, 2.0]), np.array([1.0, 2.0 + 1e-5]), True),
        (np.array([1.0, 2.0]), np.array([1.0, 2.1]), False),
        (np.array([1.0, 2.0]), np.array([1, 2]), True),
        (np.array([1, 100_000]), np.array([1, 100_001]), False),
        (np.array([[1.0, 2.0]]), np.array([1.0, 2.0]), False),
        (np.array([1.0]), [1.0], False),
        (np.array(1.5), 1.5, True),
        (np.float32(1.5), np.array(1.5), True),
        (np.array([True]), np.array([1]), False),
        (np.zeros((0, 3)), np.zeros((0,)), True),  # all that the client sends is []
        (True, 1, False),
        (1, True, False),
        (1, 1.0, True),
        (None, None, True),
        (None, 0, False),
        ("a", "a", True),
        ([1, (2, 3)], [1, [2, 3]], True),
        ([1], [1, 2], False),
        ({"a": np.ones(2)}, {"a": np.ones(2)}, True),
        ({"a": 1}, {"b": 1}, False),
        (np.dtype("float32"), np.dtype("float32"), True),
        (np.dtype("float32"), "dtype('float32')", False),
        (float, int, False),
    ],
)
def test_values_are_compared_strictly(published: object, sent: object, expected: bool) -> None:
    wanted, got = (
        wire.decode(wire.parse(json.dumps(wire.encode(item)).encode()))
        for item in (published, sent)
    )
    assert same(wanted, got, Tolerance()) is expected


def test_one_long_text_does_not_widen_all_others() -> None:
    texts = {wire.TAG: wire.ARRAY, "data": [""] * 20_000 + ["x" * 100_000]}
    with pytest.raises(wire.Refused, match="array of texts"):
        wire.decode(texts)


def test_attempts_of_an_assignment_that_nobody_knows_are_a_typo(
    tmp_path: Path, grader: Command
) -> None:
    store = Store(tmp_path)
    publish(store, forward=[1])
    make_keys(store, "alice")
    assert grader("mugrade", "attempts", "hw1", "--store", tmp_path).returncode == 0
    typo = grader("mugrade", "attempts", "hw11", "--store", tmp_path)
    assert typo.returncode == 2
    assert "'hw11'; answers are there of: hw1" in typo.stderr


def test_a_damaged_database_is_named_with_what_to_do(tmp_path: Path) -> None:
    store = Store(tmp_path)
    make_keys(store, "alice")
    whole = (tmp_path / "mugrade.sqlite").read_bytes()
    page = 4096
    # the heading; the index of the keys' owners, which is read later
    for damaged in (b"?" * page + whole[page:], whole[:page] + b"?" * page * 2 + whole[page * 3 :]):
        (tmp_path / "mugrade.sqlite").write_bytes(damaged)
        with pytest.raises(InfrastructureError, match=r"mugrade\.sqlite is damaged: .*backup"):
            make_keys(store, "bob")


def test_a_mistake_of_ours_is_not_called_damage(tmp_path: Path) -> None:
    nobody: Any = None  # an owner is NOT NULL
    with pytest.raises(sqlite3.IntegrityError, match=r"key\.owner"):
        make_keys(Store(tmp_path), nobody)


def test_serving_says_what_is_missing(tmp_path: Path, grader: Command) -> None:
    nothing = grader("serve-mugrade", "--store", tmp_path)
    assert nothing.returncode == 2
    assert "grader mugrade answers" in nothing.stderr
    publish(Store(tmp_path), forward=[1])
    with serving(Store(tmp_path)) as port:
        taken = grader("serve-mugrade", "--store", tmp_path, "--port", port)
    assert taken.returncode == 3
    assert "--port" in taken.stderr
