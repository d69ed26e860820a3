"""Checks answers against the questions of the chosen category."""

from collections.abc import Mapping

from shared.reference.directory import Directory

from intake.catalogue.category_answers import Answer, Given, checked
from intake.submissions.errors import NotForThisSystem


def answers_for(
    directory: Directory, category: str | None, given: Mapping[str, Given] | None
) -> dict[str, Answer] | None:
    """Normalised answers. Raises NotForThisSystem, or NotAnswered with every fault.

    A submission without any answers (None) is accepted: an API client may not know questions that were added later, and
    the entity can still ask.
    """
    chosen = directory.categories.get(category) if category is not None else None
    if chosen is not None and chosen.elsewhere is not None:
        raise NotForThisSystem(chosen.elsewhere)
    if given is None:
        return None
    return checked(chosen.questions if chosen else (), given) or None
