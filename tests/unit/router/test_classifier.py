"""The classifier in use: it decides where no rule matched and it is sure, suggests otherwise, and never stands in the
way."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest
from prometheus_client import REGISTRY
from router.assigning.batch_routing import with_what_was_said
from router.assigning.rules import Route
from router.cases.erased import without_words
from router.cases.life import State
from router.cases.model import Assignment, Suggested
from router.classifier.snapshot import (
    MOST_WAITING,
    Classification,
    Classifier,
    ClassifierInUse,
    TooManyWaiting,
    Unplaced,
)
from router.classifier.store import LearntFrom, ModelRecord
from router.classifier.suggestions import Thresholds, Verdict
from router.consumers import HANDLERS, EventContext, prepared
from router.directory.snapshot import Directory, DirectoryInUse
from router.text_model.file import digest, written
from router.text_model.trained_model import READ_TOGETHER, Model
from shared.events.assignments import SubmissionAssigned, TriageRequested
from shared.events.envelope import Event
from shared.events.model import Priority
from shared.events.submissions import SubmissionWithdrawn
from shared.storage.aggregates import Decision

from tests.support.router import A_SUBMISSION, EAST, NOW, a_category, a_country, a_directory, a_rule, an_event, received
from tests.support.text_model import a_model, a_model_of_nothing

SURE, UNSURE = Thresholds(precision=0.95, of_all=0.5), Thresholds(precision=0.95)
LIGHTING = "In the evening it is dark at night, no lamp of the road gives light"
OPEN_RULES = [a_rule("chosen", {"catalogue": True}), a_rule("triage", {"triage": True})]


class Shelf:
    """Models as the store gives them."""

    def __init__(self) -> None:
        self.record: ModelRecord | None = None
        self.file: bytes | None = None
        self.asked = 0

    def put(self, version: int, file: bytes | None, known: Thresholds = SURE, of: bytes | None = None) -> None:
        expected = digest(of if of is not None else file or b"")
        self.file, learnt = file, LearntFrom(categories=3, texts=18, corrections=0)
        self.record = ModelRecord(
            version=version,
            at=NOW,
            digest=expected,
            size=1,
            directory_version=1,
            learnt_from=learnt,
            thresholds=known,
            in_use_since=NOW,
        )

    async def in_use(self) -> ModelRecord | None:
        return self.record

    async def content(self, version: int) -> bytes:
        self.asked += 1
        await asyncio.sleep(0)  # as reading does: others have their turn
        if self.file is None:
            raise LookupError(version)
        return self.file


class Published:
    """The directory in use, without a database."""

    def __init__(self, current: Directory | None) -> None:
        self.current = current

    get = DirectoryInUse.get


def a_classifier(known: Thresholds = SURE, model: Model | None = None) -> ClassifierInUse:
    in_use = ClassifierInUse(Shelf())  # type: ignore[arg-type]
    in_use.current = Classifier(4, model or a_model(), known)
    return in_use


def metric(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


async def after(
    *events: Event, classifier: ClassifierInUse, directory: Directory | None = None
) -> list[Decision[Assignment]]:
    """The handlers' decisions on a batch of these, each on a submission of its own."""
    published: Any = Published(directory or a_directory(rules=OPEN_RULES))
    known: EventContext = await prepared(published, classifier)(events)
    decided = [HANDLERS[type(event.data)](None, event, known, NOW) for event in events]
    return [decision for decision in decided if decision is not None]


async def decided(text: str, classifier: ClassifierInUse, directory: Directory | None = None, **more: Any) -> Any:
    (decision,) = await after(an_event(received(text=text, **more)), classifier=classifier, directory=directory)
    return decision


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


async def test_where_no_rule_matched_and_it_is_sure_the_classifier_decides() -> None:
    decision = await decided(LIGHTING, a_classifier())
    state = decision.state
    assert (state.state, state.entity, state.category) == (State.ASSIGNED, "ewa", "roads.lighting")
    assert (state.decided.by, state.decided.rule, state.decided.model_version) == ("classifier", None, 4)
    assert 0.5 <= state.decided.probability <= 1
    assert set(state.decided.words) <= set(LIGHTING.replace(",", "").split())
    (draft,) = decision.events
    assert isinstance(draft.data, SubmissionAssigned)
    assert (draft.data.decided_by, draft.data.model_version) == ("classifier", 4)
    assert draft.data.probability == state.decided.probability
    assert "reads like “Roads.lighting”" in draft.data.reason


async def test_the_reason_is_in_the_language_of_the_submission() -> None:
    decision = await decided("عمود الإنارة لا يضيء والشارع ظلمة", a_classifier(), language="ar")
    assert decision.state.decided.reason.startswith("يشير النص إلى «")


async def test_where_it_is_not_sure_a_person_decides_with_its_suggestions() -> None:
    decision = await decided(LIGHTING, a_classifier(UNSURE))
    state = decision.state
    assert (state.state, state.entity, state.decided.by) == (State.IN_TRIAGE, "central-office", "rule")
    assert state.suggested.model_version == 4
    first = state.suggested.items[0]
    assert (first.category, first.entity) == ("roads.lighting", "ewa")
    assert first.words
    assert len(state.suggested.items) <= 3
    assert isinstance(decision.events[0].data, TriageRequested)


async def test_rules_stay_first() -> None:
    decision = await decided("A pothole. " + LIGHTING, a_classifier(), a_directory())
    assert (decision.state.decided.rule, decision.state.suggested) == ("potholes", None)


async def test_a_category_that_was_chosen_is_not_questioned() -> None:
    decision = await decided(LIGHTING, a_classifier(), category="roads.pothole")
    assert (decision.state.entity, decision.state.decided.by) == ("works", "rule")


async def test_what_an_administrator_sends_to_triage_goes_there_with_suggestions() -> None:
    rules = [a_rule("by-hand", {"triage": True}, words=["evening"]), *OPEN_RULES]
    decision = await decided(LIGHTING, a_classifier(), a_directory(rules=rules))
    assert (decision.state.state, decision.state.decided.rule) == (State.IN_TRIAGE, "by-hand")
    assert decision.state.suggested.items[0].category == "roads.lighting"


async def test_a_chosen_category_that_lacks_its_place_waits_for_a_person() -> None:
    decision = await decided(LIGHTING, a_classifier(), category="rubbish")
    assert decision.state.state is State.IN_TRIAGE


async def test_whose_it_is_depends_on_the_place_where_the_category_does() -> None:
    text = "The rubbish was not collected, bins overflow with waste"
    there = await decided(text, a_classifier(), location={"lon": EAST[0], "lat": EAST[1]})
    assert (there.state.entity, there.state.category) == ("east-municipality", "rubbish")
    nowhere = await decided(text, a_classifier())
    assert nowhere.state.state is State.IN_TRIAGE
    assert nowhere.state.suggested.items[0].entity is None


async def test_a_category_that_is_gone_is_neither_suggested_nor_decided_for() -> None:
    categories = [each for each in a_country()["categories"] if each["id"] != "roads.lighting"]
    decision = await decided(LIGHTING, a_classifier(), a_directory(categories=categories, rules=OPEN_RULES))
    assert all(item.category != "roads.lighting" for item in decision.state.suggested.items)
    assert decision.state.entity != "ewa"


async def test_what_is_not_for_this_system_is_suggested_as_that() -> None:
    categories = [each for each in a_country()["categories"] if each["id"] != "roads.lighting"]
    court = a_category("roads.lighting", elsewhere={"name": {"ar": "المحكمة", "en": "Court"}})
    decision = await decided(LIGHTING, a_classifier(), a_directory(categories=[*categories, court], rules=OPEN_RULES))
    assert decision.state.state is State.IN_TRIAGE
    first = decision.state.suggested.items[0]
    assert (first.category, first.entity) == ("roads.lighting", None)


async def test_a_batch_is_scored_at_once_off_the_event_loop_and_keeps_its_order() -> None:
    loop, threads = threading.get_ident(), []

    class Watched(Classifier):
        def read(self, texts: Any, directory: Directory) -> Any:
            threads.append((threading.get_ident(), len(texts)))
            return super().read(texts, directory)

    classifier = a_classifier()
    classifier.current = Watched(4, a_model(), SURE)
    texts = [LIGHTING, "asphalt full of holes, my tyre burst", "the weather", LIGHTING]
    events = [an_event(received(f"{place}{A_SUBMISSION[1:]}", text=text)) for place, text in enumerate(texts)]
    withdrawn = SubmissionWithdrawn(submission_id=A_SUBMISSION, from_state="received", to_state="withdrawn")
    decisions = await after(*events, an_event(withdrawn), classifier=classifier)
    assert len(threads) == 1
    assert (threads[0][0] != loop, threads[0][1]) == (True, 4)
    assert [decision.state.entity for decision in decisions[:2]] == ["ewa", "works"]
    assert decisions[3].state.entity == "ewa"


def test_texts_too_long_to_be_read_together_are_told_of_in_their_order() -> None:
    def told(texts: list[Unplaced]) -> list[tuple[str | None, tuple[str, ...]]]:
        return [(said.verdict.entity, said.words) for said in classifier.read(texts, directory)]

    classifier, directory = Classifier(4, a_model(), SURE), a_directory()
    rubbish = "The rubbish was not collected, bins overflow with waste. " * 30
    few = [Unplaced(rubbish, "west"), Unplaced(rubbish, "east"), Unplaced(f"{LIGHTING}. " * 30)]
    many = few * (READ_TOGETHER // sum(len(each.text) for each in few) + 1)
    assert sum(len(each.text) for each in many) > READ_TOGETHER
    alone = [said for each in few for said in told([each])]
    assert [entity for entity, _ in alone] == ["west-municipality", "east-municipality", "ewa"]
    assert told(many) == alone * (len(many) // len(few))


async def test_a_classifier_that_fails_is_counted_and_triage_goes_on() -> None:
    before = metric("tawasul_router_texts_scored_total", outcome="failed")
    broken = replace(a_model(), weights=a_model().weights[:3])
    decision = await decided(LIGHTING, a_classifier(model=broken))
    assert (decision.state.state, decision.state.suggested) == (State.IN_TRIAGE, None)
    assert metric("tawasul_router_texts_scored_total", outcome="failed") == before + 1


async def test_a_model_that_knows_nothing_of_a_text_decides_nothing() -> None:
    nothing = a_model_of_nothing("roads.pothole", "roads.lighting", "rubbish")
    decision = await decided(LIGHTING, a_classifier(Thresholds(precision=0.95, of_all=0.9), nothing))
    assert decision.state.state is State.IN_TRIAGE


async def test_an_erased_persons_suggestions_go_with_the_words() -> None:
    state = (await decided(LIGHTING, a_classifier(UNSURE))).state
    assert state.suggested is not None
    assert without_words(state).suggested is None


async def test_a_model_that_was_taken_into_use_is_used(shelf: Any) -> None:
    in_use = ClassifierInUse(shelf)
    await in_use.refresh()
    assert in_use.current is None
    assert metric("tawasul_router_model_wanted_version") == 0
    for version in (1, 2, 1):
        shelf.put(version, written(a_model()))
        await in_use.refresh()
        assert in_use.current is not None
        assert in_use.current.version == version
        assert metric("tawasul_router_model_version") == version
    await in_use.refresh()
    assert shelf.asked == 3


async def test_two_that_look_for_the_model_at_once_read_it_once(shelf: Any) -> None:
    in_use = ClassifierInUse(shelf)
    shelf.put(1, written(a_model()))
    await asyncio.gather(in_use.refresh(), in_use.refresh())
    assert shelf.asked == 1
    assert in_use.current is not None


@pytest.mark.parametrize(
    ("file", "of", "reason"),
    [
        (None, b"", "missing"),
        (written(a_model())[:-5], written(a_model()), "broken"),
        (b"another file", written(a_model()), "broken"),
        (b"", b"", "format"),
        (b'{"format": "tawasul-text-model/99"}\n', b'{"format": "tawasul-text-model/99"}\n', "format"),
    ],
    ids=["missing", "cut off", "replaced", "empty", "another format"],
)
async def test_a_model_that_cannot_be_used_is_told_and_what_was_in_use_stays(
    shelf: Any, file: bytes | None, of: bytes, reason: str
) -> None:
    before = metric("tawasul_router_model_unusable_total", reason=reason)
    in_use = ClassifierInUse(shelf)
    shelf.put(7, file, of=of)
    await in_use.refresh()
    assert in_use.current is None
    assert await in_use.read({"a": Unplaced(LIGHTING)}, a_directory()) == {}
    assert metric("tawasul_router_model_wanted_version") == 7

    shelf.put(6, written(a_model()))
    await in_use.refresh()
    shelf.put(7, file, of=of)
    await in_use.refresh()
    await in_use.refresh()  # not tried again at once
    assert in_use.current is not None
    assert in_use.current.version == 6
    assert metric("tawasul_router_model_version") == 6
    assert metric("tawasul_router_model_unusable_total", reason=reason) == before + 2


async def test_without_a_directory_a_submission_is_kept_with_a_model_or_without() -> None:
    published: Any = Published(None)
    known = await prepared(published, a_classifier())([an_event(received())])
    assert known.routes == {}
    with pytest.raises(Exception, match="no directory"):
        known.directory()


async def test_more_than_can_be_answered_soon_are_refused_and_those_who_came_are_answered() -> None:
    classifier, directory = a_classifier(), a_directory()
    asked = [classifier.suggest(Unplaced(LIGHTING), directory) for _ in range(MOST_WAITING + 2)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(answer) for answer in answers] == [Classification] * MOST_WAITING + [TooManyWaiting] * 2
    assert isinstance(await classifier.suggest(Unplaced(LIGHTING), directory), Classification)


async def test_a_suggestion_that_fails_is_none() -> None:
    broken = a_classifier(model=replace(a_model(), weights=a_model().weights[:3]))
    assert await broken.suggest(Unplaced(LIGHTING), a_directory()) is None
    assert await ClassifierInUse(Shelf()).suggest(Unplaced(LIGHTING), a_directory()) is None  # type: ignore[arg-type]


async def test_a_rule_that_is_not_shown_to_be_right_leaves_it_to_the_classifier() -> None:
    classifier = a_classifier()
    assert classifier.current is not None
    current = classifier.current
    classifier.current = Classifier(current.version, a_model(), current.thresholds, rules={})
    decision = await decided("A pothole. " + LIGHTING, classifier, a_directory())
    assert (decision.state.decided.by, decision.state.category) == ("classifier", "roads.lighting")


def test_what_reads_like_danger_is_shown_to_a_person_at_once_whatever_a_rule_says() -> None:
    directory = a_directory()
    said = Classification(Verdict(), Suggested(model_version=4, items=()), alarms=frozenset({"danger"}))
    by_words = Route("works", "Rule", "potholes", words=("pothole",))
    route = with_what_was_said(by_words, said, directory, "en")
    assert (route.entity, route.triage, route.priority) == ("central-office", True, Priority.URGENT)
    assert with_what_was_said(route, said, directory, "en") == replace(route, suggested=said.suggested)


def test_rules_are_judged_once_per_publication_and_not_per_batch() -> None:
    classifier = Classifier(4, a_model(), SURE, rules={})
    by_words = [a_rule("lamps", {"category": "lighting"}, words=["lamp"]), a_rule("rest", {"triage": True})]
    first, second = (a_directory(rules=by_words).country.rules for _ in range(2))
    assert classifier.clues_among(first) == {"lamps"}
    assert classifier.clues_among(first) is classifier.clues_among(first)
    assert classifier.clues_among(second) is not classifier.clues_among(first)
