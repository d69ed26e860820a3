"""The words for matters, single events and channels on the page of preferences."""

from collections.abc import Mapping

from shared.web.catalogues import N_

MATTERS: Mapping[str, tuple[str, str]] = {
    "receipt": (N_("Receipts"), N_("that your submission has been received")),
    "progress": (N_("Progress"), N_("that an entity received it or passed it on")),
    "question": (N_("Questions to you"), N_("an entity cannot continue without your answer")),
    "decision": (N_("Answers and decisions"), N_("what the entity has answered, or decided about an appeal")),
    "closing": (N_("Closing"), N_("that a submission was closed")),
    "following": (N_("Submissions you follow"), N_("that one you follow was answered or declined")),
    "assignment": (N_("New work"), N_("submissions that were assigned, transferred or reopened to your entity")),
    "reply": (N_("Replies of citizens"), N_("additions and answers to your questions")),
    "appeal": (N_("Appeals"), N_("filed, or decided against your entity")),
    "triage": (N_("Triage"), N_("submissions that no rule could assign")),
    "deadline": (N_("Deadlines that approach"), N_("while there is still time")),
    "breach": (N_("Missed deadlines"), N_("the time has passed without an answer")),
    "escalation": (N_("Escalations"), N_("submissions that were escalated to you")),
}
CHANNELS = {"mail": N_("By mail"), "sms": N_("By SMS"), "push": N_("In browsers that show notifications")}

EVENTS: Mapping[str, str] = {
    "SubmissionReceived": N_("It was received"),
    "SubmissionAssigned": N_("An entity received it"),
    "SubmissionTransferred": N_("It was passed on to another entity"),
    "SubmissionMerged": N_("It was merged with another one"),
    "SubmissionUnmerged": N_("It was separated again"),
    "InterimReplyGiven": N_("An entity reports its progress"),
    "SuggestionDecided": N_("A suggestion is evaluated, accepted or rejected"),
    "SuggestionImplemented": N_("A suggestion was carried out"),
    "InformationRequested": N_("A question was asked"),
    "ReplyAwaited": N_("A question still waits for an answer"),
    "SubmissionAnswered": N_("It was answered"),
    "SubmissionDeclined": N_("It was declined"),
    "SubmissionPublished": N_("It was published, in an area or a category you chose"),
    "AppealDecided": N_("An appeal was decided"),
    "AppealFiled": N_("An appeal was filed"),
    "SubmissionReopened": N_("It was opened again"),
    "OfficialsMentioned": N_("A colleague named you in a note"),
    "OfficialPutInCharge": N_("It was assigned to you or to somebody else"),
    "SubCaseClosed": N_("Another entity has answered a part of it"),
    "SubCaseMoved": N_("A part of it was passed on"),
    "SubCaseTakenBack": N_("A part of it was taken back"),
    "SubCaseInformed": N_("The author of the submission added information that your part needs"),
    "AnswerProposed": N_("An answer waits for your approval"),
    "AnswerSentBack": N_("An answer was sent back to you"),
    "InformationAdded": N_("Its author added information or answered"),
    "AttachmentsAdded": N_("Its author has added files"),
    "DeadlineApproaching": N_("A deadline approaches"),
    "DeadlineBreached": N_("A deadline was missed"),
}
"""The events of the delivered table; an administrator's own events are shown by their names."""
