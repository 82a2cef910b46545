"""When to look for graphs that are done with.

After `backward`, values and their adjoints refer to each other, so only Python's cyclic collector
frees them. It counts objects, not what they hold: some hundred nodes of a model may hold a hundred
megabytes, and many such graphs would wait for it. So it is called when that much has been computed.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable
from typing import Any

#: How many elements the values of graphs may have, adjoints not counted, from one call to the next.
LIMIT = 2**25

_elements = 0


def before_backward(nodes: Iterable[Any]) -> None:
    """Take note of a graph; collect garbage if many large ones have come since the last time."""
    global _elements
    for node in nodes:
        if node.op is not None:  # leaves outlive the graph
            _elements += getattr(node.cached_data, "size", 0)
    if _elements > LIMIT:
        _elements = 0
        gc.collect()
