"""The words of the webhook console."""

from shared.web.catalogues import N_

EVENTS = {
    "submission.assigned": N_("A submission was assigned to the entity"),
    "submission.transferred": N_("A submission came from, or went to, another entity"),
    "submission.acknowledged": N_("An official started work on it"),
    "submission.question_asked": N_("A question was asked to the citizen"),
    "submission.information_added": N_("The citizen added information"),
    "submission.answered": N_("It was answered"),
    "submission.declined": N_("It was declined"),
    "submission.withdrawn": N_("The citizen withdrew it"),
    "submission.reopened": N_("It was reopened"),
    "submission.closed": N_("It was closed"),
    "submission.published": N_("It was published"),
    "submission.hidden": N_("It is no longer public"),
    "appeal.filed": N_("An appeal was filed"),
    "appeal.decided": N_("An appeal was decided"),
    "deadline.set": N_("The time limit for the answer started"),
    "deadline.moved": N_("The due time moved"),
    "deadline.approaching": N_("The due time is near"),
    "deadline.breached": N_("The due time passed"),
    "deadline.escalated": N_("It was escalated"),
    "webhook.test": N_("A test"),
}

STATES = {
    "active": (N_("Active"), "good"),
    "failing": (N_("Does not answer at the moment"), "waiting"),
    "paused": (N_("Paused"), "ended"),
    "dead": (N_("Paused by Tawasul"), "yours"),
}
"""Words and the look of the chip."""

DELIVERIES = {
    "waiting": N_("Waits"),
    "delivered": N_("Delivered"),
    "failed": N_("Not accepted"),
    "left-out": N_("Skipped"),
}

REASONS = {
    "not outside": N_("the address is in an internal network"),
    "no secret": N_("no secret is readable"),
    "no connection": N_("no connection"),
    "no answer": N_("the connection was interrupted"),
    "no answer in time": N_("no answer in time"),
    "redirects are not followed": N_("redirects are not followed"),
}

DONE = {
    "change": N_("Saved."),
    "pause": N_("Paused. New events wait until you resume."),
    "resume": N_("Resumed."),
    "removed": N_("The endpoint was removed."),
    "replay": N_("The events of this period are sent again."),
    "nothing": N_("There is nothing to send again in this period."),
}

NOT_A_PERIOD = N_("Choose a first day and a last day that is not before it.")
CHOOSE_EVENTS = N_("Choose at least one event.")
WRITE_ADDRESS = N_("Write an address that begins with https://.")
WHOSE = N_("Name an entity of the directory, or a partner with the name they sign in as.")
