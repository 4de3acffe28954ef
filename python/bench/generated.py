"""What a generator of SDKs would write for this API, on the base class of the one that is measured."""

from __future__ import annotations

from datetime import datetime
from typing import Optional

from pydantic import Field
from sendblue_api._models import BaseModel


class Sent(BaseModel):
    """The answer of a send."""

    success: bool
    message_id: str
    timestamp: datetime


class Row(BaseModel):
    """A message."""

    id: str
    phone: str
    text: str = Field(alias="message")
    direction: str
    timestamp: datetime
    status: str


class Page(BaseModel):
    """A page of messages."""

    success: Optional[bool] = None
    messages: list[Row]
    total: int
    limit: int
    offset: int
