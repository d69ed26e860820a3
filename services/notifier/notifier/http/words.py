"""States, channels, lanes, audiences and faults in words, with the tone of chips."""

from shared.web.catalogues import N_

STATES = {
    "created": (N_("waits"), "waiting"),
    "sending": (N_("being sent"), "moving"),
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
    "follower": N_("its followers"),
    "new-follower": N_("a new follower"),
    "subscriber": N_("subscribers of its area or category"),
    "in-charge": N_("the person in charge at the entity, or else the team"),
    "team": N_("the team: all officers of the entity"),
    "supervisor": N_("the supervisor of the entity"),
    "head": N_("the head of the entity"),
    "named": N_("the people named by the event"),
    "relieved": N_("the person it was taken from, because another has it now"),
    "central": N_("the central office"),
    "rung": N_("the people named by the escalation"),
}
FAULTS = {
    "syntax": N_("This cannot be read as a template."),
    "not-allowed": N_("Only placeholders and conditions are allowed: no loops, attributes, filters or calls."),
    "unknown-placeholder": N_("There is no such placeholder."),
    "missing-language": N_("This language is missing."),
    "no-sms": N_("Another language has an SMS text, but this one has none."),
    "sms-too-long": N_("The SMS is too long."),
    "no-row": N_("This event has no row and is not marked as “nobody is notified”."),
    "untold-transition": N_("This transition can happen, but no row says who is notified."),
    "no-such-event": N_("There is no such event."),
    "no-such-state": N_("There is no such state."),
    "not-given": N_("The template uses this placeholder, but not every event has it. Put it inside a condition."),
    "no-template": N_("There is no such template."),
    "no-sms-in-template": N_("A row is sent by SMS, but its template has no SMS text."),
}
