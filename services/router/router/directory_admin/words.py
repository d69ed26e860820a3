"""Names of the directory's lists, fields and changes. Messages are translated where they are shown."""

from shared.web.catalogues import N_

LISTS = {
    "entities": N_("Entities"),
    "officials": N_("Officials"),
    "categories": N_("Catalogue"),
    "rules": N_("Rules"),
    "areas": N_("Areas"),
    "places": N_("Places"),
    "templates": N_("Templates of answers"),
}

NEW = {
    "entities": N_("New entity"),
    "officials": N_("New official"),
    "categories": N_("New category"),
    "rules": N_("New rule"),
    "areas": N_("New area"),
    "places": N_("New place"),
    "templates": N_("New template"),
}

FIELDS = {
    "id": N_("Short name"),
    "name": N_("Name"),
    "name.ar": N_("Name in Arabic"),
    "name.en": N_("Name in English"),
    "kind": N_("What it is"),
    "email": N_("Work address (e-mail)"),
    "calendar": N_("Calendar of working hours"),
    "parent": N_("Belongs to"),
    "areas": N_("Areas served"),
    "head": N_("Head"),
    "phone": N_("Telephone"),
    "website": N_("Website"),
    "address.ar": N_("Address in Arabic"),
    "address.en": N_("Address in English"),
    "answers_need_approval": N_("Answers wait for a supervisor's approval"),
    "assigning": N_("How officials come to their cases"),
    "interim.most": N_("Interim replies: how many at most"),
    "interim.days": N_("Interim replies: at most so many days ahead"),
    "entity": N_("Responsible entity"),
    "role": N_("Role"),
    "other_roles": N_("Further roles"),
    "language": N_("Written to in"),
    "deputies": N_("Deputies"),
    "absences": N_("Absent"),
    "skills": N_("Versed in"),
    "entity_by_area": N_("Responsible entity by area"),
    "priority": N_("Priority"),
    "kinds": N_("Kinds of submissions"),
    "words.ar": N_("Other words in Arabic"),
    "words.en": N_("Other words in English"),
    "description.ar": N_("Description in Arabic"),
    "description.en": N_("Description in English"),
    "questions": N_("What it asks"),
    "elsewhere.name.ar": N_("Not for this system: what to do instead, in Arabic"),
    "elsewhere.name.en": N_("Not for this system: what to do instead, in English"),
    "elsewhere.phone": N_("Not for this system: the number to call"),
    "publication": N_("May everybody read it?"),
    "needs_evidence": N_("Answers come with a photo or document that shows it"),
    "blocks": N_("Block numbers"),
    "polygon": N_("Outline"),
    "polygons": N_("Outlines of several pieces of land"),
    "other_names.ar": N_("Other names in Arabic"),
    "other_names.en": N_("Other names in English"),
    "lat": N_("Latitude"),
    "lon": N_("Longitude"),
    "when.kinds": N_("When: kinds"),
    "when.categories": N_("When: chosen categories"),
    "when.areas": N_("When: areas"),
    "when.channels": N_("When: ways in"),
    "when.times": N_("When: times of the week"),
    "when.words": N_("When: words in the text"),
    "then": N_("Then"),
    "category": N_("Category"),
    "text.ar": N_("Text in Arabic"),
    "text.en": N_("Text in English"),
}
"""By the column that holds it."""

_NAMES = N_("Short names, with blanks between. Empty: all.")
_WORDS = N_("With | between.")
HINTS = {
    "id": N_("Letters, digits, dots and hyphens. It stays for good: other things name it."),
    "areas": _NAMES,
    "entity_by_area": N_("For each area: area=entity, with blanks between."),
    "kinds": N_("complaint, suggestion, observation, enquiry; with blanks between. Empty: all."),
    "words.ar": _WORDS,
    "words.en": _WORDS,
    "other_names.ar": _WORDS,
    "other_names.en": _WORDS,
    "when.times": N_("When it came, like fri-sat 08:00-20:00 or thu 22:00-06:00; with | between. Empty: at any time."),
    "when.words": N_("One of them is enough; with | between. Empty: any text."),
    "when.kinds": _NAMES,
    "when.categories": _NAMES,
    "when.areas": _NAMES,
    "when.channels": _NAMES,
    "then": N_("“catalogue”, “triage”, “category” and its short name, or “entity” and its short name."),
    "questions": N_("As JSON: a list of questions with code, name, answer, required and options."),
    "polygon": N_("As JSON: the coordinates of a GeoJSON Polygon. Importing a file is easier."),
    "polygons": N_("Instead of one outline, as JSON: the coordinates of a GeoJSON MultiPolygon."),
    "head": N_("Who answers for the entity. Empty: its officials with the role of head."),
    "website": N_("With https:// in front."),
    "other_roles": N_("officer, supervisor, head, central, administrator, auditor; with blanks between."),
    "deputies": N_("Short names of colleagues, with blanks between. The first who is not absent too acts."),
    "absences": N_("Days like 2026-12-01..2026-12-10, both included, with blanks between."),
    "skills": N_("Short names of categories, with blanks between; all below them belong to them."),
    "publication": N_("“Asked” leaves it to the author of each submission, and then to a moderator."),
    "blocks": N_("Ranges like 301..316, with blanks between."),
    "text.ar": N_("{reference}, {category} and {entity} are filled in."),
    "text.en": N_("{reference}, {category} and {entity} are filled in."),
}

ENTITY_KINDS = {
    "ministry": N_("Ministry"),
    "authority": N_("Authority"),
    "municipality": N_("Municipality"),
    "centre": N_("Centre"),
    "central": N_("Central office"),
}
PUBLICITY = {"asked": N_("Their author is asked"), "never": N_("Never")}

WAYS = {
    "hand": N_("By hand"),
    "load": N_("Whoever has the fewest"),
    "skill": N_("Whoever is versed in the category"),
    "turn": N_("In turn"),
}
YES_OR_NO = {"true": N_("Yes"), "false": N_("No")}
ROLES = {
    "officer": N_("Officer"),
    "supervisor": N_("Supervisor"),
    "head": N_("Head of the entity"),
    "central": N_("Triage and appeals"),
    "administrator": N_("Administrator"),
    "auditor": N_("Auditor"),
}

CHANGES = {
    "added": N_("New"),
    "changed": N_("Changed"),
    "removed": N_("Removed"),
    "moved": N_("Moved in the order"),
}

EDITS = {
    "put": N_("Written"),
    "removed": N_("Removed"),
    "imported": N_("Imported from a file"),
    "rebased": N_("Done again on the newest version"),
    "taken back": N_("Taken back"),
}

DONE = {
    "put": N_("It is in the draft. Nothing is published yet."),
    "removed": N_("It is out of the draft. Nothing is published yet."),
    "imported": N_("The file is in the draft. Nothing is published yet."),
    "rebased": N_("The draft is done again on the newest version."),
    "discarded": N_("The draft is thrown away."),
    "published": N_("Published."),
    "scheduled": N_("Published; it holds from the time that you set."),
    "taken-back": N_("Taken back; what it had is in the draft."),
}
"""By what was done on the page before."""
