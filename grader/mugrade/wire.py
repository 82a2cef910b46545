"""Values as the mugrade client writes them: JSON, with objects that stand for arrays and types."""

from __future__ import annotations

import datetime
import json
import math
from collections.abc import Iterator
from itertools import chain
from typing import Any, NamedTuple, NoReturn

import numpy as np

#: the key that makes an object stand for something else, and what it says then
TAG = "_encoded_type"
ARRAY, DATE, TYPE = "np.ndarray", "datetime", "type"

DEEPEST = 16
#: of all elements of an array of texts together
MOST_CHARACTERS = 1 << 20
_LARGEST = 1 << 63
#: what the elements of an array may be, all together
_ELEMENTS = ({bool}, {str}, {int}, {float}, {int, float})


class Refused(ValueError):
    """A value is not one that the client writes."""


class Named(NamedTuple):
    """A date or a type: what is compared is its text."""

    kind: str
    text: str


# -- writing ---------------------------------------------------------------------------


def encode(value: Any) -> Any:
    """Return what the client sends for `value`, before it is JSON; refuse what it cannot send."""
    match value:
        case dict():
            return {_key(key): encode(item) for key, item in value.items()}
        case list() | tuple():
            return [encode(item) for item in value]
        case np.ndarray():
            return {TAG: ARRAY, "data": _elements(value)}
        case datetime.datetime():
            return {TAG: DATE, "data": value.isoformat()}
        case type() | np.dtype():
            return {TAG: TYPE, "data": repr(value)}
        case np.floating() | np.integer():
            return encode(value.item())
        case float() if not math.isfinite(value):
            raise Refused(f"{value} is no number of JSON, and the client does not send it")
        case None | bool() | int() | float() | str():
            return value
    raise Refused(f"the client does not send a value of type {type(value).__name__}")


def _key(key: Any) -> str:
    if isinstance(key, str):
        return key
    raise Refused(f"{key!r} is the key of a dict and no text")


def _elements(array: np.ndarray[Any, Any]) -> Any:
    if array.dtype.kind not in "biufU":
        raise Refused(f"the client does not send an array of dtype {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise Refused("an array holds NaN or infinity, which the client does not send")
    return array.tolist()


# -- reading ---------------------------------------------------------------------------


def parse(body: bytes) -> Any:
    """Return the JSON of a request; no body at all is how the client sends None.

    Raises `Refused` for anything else than strict JSON: other encodings, NaN, repeated keys.
    """
    if not body:
        return None
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_constant, object_pairs_hook=_unique)
    except UnicodeDecodeError:
        raise Refused("the body is not UTF-8 text; a value is sent as JSON") from None
    except RecursionError:
        raise Refused(f"the value is nested more than {DEEPEST} deep") from None
    except Refused:
        raise
    except ValueError as error:
        raise Refused(f"the body is not JSON: {error}") from None


def _constant(name: str) -> NoReturn:
    raise Refused(f"{name} is not a number of JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refused("an object has one key twice")
    return found


def decode(raw: Any, depth: int = 0) -> Any:
    """Return the value that parsed JSON stands for: arrays become NumPy's, all else stays plain."""
    if depth > DEEPEST:
        raise Refused(f"the value is nested more than {DEEPEST} deep")
    match raw:
        case dict() if TAG in raw:
            return _tagged(raw)
        case dict():
            return {key: decode(item, depth + 1) for key, item in raw.items()}
        case list():
            return [decode(item, depth + 1) for item in raw]
        case float() if not math.isfinite(raw):
            raise Refused("a number is too large for a float")
        case int() if not -_LARGEST <= raw < _LARGEST:
            raise Refused("a whole number has more than 64 bits")
    return raw


def _tagged(raw: dict[str, Any]) -> Any:
    kind = raw[TAG]
    if raw.keys() != {TAG, "data"}:
        raise Refused(f"an object with {TAG} has exactly one other key, data")
    if kind == ARRAY:
        return _array(raw["data"])
    if kind not in (DATE, TYPE):
        raise Refused(f"{str(kind)[:40]!r} is no {TAG}; there are {ARRAY}, {DATE} and {TYPE}")
    if not isinstance(raw["data"], str):
        raise Refused(f"the data of a {kind} are text")
    return Named(kind, raw["data"])


def _array(data: Any) -> Any:
    """Return the array of nested lists; one without axes is the number itself, as it is sent."""
    if not isinstance(data, list):
        if isinstance(data, (bool, int, float, str)):
            return decode(data)
        raise Refused("the data of an array are nested lists of numbers")
    shape = tuple(_shape(data))
    flat = _flat(data, shape)
    kinds = set(map(type, flat))
    if kinds and kinds not in _ELEMENTS:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise Refused(f"an array has elements of different kinds or of none: {names}")
    if int in kinds and not all(-_LARGEST <= item < _LARGEST for item in flat):
        raise Refused("a whole number has more than 64 bits")
    if str in kinds and len(flat) * max(map(len, flat)) > MOST_CHARACTERS:
        # each element of an array of texts takes as much as the longest
        raise Refused(f"an array of texts takes more than {MOST_CHARACTERS} characters")
    array = np.array(flat, dtype=np.float64 if float in kinds else None)
    if float in kinds and not np.isfinite(array).all():
        raise Refused("a number is too large for a float")
    return array.reshape(shape)


def _shape(data: Any) -> Iterator[int]:
    for _ in range(DEEPEST):
        if not isinstance(data, list):
            return
        yield len(data)
        if not data:
            return
        data = data[0]
    raise Refused(f"an array has more than {DEEPEST - 1} axes")


def _flat(data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    """Return the elements in order; every list of an axis has the length of the first."""
    for size in shape[1:]:
        if not all(isinstance(item, list) and len(item) == size for item in data):
            raise Refused("an array has rows of different lengths")
        data = list(chain.from_iterable(data))
    if any(isinstance(item, (list, dict)) for item in data):
        raise Refused("an array has rows of different lengths, or elements that are no numbers")
    return data
