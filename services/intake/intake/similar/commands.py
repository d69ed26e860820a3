"""Finds open published submissions that may be about the same matter."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

from shared.reference.likeness import Traits

from intake.publication.store import Publications
from intake.similar.model import OPEN_SINCE, Parents, keys, likest
from intake.submissions.model import Submission

MOST_NEAR, MOST_BY_KEYS, MOST_OF_CATEGORY = 120, 60, 60
MOST_SIMILAR = 3


async def similar(publications: Publications, of: Traits, parents: Parents, now: datetime) -> list[Submission]:
    """Search by place and words, or by category without a place; then compare by everything they have in common."""
    since = now - OPEN_SINCE
    searches = []
    if of.lat is not None and of.lon is not None:
        searches.append(publications.open_near(of.lat, of.lon, since, MOST_NEAR))
    if asked := keys(of):
        searches.append(publications.open_alike(asked, since, MOST_BY_KEYS))
    if of.category is not None and not of.has_place:
        searches.append(publications.open_of(of.category, since, MOST_OF_CATEGORY))
    found: Sequence[Sequence[Submission]] = await asyncio.gather(*searches)
    return likest((each for some in found for each in some), of, parents, MOST_SIMILAR)
