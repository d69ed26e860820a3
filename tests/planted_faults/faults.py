"""The faults: small changes of the sources, each of which breaks something between two services or more.

They were chosen before anybody looked at which of them the tests find. A fault whose source has moved on is written
anew at the same border; it is not dropped because it is found, nor kept out because it is not.
"""

from dataclasses import dataclass

ALL = "all services"


@dataclass(frozen=True)
class Edit:
    """`old` stands exactly once in the source of `module`."""

    module: str
    old: str
    new: str


@dataclass(frozen=True)
class Fault:
    """`between` which services, and what it `breaks`."""

    between: str
    breaks: str
    edits: tuple[Edit, ...]


def _fault(between: str, breaks: str, *edits: Edit) -> Fault:
    return Fault(between, breaks, edits)


FAULTS: tuple[Fault, ...] = (
    _fault(
        ALL,
        "The field `answers` is dropped as an event is written: a question's id and a form's answers never arrive.",
        Edit(
            "shared.events.envelope",
            "to_json(event.data, exclude_none=True),",
            'to_json(event.data, exclude_none=True, exclude={"answers"}),',
        ),
    ),
    _fault(
        "sla-monitor → notifier",
        "`tell_from` is called otherwise on the wire alone: people are told of a breach at night.",
        Edit(
            "shared.events.envelope",
            "to_json(event.data, exclude_none=True),",
            """to_json(event.data, exclude_none=True).replace(b'"tell_from"', b'"tellFrom"'),""",
        ),
    ),
    _fault(
        ALL,
        "The time of an event is cut to whole seconds as it is written: what follows within one has the same time.",
        Edit("shared.events.envelope", 'time.isoformat(timespec="milliseconds")', 'time.isoformat(timespec="seconds")'),
    ),
    _fault(
        ALL,
        "Records have the event's id as their key: the events of one submission lose their order and their case.",
        Edit("shared.messaging.publisher", 'key = entry["key"].encode() if', 'key = str(entry.get("id")).encode() if'),
    ),
    _fault(
        ALL,
        "The sequence is not increased: each event of a submission says that it is the first.",
        Edit("shared.storage.aggregates", "sequence = self.sequences.get(stream, 0) + 1", "sequence = 1"),
    ),
    _fault(
        ALL,
        "Two events that follow from one event get the same id: the second is taken for a repetition of the first.",
        Edit("shared.events.envelope", 'uuid5(cause, f"{source}/{place}")', "uuid5(cause, source)"),
    ),
    _fault(
        ALL,
        "The newest sequence that was taken is not stored with a change: everything later looks like a gap.",
        Edit(
            "shared.storage.aggregates",
            "        if self.sequence_changed:\n            # A note",
            "        if False:\n            # A note",
        ),
    ),
    _fault(
        ALL,
        "An event that was taken before counts as new: it has its effect twice, or its batch never ends.",
        Edit("shared.messaging.consumer", "if item.id in known or _is_forgotten", "if _is_forgotten"),
    ),
    _fault(
        ALL,
        "A gap in the sequence is waited for: one event that was lost holds up its whole partition.",
        Edit(
            "shared.messaging.consumer",
            "metrics.SEQUENCE_GAPS.labels(item.topic.name).inc()",
            'raise RetryLater("an event before this one is missing")',
        ),
    ),
    _fault(
        ALL,
        "The outbox is emptied whatever came into it meanwhile: an event written while others are sent is never sent.",
        Edit("shared.messaging.relay", '{"_id": {"$in": ids}, "pending": number}', '{"_id": {"$in": ids}}'),
    ),
    _fault(
        "each owner → its consumers' reconcilers",
        "A statement says one event less than was published: the last one may be missing and nobody sees it.",
        Edit(
            "shared.reconciliation.statements",
            'sequence=document.get("sequences", {}).get(self.facts.stream, 0),',
            'sequence=max(0, document.get("sequences", {}).get(self.facts.stream, 0) - 1),',
        ),
    ),
    _fault(
        "intake → router, notifier",
        "The language of a submission is lost: every receipt says Arabic, and all mails are written in it.",
        Edit(
            "intake.filing.commands",
            "reference=submission.reference,\n        kind=filed.kind,\n        text=filed.text,\n"
            "        language=filed.language,",
            "reference=submission.reference,\n        kind=filed.kind,\n        text=filed.text,\n"
            '        language="ar",',
        ),
    ),
    _fault(
        "intake → router, sla-monitor",
        "A citizen's answer leaves out the id of its question: the pause goes on, the official waits.",
        Edit("intake.tracking.commands", "to_state=after, text=text, answers=answers)", "to_state=after, text=text)"),
    ),
    _fault(
        "intake → notifier, webhooks",
        "A reopening says its states the wrong way round: as if it had been reopened and is answered now.",
        Edit(
            "intake.tracking.commands",
            "data = SubmissionReopened(submission_id=id, from_state=before, to_state=after,",
            "data = SubmissionReopened(submission_id=id, from_state=after, to_state=before,",
        ),
    ),
    _fault(
        "sla-monitor → intake",
        "Intake ignores a deadline that moved: the citizen reads the due time of before.",
        Edit(
            "intake.consumers",
            "dict.fromkeys(FACTS_OF_OTHERS, on_fact)",
            "dict.fromkeys({*FACTS_OF_OTHERS} - {deadlines.DeadlineMoved}, on_fact)",
        ),
        Edit("intake.consumers", "deadlines.DeadlinesMoved,", "deadlines.DeadlinesMoved, deadlines.DeadlineMoved,"),
    ),
    _fault(
        "intake → notifier",
        "An erasure takes back what says that an address was confirmed, and leaves the address.",
        Edit(
            "intake.confirmation.commands",
            "keys = (contact_key(id, AUTHOR), *(confirmation_key",
            "keys = (*(), *(confirmation_key",
        ),
    ),
    _fault(
        "router → sla-monitor, notifier, webhooks",
        "A transfer names the entity that it comes from as the new one, and the other way round.",
        Edit(
            "router.casework.decisions",
            "from_entity=str(before.entity),\n        entity=entity,",
            "from_entity=entity,\n        entity=str(before.entity),",
        ),
    ),
    _fault(
        "intake → router",
        "The router ignores that a person was erased: their words stay on the desk.",
        Edit("router.consumers", "    PersonErased: on_person_erased,\n", ""),
        Edit("router.consumers", "submissions.FollowerAdded,", "submissions.FollowerAdded, submissions.PersonErased,"),
    ),
    _fault(
        "sla-monitor → router",
        "The router ignores that a due time is unknown: the desk shows one that holds no more.",
        Edit("router.consumers", "    DeadlineUnknown: _on_fact(follow.due_unknown),\n", ""),
        Edit("router.consumers", "deadlines.DeadlineMet,", "deadlines.DeadlineMet, deadlines.DeadlineUnknown,"),
    ),
    _fault(
        "sla-monitor → router",
        "The end of waiting for the citizen is missed: officials wait on, while the clock runs.",
        Edit("router.assigning.facts", 'if data.reason != "limit":', 'if data.reason == "limit":'),
    ),
    _fault(
        "router → intake, sla-monitor, notifier",
        "What was merged does not follow the answer of the one that it was merged into.",
        Edit(
            "router.duplicates.decisions",
            "or merged.parent != parent_id:\n        return Decision(before)",
            "or merged.parent == parent_id:\n        return Decision(before)",
        ),
    ),
    _fault(
        "intake → sla-monitor",
        "The answers of a form are taken for the id of a question, as they once were: no clock for such a submission.",
        Edit(
            "sla_monitor.timekeeping.facts",
            '"imported": data.channel is Channel.IMPORT or None,',
            '"imported": data.channel is Channel.IMPORT or None, "question": data.answers,',
        ),
    ),
    _fault(
        "sla-monitor → intake",
        "The end of a pause does not say which question it was about: the citizen is asked for ever.",
        Edit(
            "sla_monitor.deadlines.deadline_events",
            "reason=reason, question_id=told.question, due_at=due_at",
            "reason=reason, due_at=due_at",
        ),
    ),
    _fault(
        "sla-monitor → notifier, webhooks",
        "After a transfer a deadline names the custodian of before.",
        Edit(
            "sla_monitor.deadlines.deadline_events",
            '"entity": clock.run.entity,',
            '"entity": told.entity if told else clock.run.entity,',
        ),
    ),
    _fault(
        "router → sla-monitor",
        "A merging that is undone is ignored: the clock of what is worked on again stands still.",
        Edit("sla_monitor.timekeeping.facts", "    assignments.SubmissionUnmerged,\n", ""),
        Edit(
            "sla_monitor.consumers",
            "assignments.SubCaseOpened,",
            "assignments.SubCaseOpened, assignments.SubmissionUnmerged,",
        ),
    ),
    _fault(
        "intake → sla-monitor's reconciler",
        "A case without any clock is no difference.",
        Edit(
            "sla_monitor.reconciliation.effects",
            '    if standing is None:\n        yield Lack("clock")\n',
            "    if standing is None:\n",
        ),
    ),
    _fault(
        "intake → notifier",
        "Imported submissions are told of: a hundred thousand people get a mail about last year.",
        Edit("notifier.cases.model", '"silent": data.channel is Channel.IMPORT,', '"silent": False,'),
    ),
    _fault(
        "router → notifier",
        "A transfer keeps the official of the entity before in charge.",
        Edit(
            "notifier.cases.model",
            '"in_charge": case.in_charge if case.entity in (None, entity) else None}',
            '"in_charge": case.in_charge}',
        ),
    ),
    _fault(
        "intake → notifier",
        "An optional field is demanded: who follows without having said a language is a dead letter.",
        Edit("notifier.cases.model", 'language=data.language or "ar",', "language=data.language,"),
    ),
    _fault(
        "notifier → intake",
        "Audience and template of a message are swapped: what followers are told stands in the author's timeline.",
        Edit(
            "notifier.notifications.outcome_store",
            '"audience": told.audience,',
            '"audience": told.template,',
        ),
        Edit(
            "notifier.notifications.outcome_store",
            '"template": told.template,\n        "about"',
            '"template": told.audience,\n        "about"',
        ),
    ),
)
