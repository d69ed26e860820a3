"""The words of the webhook console."""

from shared.web.catalogues import N_

EVENTS = {
    "submission.assigned": N_("A submission was assigned to the entity"),
    "submission.transferred": N_("A submission came from, or went to, another entity"),
    "submission.acknowledged": N_("An official took it up"),
    "submission.question_asked": N_("The citizen was asked something"),
    "submission.information_added": N_("The citizen added something"),
    "submission.answered": N_("It was answered"),
    "submission.declined": N_("It was declined"),
    "submission.withdrawn": N_("The citizen withdrew it"),
    "submission.reopened": N_("It was reopened"),
    "submission.closed": N_("It was closed"),
    "submission.published": N_("It was published"),
    "submission.hidden": N_("It is not public any more"),
    "appeal.filed": N_("An appeal was filed"),
    "appeal.decided": N_("An appeal was decided"),
    "deadline.set": N_("The time for the answer began"),
    "deadline.moved": N_("The due time moved"),
    "deadline.approaching": N_("The due time comes near"),
    "deadline.breached": N_("The due time passed"),
    "deadline.escalated": N_("It was escalated"),
    "webhook.test": N_("A test"),
}

STATES = {
    "active": (N_("Receives"), "good"),
    "failing": (N_("Does not answer at the moment"), "waiting"),
    "paused": (N_("Paused"), "ended"),
    "dead": (N_("Paused by Tawasul"), "yours"),
}
"""Words and the look of the chip."""

DELIVERIES = {
    "waiting": N_("Waits"),
    "delivered": N_("Delivered"),
    "failed": N_("Not taken"),
    "left-out": N_("Left out"),
}

REASONS = {
    "not outside": N_("the address leads into an inner network"),
    "no secret": N_("there is no secret that can be read"),
    "no connection": N_("no connection"),
    "no answer": N_("the connection broke off"),
    "no answer in time": N_("no answer in time"),
    "redirects are not followed": N_("redirects are not followed"),
}

DONE = {
    "change": N_("It is changed."),
    "pause": N_("Nothing is sent for now. What happens waits."),
    "resume": N_("It is sent again."),
    "removed": N_("The endpoint is removed."),
    "replay": N_("What happened in this period is sent once more."),
    "nothing": N_("Nothing was sent in this period that could be sent again."),
}

NOT_A_PERIOD = N_("Choose a first day and a last day that is not before it.")
CHOOSE_EVENTS = N_("Choose at least one event.")
WRITE_ADDRESS = N_("Write an address that begins with https://.")
WHOSE = N_("Name an entity of the directory, or a partner with the name they sign in as.")
