"""Stands in for the course's client, version 1.3: written from its protocol, not from its code."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.parse
import urllib.request

import numpy as np

_state: dict[str, object] = {}


def _post(address: str, body: bytes, **query: object) -> object:
    url = f"{os.environ['MUGRADE_SERVER']}{address}?{urllib.parse.urlencode(query)}"
    request = urllib.request.Request(url, data=body, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.load(reply)
    except urllib.error.HTTPError as error:
        raise RuntimeError(error.read().decode()) from None


def _encoded(value: object) -> object:
    if isinstance(value, (list, tuple)):
        return [_encoded(item) for item in value]
    if isinstance(value, np.ndarray):
        return {"_encoded_type": "np.ndarray", "data": value.tolist()}
    if isinstance(value, (np.floating, np.integer)):
        return value.item()
    return value


def begin(problem: str) -> None:
    found = _post(
        "submit",
        b"",
        user_key=os.environ["MUGRADE_KEY"],
        assignment=os.environ["MUGRADE_HW"],
        problem=problem,
    )
    _state.update(id=found["submission_id"], number=0, wrong=0)


def submit(value: object) -> None:
    body = b"" if value is None else json.dumps(_encoded(value)).encode()
    found = _post(
        "submit_test",
        body,
        user_key=os.environ["MUGRADE_KEY"],
        submission_id=_state["id"],
        test_case_index=_state["number"],
    )
    _state["number"] += 1
    _state["wrong"] += not found["correct"]
    print(f"Grader test {_state['number']} {'passed' if found['correct'] else 'failed'}")


def end() -> None:
    assert not _state["wrong"], f"{_state['wrong']} values are wrong"
