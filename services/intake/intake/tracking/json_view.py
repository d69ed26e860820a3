"""A submission as JSON for the people who may open it."""

from collections.abc import Sequence

from shared.events.model import Name
from shared.reference.directory import Directory
from shared.storage.aggregates import Document, StoredAggregate

from intake.attachments.model import TYPES
from intake.catalogue.category_answers import Answered, with_questions
from intake.http.models import AnswerShown, AttachmentShown, EntryShown, QuestionShown, SubmissionShown
from intake.submissions.current_holder import holder_of
from intake.submissions.model import Attachment, Submission


def command_answer(aggregate: StoredAggregate[Submission]) -> Document:
    """The answer to a citizen's command, as `CommandShown` reads it."""
    assert aggregate.state is not None
    newest = aggregate.state.timeline[-1]
    return {"reference": aggregate.state.reference, "status": str(aggregate.state.status), "recorded_at": newest.at}


def submission_json(submission: Submission, directory: Directory) -> SubmissionShown:
    """Timeline entries are sorted by time, newest last; entities have the names that the directory gives them now."""
    category = directory.categories.get(submission.category) if submission.category else None
    holder = holder_of(submission, directory)
    entity = directory.entities.get(holder) if holder else None
    entries = [
        EntryShown(
            **entry.model_dump(exclude={"id"}),
            entity_name=directory.entities[entry.entity].name if entry.entity in directory.entities else None,
        )
        for entry in sorted(submission.timeline, key=lambda entry: entry.at)
    ]
    question = submission.question
    return SubmissionShown(
        reference=submission.reference,
        kind=submission.kind,
        text=submission.text,
        language=submission.language,
        status=submission.status,
        received_at=submission.received_at,
        category=submission.category,
        category_name=category.name if category else None,
        answers=[
            _answer_shown(each) for each in with_questions(category.questions if category else (), submission.answers)
        ],
        entity=holder,
        entity_name=entity.name if entity else None,
        taking_part=submission.taking_part,
        due_at=submission.due_at,
        due_unknown_since=submission.due_unknown_since,
        question=QuestionShown(**question.model_dump()) if question else None,
        answered_at=submission.answered_at,
        rating=submission.rating.score if submission.rating else None,
        publication=submission.publication.state if submission.publication else None,
        is_held=submission.is_held,
        confirmation=submission.confirmation,
        attachments=attachments_json(submission.reference, submission.attachments),
        evidence=attachments_json(submission.reference, submission.evidence),
        erased_at=submission.erasure.at if submission.erasure else None,
        timeline=entries,
    )


def attachments_json(reference: str, attachments: Sequence[Attachment]) -> list[AttachmentShown]:
    """Adds the address at which each file can be read."""
    shown = []
    for attachment in attachments:
        url = f"/api/intake/v1/submissions/{reference}/attachments/{attachment.id}"
        shown.append(
            AttachmentShown(
                id=attachment.id,
                name=attachment.name,
                media_type=attachment.media_type,
                size=attachment.size,
                added_at=attachment.at,
                url=url,
                thumbnail_url=f"{url}/thumbnail" if TYPES[attachment.media_type].is_image else None,
            )
        )
    return shown


def _answer_shown(answered: Answered) -> AnswerShown:
    is_list = answered.question is not None and bool(answered.question.options)
    words = Name(ar="، ".join(answered.text("ar")), en=", ".join(answered.text("en"))) if is_list else None
    name = answered.question.name if answered.question else None
    return AnswerShown(code=answered.code, question=name, answer=answered.answer, words=words)
