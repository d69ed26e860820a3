"""Where the submissions of a batch go: by the rules; where those ask a person, by what the classifier says."""

from collections.abc import Sequence
from dataclasses import replace

from shared.events.envelope import Event
from shared.events.model import Priority
from shared.events.submissions import SubmissionReceived

from router.alarms.scoring import DANGER
from router.assigning.commands import Routed, by_rules
from router.assigning.reasons import text_reads_like
from router.assigning.rules import Route
from router.classifier.snapshot import Classification, ClassifierInUse, Unplaced
from router.directory.snapshot import Directory
from router.metrics import SCORED


async def routes(events: Sequence[Event], directory: Directory, classifier: ClassifierInUse) -> dict[str, Routed]:
    """Of those that bring a submission, by the event's id. Their texts are scored together, in a thread."""
    found: dict[str, Routed] = {}
    unplaced: dict[str, Unplaced] = {}
    clues = classifier.clues_among(directory.country.rules)
    for event in events:
        if isinstance(event.data, SubmissionReceived):
            routed = found[event.id] = by_rules(event.data, directory, clues)
            if routed.route.triage or routed.route.words:
                unplaced[event.id] = Unplaced(routed.submission.text, routed.route.where.area)
    for id, said in (await classifier.read(unplaced, directory)).items():
        submission, route = found[id].submission, found[id].route
        found[id] = Routed(submission, with_what_was_said(route, said, directory, submission.language))
    return found


def with_what_was_said(route: Route, said: Classification, directory: Directory, language: str) -> Route:
    """The classifier decides where it is sure and no rule matched; otherwise a person does, with its suggestions. What
    reads like danger to life is seen by a person first, whatever the words of a rule say."""
    verdict = said.verdict
    if DANGER in said.alarms and route.priority is not Priority.URGENT:
        SCORED.labels("suggested").inc()
        return replace(directory.routing.in_danger(language), suggested=said.suggested, where=route.where)
    if not route.triage:  # a rule decided
        return route
    if not (route.is_open and verdict.is_sure and verdict.entity in directory.entities):
        SCORED.labels("suggested").inc()
        return replace(route, suggested=said.suggested)
    SCORED.labels("decided").inc()
    category = directory.categories[verdict.category] if verdict.category else None
    name = category.name if category else directory.entities[verdict.entity].name
    return Route(
        verdict.entity,
        text_reads_like(name, said.words, language),
        None,
        category=category.id if category else None,
        priority=category.priority if category else Priority.NORMAL,
        words=said.words,
        decided_by="classifier",
        probability=round(verdict.probability, 4),
        model_version=said.suggested.model_version,
        suggested=said.suggested,
        where=route.where,
    )
