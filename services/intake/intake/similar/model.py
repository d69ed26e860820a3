"""The similarity between published submissions and one that is being written.

Only public data is compared: the moderated text, and the place as it is shown. So nobody can find out by trial what a
moderator removed.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from shared.reference.likeness import Traits, best, likeness, place_keys, text_keys, traits

from intake.publication.model import public_location
from intake.submissions.model import Submission

Parents = Mapping[str, str | None]

OPEN_SINCE = timedelta(days=120)
"""Older submissions are hardly about what a person sees now."""


def traits_shown(submission: Submission, text: str | None, shows_place: bool, parents: Parents) -> Traits:
    """Traits of the public version; `text` is the moderator's where it was changed."""
    location = public_location(submission.location) if shows_place else None
    return traits(text or submission.text, location, submission.category, submission.received_at, parents)


def keys(of: Traits) -> list[str]:
    """Search keys: its block, its named place and parts of its words. Points are searched by distance instead."""
    return [*(key for key in place_keys(of) if not key.startswith("c")), *text_keys(of)]


def likest(found: Iterable[Submission], of: Traits, parents: Parents, most: int) -> list[Submission]:
    """The submissions that are similar enough, most similar first."""
    by_reference = {each.reference: each for each in found}
    compared = (
        (reference, likeness(of, traits_shown(each, shown.text, shown.shows_place, parents)))
        for reference, each in by_reference.items()
        if (shown := each.publication) is not None
    )
    return [by_reference[reference] for reference, _ in best(compared, most)]
