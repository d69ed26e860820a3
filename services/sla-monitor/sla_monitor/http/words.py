"""Display names of values in calendars and policies."""

from shared.web.catalogues import N_

KINDS = {
    "complaint": N_("Complaint"),
    "suggestion": N_("Suggestion"),
    "observation": N_("Observation"),
    "enquiry": N_("Enquiry"),
}

PRIORITIES = {"normal": N_("Normal"), "high": N_("High"), "urgent": N_("Urgent")}

TARGETS = {
    "answer": N_("Answer"),
    "triage": N_("Placing it"),
    "acknowledge": N_("Taking it"),
    "update": N_("News meanwhile"),
    "resolve": N_("Resolving it"),
}

CHANGES = {"added": N_("New"), "changed": N_("Changed"), "removed": N_("Taken away")}

PARTS = {
    "name": N_("name"),
    "zone": N_("time zone"),
    "default": N_("whether it is the default"),
    "valid_from": N_("first day"),
    "valid_until": N_("last day"),
    "week": N_("weekly hours"),
    "holidays": N_("country of the holidays"),
    "in_lieu": N_("days in lieu"),
    "special": N_("special hours and closures"),
    "public_holidays": N_("list of public holidays"),
    "entity": N_("entity"),
    "category": N_("category"),
    "priority": N_("priority"),
    "kind": N_("kind"),
    "calendar": N_("calendar"),
    "targets": N_("targets"),
    "ladder": N_("ladder of escalation"),
    "waiting_limit": N_("limit of waiting"),
    "remind_after": N_("reminder while waiting"),
    "after_reopening": N_("time after a reopening"),
    "after_transfer": N_("share after a transfer"),
    "interim_extension": N_("extension by an interim reply"),
}
