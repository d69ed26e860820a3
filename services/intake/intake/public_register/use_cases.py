"""Find what is published."""

from shared.http.cursors import read_cursor
from shared.reference.directory import Directory

from intake.public_register.json_view import PublishedPage, published_page
from intake.publication.store import PublicationQuery, Publications
from intake.submissions.errors import NotFound
from intake.submissions.model import Submission
from intake.submissions.reference import normalised


async def find_published(publications: Publications, reference: str) -> Submission:
    """Raises NotFound for a submission that is not published, as for an unknown reference number."""
    number = normalised(reference)
    submission = await publications.published_one(number) if number else None
    if submission is None:
        raise NotFound
    return submission


async def list_published(
    publications: Publications, directory: Directory, query: PublicationQuery, cursor: str | None, limit: int
) -> PublishedPage:
    return published_page(await publications.published(query, read_cursor(cursor), limit), directory)
