"""Which officials have to do with what lies somewhere: the desk shows it to them, intake its files, and the notifier
tells them of it."""

from collections.abc import Collection


def works_in(areas: Collection[str] | None, area: str | None) -> bool:
    """Whether who works in these areas has to do with this one. None means everywhere; and what lies nobody knows where
    is everybody's, or it would be nobody's."""
    return not areas or not area or area in areas
