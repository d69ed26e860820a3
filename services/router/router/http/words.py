"""Words for states, kinds and facts on the officials' pages. Messages are translated where they are shown."""

from dataclasses import dataclass

from shared.web.catalogues import N_

from router.cases.life import State

KINDS = {
    "complaint": N_("Complaint"),
    "suggestion": N_("Suggestion"),
    "observation": N_("Observation"),
    "enquiry": N_("Enquiry"),
}

PRIORITIES = {"normal": N_("Normal"), "high": N_("High"), "urgent": N_("Urgent")}

CHANNELS = {
    "web": N_("Website"),
    "app": N_("App"),
    "portal": N_("Another portal"),
    "counter": N_("Counter"),
    "phone": N_("Phone"),
    "api": N_("Another system"),
    "open311": N_("Another system (Open311)"),
    "import": N_("Imported"),
}

LANGUAGES = {"ar": N_("Arabic"), "en": N_("English")}

STATES = {
    State.IN_TRIAGE: (N_("Waits to be placed"), "yours"),
    State.ASSIGNED: (N_("New"), "yours"),
    State.ACKNOWLEDGED: (N_("In work"), "moving"),
    State.AWAITING_CITIZEN: (N_("Waits for its author"), "waiting"),
    State.APPEALED: (N_("Appealed against"), "yours"),
    State.EVALUATING: (N_("Looked into"), "moving"),
    State.ACCEPTED: (N_("Accepted"), "good"),
    State.REJECTED: (N_("Not taken up"), "ended"),
    State.IMPLEMENTED: (N_("Put into practice"), "good"),
    State.ANSWERED: (N_("Answered"), "good"),
    State.CLOSED: (N_("Closed"), "ended"),
    State.DECLINED: (N_("Declined"), "ended"),
    State.WITHDRAWN: (N_("Withdrawn"), "ended"),
    State.MERGED: (N_("Merged"), "ended"),
}
"""By state: its name and the chip's tone."""

STANDINGS = {
    "late": N_("Overdue"),
    "at_risk": N_("At risk"),
    "running": N_("In time"),
    "paused": N_("The time stands still"),
    "over": N_("Over"),
    "unknown": N_("Clock unknown"),
}

ANSWER_CODES = {
    "resolved": N_("Put right"),
    "planned": N_("Will be put right at a stated time"),
    "explained": N_("Explained or informed"),
    "not-confirmed": N_("Looked into, not confirmed"),
    "no-change": N_("Stays as it is, with the reason"),
}
DECLINE_CODES = {
    "not-a-submission": N_("Not a submission (advertisement, test, abuse)"),
    "repeated": N_("Sent before by the same person"),
    "not-understandable": N_("Cannot be understood, also after asking"),
    "before-court": N_("Before a court"),
    "not-government": N_("No government entity can answer it"),
}
VERDICTS = {
    "evaluating": (N_("Looked into"), N_("Its author is told that you look into it. The time goes on.")),
    "accepted": (N_("Accepted"), N_("You will do it; say so here once more when it is done.")),
    "rejected": (N_("Not taken up"), N_("It ends here, with your reason.")),
}
CODES = ANSWER_CODES | DECLINE_CODES | {verdict: words for verdict, (words, _) in VERDICTS.items()}


@dataclass(frozen=True)
class EntryWording:
    """How a fact is told. `title` may name the `entity`."""

    title: str
    icon: str
    tone: str = "moving"


FACTS = {
    "SubmissionReceived": EntryWording(N_("It came in"), "check", "quiet"),
    "TriageRequested": EntryWording(N_("Sent to the central office to be placed"), "person", "yours"),
    "SubmissionAssigned": EntryWording(N_("Given to %(entity)s"), "building"),
    "AssignmentAcknowledged": EntryWording(N_("Acknowledged"), "check"),
    "InformationRequested": EntryWording(N_("Its author was asked"), "question", "yours"),
    "InformationAdded": EntryWording(N_("Its author added information"), "person", "yours"),
    "AttachmentsAdded": EntryWording(N_("Its author added files"), "file", "yours"),
    "OfficialFilesAdded": EntryWording(N_("Files of officials were added"), "file", "quiet"),
    "InterimReplyGiven": EntryWording(N_("Interim reply"), "answer"),
    "AnswerProposed": EntryWording(N_("An answer was proposed"), "lock", "yours"),
    "AnswerSentBack": EntryWording(N_("The proposed answer was sent back"), "back", "yours"),
    "SuggestionDecided": EntryWording(N_("The suggestion was decided on"), "answer", "good"),
    "SuggestionImplemented": EntryWording(N_("It was put into practice"), "check", "good"),
    "OfficialPutInCharge": EntryWording(N_("Somebody of the entity has it"), "person", "quiet"),
    "SubmissionRecategorised": EntryWording(N_("The category was corrected"), "dot", "quiet"),
    "PriorityChanged": EntryWording(N_("Another priority"), "dot", "quiet"),
    "SubCaseOpened": EntryWording(N_("%(entity)s was asked for a part"), "building"),
    "SubCaseClosed": EntryWording(N_("%(entity)s answered for its part"), "answer", "good"),
    "SubCaseMoved": EntryWording(N_("The part is with %(entity)s now"), "building"),
    "SubCaseConfided": EntryWording(N_("Who at %(entity)s reads the part was decided"), "lock", "quiet"),
    "SubCaseTakenBack": EntryWording(N_("A part was taken back"), "close", "quiet"),
    "SubCasesLeftOpen": EntryWording(N_("Ended without waiting for all parts"), "dot", "quiet"),
    "ConfidentialityChanged": EntryWording(N_("Who reads it was decided"), "lock", "quiet"),
    "NoteWritten": EntryWording(N_("Internal note"), "lock", "quiet"),
    "SubmissionTransferred": EntryWording(N_("Transferred to %(entity)s"), "building"),
    "SubmissionAnswered": EntryWording(N_("Answered"), "answer", "good"),
    "SubmissionDeclined": EntryWording(N_("Declined"), "close", "quiet"),
    "SubmissionReopened": EntryWording(N_("Its author reopened it"), "back", "yours"),
    "SubmissionRated": EntryWording(N_("Its author rated the answer"), "person", "quiet"),
    "SubmissionWithdrawn": EntryWording(N_("It was withdrawn"), "close", "quiet"),
    "SubmissionClosed": EntryWording(N_("Closed"), "check", "quiet"),
    "AppealFiled": EntryWording(N_("Its author appealed"), "person", "yours"),
    "AppealDecided": EntryWording(N_("The appeal was decided"), "answer"),
    "SubmissionMerged": EntryWording(N_("Merged into another submission"), "dot", "quiet"),
    "SubmissionUnmerged": EntryWording(N_("It stands by itself again"), "dot", "moving"),
    "DuplicateMerged": EntryWording(N_("Another submission was merged into it"), "dot", "quiet"),
    "DuplicateUnmerged": EntryWording(N_("Another submission is no more merged into it"), "dot", "quiet"),
    "LinkMade": EntryWording(N_("Linked with another submission"), "dot", "quiet"),
    "LinkTaken": EntryWording(N_("A link with another submission was taken away"), "dot", "quiet"),
    "DeadlineResumed": EntryWording(N_("The waiting for its author ended"), "clock", "quiet"),
}
OTHER = EntryWording(N_("Noted"), "dot", "quiet")

CLOSED_BECAUSE = {
    "rated": N_("Its author rated the answer."),
    "time_passed": N_("Its author did not object in time."),
    "appeal_dismissed": N_("The appeal was dismissed."),
}

DECISIONS = {
    "upheld": (N_("Upheld"), N_("The entity has it again, with a new due time.")),
    "dismissed": (N_("Dismissed"), N_("The answer stands, and it is closed for good.")),
}

FILES_PUT = N_("The files are here. Choose below what your answer shows, or what a note is about.")

PART_CONFIDED = N_("Kept. Those who are named read this part, as do its head and who reads the whole.")

DONE = {
    "acknowledge": N_("Acknowledged. Its author sees that you have it."),
    "answer": N_("Your answer is on its way to its author."),
    "question": N_("Your question is on its way to its author. The time stands still once it reaches them."),
    "decline": N_("Declined. Its author is told why."),
    "transfer": N_("Transferred. The other entity has it now."),
    "give-up": N_("The central office has it now, and decides whose it is."),
    "triage": N_("Placed. The entity has it now."),
    "note": N_("Noted. Only officials see it."),
    "confidential": N_("Kept. Only those who are named read it, or everybody of the entity again."),
    "propose": N_("Your answer waits for a supervisor. The time goes on."),
    "approve": N_("Approved. The answer is on its way to its author."),
    "send-back": N_("Sent back. Who wrote it reads why."),
    "interim": N_("Your interim reply is on its way to its author."),
    "suggestion": N_("Decided. Its author is told."),
    "implement": N_("Its author is told that it was put into practice."),
    "sub-case": N_("Asked. The entity has a case of its own for it; your time goes on."),
    "take-back": N_("Taken back. The entity need not answer any more."),
    "in-charge": N_("Done. Whoever has it now is told."),
    "recategorise": N_("The category is corrected."),
    "prioritise": N_("The priority is changed."),
    "appeal": N_("Decided. Both sides are told."),
}
"""By the action that was done."""
