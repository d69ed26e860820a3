"""Remove the words from a case whose author was erased."""

from shared.events.personal import place_kept

from router.cases.model import Assignment, Merged, Proposed, Question


def without_words(assignment: Assignment) -> Assignment:
    """Take out everything that people wrote; keep what happened, and when."""
    submission = None
    if assignment.submission:
        left = {"text": "", "answers": None, "location": place_kept(assignment.submission.location)}
        submission = assignment.submission.model_copy(update=left)
    decided = assignment.decided and assignment.decided.model_copy(update={"words": (), "reason": ""})
    return assignment.changed(
        submission=submission,
        question=_question(assignment.question),
        proposed=_proposed(assignment.proposed),
        decided=decided,
        suggested=None,
        files=(),
        official_files=(),
        history=tuple(entry.model_copy(update={"why": None}) for entry in assignment.history),
        erased=True,
        like=(),
        found_by=None,
        found_over=None,
        author_key=None,
        public=None,
        understood=None,
        merged=assignment.merged and _merged(assignment.merged),
        parent=assignment.parent and assignment.parent.model_copy(update={"question": ""}),
    )


def _question(question: Question | None) -> Question | None:
    return question.model_copy(update={"text": ""}) if question else None


def _proposed(proposed: Proposed | None) -> Proposed | None:
    return proposed.model_copy(update={"text": ""}) if proposed else None


def _merged(merged: Merged) -> Merged:
    return merged.model_copy(update={"question": _question(merged.question), "proposed": _proposed(merged.proposed)})
