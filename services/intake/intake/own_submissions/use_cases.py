"""The submissions that a signed-in person filed, as the list shows them."""

from collections.abc import Collection

from shared.http.cursors import read_cursor
from shared.reference.directory import Directory

from intake.http.models import OwnSubmissionShown, OwnSubmissionsPage
from intake.submissions.current_holder import holder_of
from intake.submissions.life import Status
from intake.submissions.model import Submission
from intake.submissions.store import Submissions

EXCERPT = 200


async def list_own_submissions(
    submissions: Submissions,
    directory: Directory,
    author: str,
    statuses: Collection[Status] | None,
    cursor: str | None,
    limit: int,
) -> OwnSubmissionsPage:
    page = await submissions.of_author(author, statuses, read_cursor(cursor), limit)
    items = [_own_submission(each.state, directory) for each in page.items if each.state is not None]
    return OwnSubmissionsPage(items=items, next_cursor=page.next_cursor, unreadable=page.unreadable)


def _own_submission(submission: Submission, directory: Directory) -> OwnSubmissionShown:
    category = directory.categories.get(submission.category) if submission.category else None
    holder = holder_of(submission, directory)
    entity = directory.entities.get(holder) if holder else None
    text = " ".join(submission.text.split())
    return OwnSubmissionShown(
        reference=submission.reference,
        kind=submission.kind,
        excerpt=text if len(text) <= EXCERPT else text[: EXCERPT - 1] + "…",
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        category_name=category.name if category else None,
        entity=holder,
        entity_name=entity.name if entity else None,
        due_at=submission.due_at,
        is_asked=submission.question is not None,
    )
