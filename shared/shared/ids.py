"""Ids of what is new."""

from uuid_utils import uuid7


def new_id() -> str:
    """A UUID of version 7: it begins with the time, so indexes over ids grow at one end instead of everywhere."""
    return str(uuid7())
