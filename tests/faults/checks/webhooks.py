"""An endpoint hears of every event that concerns its entity, signed, in order, and more than once by one id alone."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import NAMESPACE_URL, uuid5

from shared.events.topics import ASSIGNMENTS, DEADLINES, SUBMISSIONS
from standardwebhooks import Webhook

from tests.faults.checks import Difference
from tests.faults.checks.notifications import custodians, repetitions_allowed
from tests.faults.observed import Record, World
from tests.faults.webhook_receiver import HANGS_UP_EVERY, Hook, Registered

TYPES: Mapping[str, str] = {
    "SubmissionAssigned": "submission.assigned",
    "SubmissionTransferred": "submission.transferred",
    "AssignmentAcknowledged": "submission.acknowledged",
    "InformationAdded": "submission.information_added",
    "SubmissionAnswered": "submission.answered",
    "SubmissionReopened": "submission.reopened",
    "SubmissionClosed": "submission.closed",
    "DeadlineSet": "deadline.set",
}
"""Events that the endpoints of the load ask for."""

HEARS_AFTER = timedelta(seconds=10)
"""Each process reads the list of endpoints every two seconds, on a machine that has much to do."""


def webhooks_are_told_in_order(world: World) -> Iterator[Difference]:
    taken: dict[str, list[Hook]] = defaultdict(list)
    for hook in world.hooks:
        if hook.was_taken:
            taken[hook.path].append(hook)
    for endpoint in world.endpoints:
        yield from _of_endpoint(world, endpoint, taken[endpoint.path])


def _of_endpoint(world: World, endpoint: Registered, taken: Sequence[Hook]) -> Iterator[Difference]:
    about = f"endpoint of {endpoint.entity}"
    concerning = {_webhook_id(event, endpoint): event for event in _concerning(world, endpoint)}
    firsts: dict[str, Hook] = {}
    for hook in taken:
        first = firsts.setdefault(hook.id, hook)
        if hook.body != first.body:
            yield Difference("one webhook-id says two things", about, hook.id)
        if not _is_ours(hook, endpoint.secret):
            yield Difference("webhook with a false signature", about, hook.id)
    yield from (Difference("webhook of nothing", about, id) for id in firsts.keys() - concerning.keys())
    yield from (
        Difference("webhook lost", event.key, f"{event.type} {event.id} to the {about}")
        for id, event in concerning.items()
        if id not in firsts and _must_be_heard(event, endpoint)
    )
    yield from _out_of_order(world, endpoint, list(firsts))
    kept = {each["_id"] for each in world.hooks_planned if each["endpoint"] == endpoint.id}
    yield from (Difference("webhook that stands in no log", about, id) for id in firsts.keys() - kept)
    times = Counter(hook.id for hook in taken)
    most = 1 + repetitions_allowed(world) + min(1, len(world.hooks) // HANGS_UP_EVERY)
    yield from (
        Difference("webhook repeated", about, f"{id}, {number} times") for id, number in times.items() if number > most
    )


def _out_of_order(world: World, endpoint: Registered, arrived: Sequence[str]) -> Iterator[Difference]:
    """Deliveries about one submission come in the order in which they were planned."""
    place = {id: number for number, id in enumerate(arrived)}
    by_submission: dict[str, list[tuple[datetime, int]]] = defaultdict(list)
    for each in world.hooks_planned:
        if each["endpoint"] == endpoint.id and each["_id"] in place:
            by_submission[each["submission_id"]].append((each["planned_at"], place[each["_id"]]))
    for submission, found in by_submission.items():
        places = [number for _, number in sorted(found)]
        if places != sorted(places):
            yield Difference("webhooks out of order", submission, f"to the endpoint of {endpoint.entity}: {places}")


def _concerning(world: World, endpoint: Registered) -> Iterable[Record]:
    """Everything that may be told: an event without an entity concerns whoever had the submission when it was read."""
    had = custodians(world)
    return (
        event
        for event in world.events(SUBMISSIONS, ASSIGNMENTS, DEADLINES)
        if event.type in TYPES and (endpoint.entity in had[event.key] or endpoint.entity in _named(event))
    )


def _must_be_heard(event: Record, endpoint: Registered) -> bool:
    return endpoint.entity in _named(event) and event.time > endpoint.at + HEARS_AFTER


def _named(event: Record) -> tuple[object, ...]:
    return event.data.get("entity"), event.data.get("from_entity")


def _webhook_id(event: Record, endpoint: Registered) -> str:
    return str(uuid5(NAMESPACE_URL, f"tawasul:webhook:{event.id}:{endpoint.id}"))


def _is_ours(hook: Hook, secret: str) -> bool:
    """As the library would have it, however long ago that was."""
    at = datetime.fromtimestamp(int(hook.timestamp), UTC)
    return Webhook(secret).sign(hook.id, at, hook.body) in hook.signature.split()
