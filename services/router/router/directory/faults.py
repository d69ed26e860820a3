"""A fault that keeps a directory from being published."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Something that must be put right before a directory is published. `field` says where."""

    field: str
    en: str
    ar: str


def unknown(field: str, what: str, ar: str, id: str) -> Fault:
    return Fault(field, f"There is no {what} “{id}”.", f"لا يوجد {ar} باسم «{id}».")
