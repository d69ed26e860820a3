"""Which published submission may be about the same matter as one that is being written.

Compared is what the public reads: the text as a moderator left it, and the place as far as it is shown. What was taken
out finds nothing, so nobody can try out what it was.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from shared.reference.likeness import Traits, best, likeness, place_keys, text_keys, traits

from intake.publication.model import public_location
from intake.submissions.model import Submission

Parents = Mapping[str, str | None]

OPEN_SINCE = timedelta(days=120)
"""What has waited longer is hardly the matter that somebody sees now."""


def traits_shown(submission: Submission, text: str | None, shows_place: bool, parents: Parents) -> Traits:
    """As the public sees it, with `text` in place of the author's where a moderator changed that."""
    location = public_location(submission.location) if shows_place else None
    return traits(text or submission.text, location, submission.category, submission.received_at, parents)


def keys(of: Traits) -> list[str]:
    """By which it is found: its block, its named place and parts of its words. What lies around a point is found by the
    point itself."""
    return [*(key for key in place_keys(of) if not key.startswith("c")), *text_keys(of)]


def likest(found: Iterable[Submission], of: Traits, parents: Parents, most: int) -> list[Submission]:
    """Those that are alike enough, the likest first."""
    by_reference = {each.reference: each for each in found}
    compared = (
        (reference, likeness(of, traits_shown(each, shown.text, shown.shows_place, parents)))
        for reference, each in by_reference.items()
        if (shown := each.publication) is not None
    )
    return [by_reference[reference] for reference, _ in best(compared, most)]
