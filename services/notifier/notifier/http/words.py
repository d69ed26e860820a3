"""States, channels, lanes, audiences and faults in words, with the tone of chips."""

from shared.web.catalogues import N_

STATES = {
    "created": (N_("waits"), "waiting"),
    "sending": (N_("is handed over"), "moving"),
    "withheld": (N_("withheld"), "waiting"),
    "held": (N_("held until later"), "waiting"),
    "sent": (N_("sent"), "moving"),
    "delivered": (N_("delivered"), "good"),
    "temporary-failure": (N_("refused for now"), "yours"),
    "permanent-failure": (N_("refused for good"), "grave"),
    "technical-failure": (N_("failed"), "grave"),
    "cancelled": (N_("cancelled"), "ended"),
}
CHANNELS = {
    "mail": N_("mail"),
    "sms": N_("SMS"),
    "push": N_("web push"),
}
LANES = {"urgent": N_("urgent"), "normal": N_("normal"), "bulk": N_("bulk")}

AUDIENCES = {
    "author": N_("the author"),
    "follower": N_("who follows it"),
    "new-follower": N_("who asks to follow it"),
    "subscriber": N_("who asked to hear of its area or category"),
    "in-charge": N_("who of the entity has it, or else the team"),
    "team": N_("the team: all officers of the entity"),
    "supervisor": N_("the supervisor of the entity"),
    "head": N_("the head of the entity"),
    "named": N_("whom the event names"),
    "relieved": N_("who has it no more, as another has it now"),
    "central": N_("the central office"),
    "rung": N_("whom the escalation names"),
}
FAULTS = {
    "syntax": N_("This cannot be read as a template."),
    "not-allowed": N_("Only placeholders and conditions are allowed: no loops, attributes, filters or calls."),
    "unknown-placeholder": N_("There is no such placeholder."),
    "missing-language": N_("This language is missing."),
    "no-sms": N_("One language has an SMS and this one has none."),
    "sms-too-long": N_("The SMS is too long."),
    "no-row": N_("This event has no row and is not told to nobody either."),
    "untold-transition": N_("This can happen, and no row says whom it is told to."),
    "no-such-event": N_("There is no such event."),
    "no-such-state": N_("There is no such state."),
    "not-given": N_("The template says this, and the event does not know it. Put a condition around it."),
    "no-template": N_("There is no such template."),
    "no-sms-in-template": N_("A row goes by SMS, and its template has none."),
}
