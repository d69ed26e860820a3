"""Finds what others have reported already, for a person who is about to report it."""

from shared.reference.directory import Directory
from shared.reference.likeness import traits
from shared.reference.working_time import utc_now

from intake.catalogue.places import Places
from intake.public_register.json_view import PublishedShown, published_json
from intake.publication.store import Publications
from intake.similar.commands import similar
from intake.similar.http_models import SimilarTo


async def find_similar(
    publications: Publications, places: Places, directory: Directory, draft: SimilarTo
) -> list[PublishedShown]:
    now = utc_now()
    parents = {id: category.parent for id, category in directory.categories.items()}
    location = places.located(draft.location.model_dump(exclude_none=True) if draft.location else None)
    of = traits(draft.text, location, draft.category, now, parents)
    return [published_json(each, directory) for each in await similar(publications, of, parents, now)]
