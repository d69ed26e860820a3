"""Names of statuses, kinds and facts for citizens; translated when they are shown."""

from dataclasses import dataclass

from shared.web.catalogues import N_

from intake.tracking.rating import GOOD, POOR, Reason

KINDS = {
    "complaint": (N_("Complaint"), N_("Something went wrong and should be put right.")),
    "suggestion": (N_("Suggestion"), N_("Something could be better.")),
    "observation": (N_("Observation"), N_("You saw something that somebody should know.")),
    "enquiry": (N_("Enquiry"), N_("You have a question for a government entity.")),
}
"""By kind: its name and when to choose it. The icons have the same names."""

STATUSES = {
    "received": (N_("Received"), "moving", N_("We have it. It is on its way to the responsible entity.")),
    "assigned": (N_("With the entity"), "moving", N_("The responsible entity has it.")),
    "in_progress": (N_("Being worked on"), "moving", N_("The responsible entity is working on it.")),
    "awaiting_citizen": (N_("Waiting for you"), "yours", N_("The entity needs your answer to go on.")),
    "answered": (N_("Answered"), "good", N_("The answer is below. Tell us whether it helped.")),
    "closed": (N_("Closed"), "ended", N_("This is finished.")),
    "reopened": (N_("Reopened"), "moving", N_("It goes back to the responsible entity.")),
    "appealed": (N_("Under appeal"), "moving", N_("The central office is looking at it.")),
    "withdrawn": (N_("Withdrawn"), "ended", N_("It was withdrawn. Nobody works on it any more.")),
    "declined": (N_("Not accepted"), "ended", N_("The entity did not accept it. The reason is below.")),
    "merged": (
        N_("Joined to another"),
        "moving",
        N_("It was reported before; both are answered together."),
    ),
    "evaluating": (N_("Being evaluated"), "moving", N_("The entity is evaluating your suggestion.")),
    "accepted": (N_("Accepted"), "good", N_("The entity accepted your suggestion.")),
    "rejected": (N_("Not taken up"), "ended", N_("The entity did not take up your suggestion. The reason is below.")),
    "implemented": (N_("Implemented"), "good", N_("Your suggestion was put into practice.")),
}
"""By status: its name, the colour of its label, and an explanation."""


@dataclass(frozen=True)
class FactText:
    """The presentation of an event. `title` may contain the `entity`; `is_own` marks the citizen's own text; `by` names
    an actor that is neither the citizen nor the entity."""

    title: str
    icon: str
    tone: str = "moving"
    is_own: bool = False
    by: str | None = None


CENTRAL_OFFICE = N_("The central office")


FACTS = {
    "SubmissionReceived": FactText(N_("You sent it, and we received it"), "check"),
    "SubmissionReceived:counter": FactText(N_("You said it at the counter, and we received it"), "check"),
    "SubmissionReceived:phone": FactText(N_("You said it on the phone, and we received it"), "check"),
    "InformationAdded": FactText(N_("You added information"), "person", "quiet", is_own=True),
    "AttachmentsAdded": FactText(N_("You sent files"), "file", "quiet", is_own=True),
    "SubmissionWithdrawn": FactText(N_("You withdrew it"), "close", "quiet", is_own=True),
    "SubmissionWithdrawn:citizen": FactText(
        N_("It was withdrawn, as you erased your data"), "close", "quiet", is_own=True
    ),
    "SubmissionWithdrawn:central": FactText(N_("It ended, as the central office erased your data"), "close", "quiet"),
    "SubmissionWithdrawn:administrator": FactText(
        N_("It ended, as an administrator erased your data"), "close", "quiet"
    ),
    "SubmissionReopened": FactText(N_("You reopened it"), "back", is_own=True),
    "AppealFiled": FactText(N_("You appealed to the central office"), "person", is_own=True),
    "SubmissionRated": FactText(N_("You rated the answer"), "person", "quiet", is_own=True),
    "SubmissionRejected": FactText(N_("A person at the central office ended it here"), "close", "quiet", is_own=True),
    "SubmissionPublished": FactText(N_("It was published, as you agreed"), "observation", "quiet"),
    "SubmissionHidden": FactText(N_("It is not shown to the public"), "lock", "quiet"),
    "SubmissionClosed": FactText(N_("It was closed"), "check", "quiet"),
    "PersonErased": FactText(N_("Your data were erased"), "lock", "quiet", is_own=True),
    "PersonErased:citizen": FactText(N_("You erased your data"), "lock", "quiet", is_own=True),
    "PersonErased:central": FactText(N_("The central office erased your data"), "lock", "quiet"),
    "PersonErased:administrator": FactText(N_("An administrator erased your data"), "lock", "quiet"),
    "PersonErased:retention": FactText(N_("Your data were erased, as the time to keep them was over"), "lock", "quiet"),
    "TriageRequested": FactText(N_("A person at the central office decides who is responsible"), "person"),
    "SubmissionAssigned": FactText(N_("It was given to %(entity)s"), "building"),
    "AssignmentAcknowledged": FactText(N_("%(entity)s confirmed that they have it"), "check"),
    "InformationRequested": FactText(N_("%(entity)s asked you a question"), "question", "yours"),
    "InterimReplyGiven": FactText(N_("News from %(entity)s"), "answer"),
    "SubmissionRecategorised": FactText(N_("Its category was corrected"), "dot", "quiet"),
    "SubmissionTransferred": FactText(N_("It was passed on to %(entity)s"), "building"),
    "SubmissionAnswered": FactText(N_("%(entity)s answered"), "answer", "good"),
    "SubmissionDeclined": FactText(N_("%(entity)s did not accept it"), "close", "quiet"),
    "SuggestionDecided": FactText(N_("%(entity)s decided on your suggestion"), "answer", "good"),
    "SuggestionImplemented": FactText(N_("%(entity)s put your suggestion into practice"), "check", "good"),
    "SubCaseOpened": FactText(N_("%(entity)s takes part"), "building", "quiet", is_own=True),
    "SubCaseMoved": FactText(N_("%(entity)s takes part"), "building", "quiet", is_own=True),
    "SubCaseClosed:answered": FactText(N_("%(entity)s has done its part"), "check", "quiet", is_own=True),
    "SubCaseClosed:taken_back": FactText(N_("%(entity)s takes part no more"), "dot", "quiet", is_own=True),
    "SubmissionMerged": FactText(N_("It was joined to an earlier report of the same matter"), "dot", "quiet"),
    "SubmissionUnmerged": FactText(N_("It stands by itself again"), "dot", "quiet"),
    "AppealDecided:upheld": FactText(
        N_("The central office upheld your appeal: %(entity)s has it again"), "answer", "good", by=CENTRAL_OFFICE
    ),
    "AppealDecided:dismissed": FactText(
        N_("The central office dismissed your appeal"), "answer", "quiet", by=CENTRAL_OFFICE
    ),
    "DeadlineSet": FactText(N_("The time to answer began"), "clock", "quiet"),
    "DeadlineMoved": FactText(N_("The due date changed"), "clock", "quiet"),
    "DeadlinePaused": FactText(N_("The time stands still until your answer"), "clock", "quiet"),
    "DeadlineResumed": FactText(N_("The time goes on"), "clock", "quiet"),
    "DeadlineUnknown": FactText(N_("The due date cannot be stated for now"), "clock", "quiet"),
    "DeadlineBreached": FactText(N_("The due date passed without an answer"), "clock", "yours"),
    "DeadlineEscalated": FactText(N_("It is late, and those responsible were told"), "bell", "quiet"),
    "NotificationSent": FactText(N_("We wrote to you"), "bell", "quiet"),
    "NotificationFailed": FactText(N_("Our message did not reach you"), "bell", "yours"),
}
"""By event type, or by type and its actor, decision or channel.

Other events are not shown; that an answer was in time is part of the answer.
"""

PUBLIC_STATUSES = {status: (name, tone) for status, (name, tone, _) in STATUSES.items()} | {
    "awaiting_citizen": (N_("Waiting for its author"), "moving"),
}
"""By status, for the public."""

PUBLIC_FACTS = {
    "SubmissionReceived": FactText(N_("It was received"), "check"),
    "SubmissionReopened": FactText(N_("Its author opened it again"), "back"),
    "SubmissionClosed": FACTS["SubmissionClosed"],
    "SubmissionAssigned": FACTS["SubmissionAssigned"],
    "AssignmentAcknowledged": FACTS["AssignmentAcknowledged"],
    "SubmissionTransferred": FACTS["SubmissionTransferred"],
    "SubCaseOpened": FACTS["SubCaseOpened"],
    "SubCaseMoved": FACTS["SubCaseMoved"],
    "SubmissionAnswered": FACTS["SubmissionAnswered"],
    "SubmissionDeclined": FACTS["SubmissionDeclined"],
    "SuggestionDecided": FactText(N_("%(entity)s decided on the suggestion"), "answer", "good"),
    "SuggestionImplemented": FactText(N_("%(entity)s put the suggestion into practice"), "check", "good"),
    "AppealFiled": FactText(N_("Its author appealed to the central office"), "building"),
    "AppealDecided": FactText(N_("The central office decided on the appeal"), "answer", "good"),
    "DeadlineBreached": FACTS["DeadlineBreached"],
}
"""The events that the public sees, without anybody's words."""

SIGNS = {
    "mail": N_("Mail address"),
    "domain": N_("Domain of a mail address"),
    "phone": N_("Phone number"),
    "phrase": N_("Phrase in the text"),
}
"""The kinds of entries on the abuse list."""

PUBLICATIONS = {
    "awaiting": N_("Waiting for a decision"),
    "published": N_("Published"),
    "hidden": N_("Not public"),
    "revoked": N_("Taken back by its author"),
}
"""By state of a publication, for moderators."""

DECISIONS = {
    "publish": N_("Published"),
    "edit": N_("The text was changed"),
    "hide": N_("Hidden"),
    "publish_photo": N_("A photo was chosen for the public"),
    "hide_photo": N_("A photo was taken from the public"),
    "agree": N_("The author agreed"),
    "revoke": N_("The author took it back"),
}

RATINGS = {
    "1": N_("Very poor"),
    "2": N_("Poor"),
    "3": N_("Fair"),
    "4": N_("Good"),
    "5": N_("Very good"),
}

REASON_WORDS = {
    Reason.QUICK: N_("It came quickly"),
    Reason.CLEAR: N_("It was clear"),
    Reason.SOLVED: N_("The matter is settled"),
    Reason.RESPECTFUL: N_("I was treated with respect"),
    Reason.SLOW: N_("It took too long"),
    Reason.UNCLEAR: N_("It was not clear"),
    Reason.UNSOLVED: N_("The matter is not settled"),
    Reason.BESIDE_THE_POINT: N_("It did not answer what I wrote"),
    Reason.DISRESPECTFUL: N_("I was not treated with respect"),
}
REASONS = [
    (N_("What was good?"), [(reason, REASON_WORDS[reason]) for reason in GOOD]),
    (N_("What was not?"), [(reason, REASON_WORDS[reason]) for reason in POOR]),
]
"""The reasons of a rating as the form groups them, under headings."""
