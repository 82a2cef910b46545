"""What all tables of a manifest have in common."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]


class Table(BaseModel):
    """A table with exactly the keys that it declares."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)
