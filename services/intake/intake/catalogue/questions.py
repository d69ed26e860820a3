"""Ask: what the chosen category wants to know, and whether it takes submissions at all."""

from collections.abc import Mapping

from shared.reference.directory import Directory

from intake.catalogue.category_answers import Answer, Given, checked
from intake.submissions.errors import NotForThisSystem


def answers_for(
    directory: Directory, category: str | None, given: Mapping[str, Given] | None
) -> dict[str, Answer] | None:
    """The answers as they are kept. Raises NotForThisSystem, and NotAnswered with all that is wrong with them.

    Who gives none at all (None) is taken without: a program may know nothing of questions that were added later, and
    the entity can still ask.
    """
    chosen = directory.categories.get(category) if category is not None else None
    if chosen is not None and chosen.elsewhere is not None:
        raise NotForThisSystem(chosen.elsewhere)
    if given is None:
        return None
    return checked(chosen.questions if chosen else (), given) or None
