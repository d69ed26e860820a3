"""A model is made at the desk: in the background, one at a time, kept beside those before it."""

import asyncio
import re
from datetime import datetime
from functools import partial
from typing import Any

import httpx2
import psutil
import pytest
from fastapi import FastAPI
from gridfs import AsyncGridFSBucket
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ServerSelectionTimeoutError
from router.assigning import commands as assign
from router.assigning import facts as follow
from router.cases.erased import without_words
from router.cases.model import Assignment
from router.cases.store import Assignments
from router.casework import decisions as work
from router.classifier.commands import learn
from router.classifier.examples import LabelledText, TooLittle
from router.classifier.material import Material, TrainingRequest, read_made
from router.classifier.store import MODEL_FILES, ModelRecord, Models
from router.classifier.trainings import TAKEN_FOR, Training, Trainings
from router.classifier.worker import TrainingWorker, in_a_process
from router.directory.model import Country
from router.text_model.file import digest, written
from router.text_model.scores import PRECISIONS, Option
from shared.events.submissions import SubmissionReopened
from shared.reference.working_time import utc_now
from shared.storage.aggregates import StoredAggregate

from tests.support import one_desk
from tests.support.desk import OWN_PAGE, AtTheDesk
from tests.support.eventually import eventually
from tests.support.infrastructure import Database
from tests.support.one_desk import in_order
from tests.support.provider import Provider
from tests.support.router import A_SUBMISSION, NOW, a_country, a_directory, a_rule, received
from tests.support.text_model import TEXTS, a_model, a_record

app = one_desk.app
URL = "/api/router/v1"


async def test_an_administrator_has_a_model_made_one_at_a_time_and_nothing_changes_until_it_is_used(
    app: FastAPI, provider: Provider
) -> None:
    models, client = (
        app.state.models,
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://service"),
    )
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    trainings: Trainings = app.state.trainings
    await models.keep_texts(
        [
            LabelledText(category=label, language="en", split="train", text=text)
            for label, texts in TEXTS.items()
            for text in texts
        ]
    )
    content = written(a_model())
    first = await models.add(a_record(content), content)
    assert await models.use(first.version)
    may_go_on = asyncio.Event()

    async def here(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
        await may_go_on.wait()
        return read_made(await asyncio.to_thread(learn, asked.model_dump_json().encode()))

    async def _is_made() -> bool:
        newest = await trainings.newest()
        return newest is not None and newest.step == "done"

    app.state.training.computing = here
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        page = await browser.opens("/desk/models")
        asked = await browser.sends(page, "/desk/models/train", precision="90")
        assert asked.headers["Location"] == "/desk/models"
        again = await client.post(f"{URL}/models/training", json={}, headers=administrator)
        assert (again.status_code, again.json()["type"].rsplit(":", 1)[-1]) == (409, "training-goes-on")
        assert "Look again" in await browser.opens("/desk/models")
        may_go_on.set()
        await eventually(_is_made)
        newest = (await models.all())[0]
        assert newest.version == first.version + 1
        assert (newest.learnt_from.texts, newest.thresholds.precision) == (18, 0.9)
        assert f"is model {newest.version}" in await browser.opens("/desk/models")
    in_use = await models.in_use()
    assert in_use is not None
    assert in_use.version == first.version
    shown = (await client.get(f"{URL}/models/training", headers=administrator)).json()
    assert (shown["step"], shown["model"], shown["asked_by"]) == ("done", newest.version, "administrator")
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        at = f"/desk/models/thresholds?version={newest.version}"
        page = await browser.opens(at)
        assert in_order(page, "Decided alone", "99 of 100", "90 of 100", "Set now", "80 of 100")
        carried = dict(re.findall(r'name="(form_token|version|entity)" value="([^"]*)"', page))
        chosen = await browser.post("/desk/models/thresholds", data=carried | {"precision": "80"}, headers=OWN_PAGE)
        assert chosen.status_code == 303
        assert in_order(await browser.opens(at), "85 of 100", "80 of 100", "Set now")
        assert await models.use(newest.version)
        await app.state.classifier.refresh()
        stored = await models.find(newest.version)
        assert stored is not None
        option = next(each for each in stored.options["*"] if each.precision == 0.8)
        assert (stored.thresholds.of_all, stored.thresholds.wanted) == (option.least, {"*": 0.8})
        assert app.state.classifier.current.thresholds == stored.thresholds
        body = {"entity": "*", "precision": 0.77}
        unknown = await client.put(f"{URL}/models/{newest.version}/thresholds", json=body, headers=administrator)
        assert unknown.status_code == 404
    async with AtTheDesk(app, "central.triage", "central", "central-office") as reader:
        assert "Want this" not in await reader.opens(at)
        assert "Have a new one made" not in await reader.opens("/desk/models")
        refused = await reader.post("/desk/models/train", data={"precision": "90"}, headers=OWN_PAGE)
        assert refused.status_code == 403


async def test_what_a_process_that_died_had_taken_up_is_made_by_another_and_a_failure_is_told(
    app: FastAPI, mongo_database: Database
) -> None:
    models = app.state.models
    trainings, now = Trainings(mongo_database["other_trainings"]), utc_now()
    assert await trainings.ask("administrator", 0.95, now)
    died = await trainings.take(now)
    assert died is not None
    assert await trainings.take(now) is None, "never two at once"
    later = await trainings.take(now + 2 * TAKEN_FOR)
    assert later is not None
    assert not await trainings.reach(died, "done", now, version=1), "the first comes too late"

    async def fails(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
        raise RuntimeError("no memory left")

    await trainings.reach(later, "failed", now, why="interrupted")
    assert await trainings.ask("administrator", 0.95, now)
    worker = TrainingWorker(trainings, models, app.state.publications, app.state.assignments, fails)
    await worker.make_what_was_asked_for()
    ended = await trainings.newest()
    assert ended is not None
    assert (ended.step, ended.why, await models.all()) == ("failed", "error", [])

    async def answers_something_else(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
        return read_made(b"no model\n")

    async def has_too_little(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
        raise TooLittle

    for computing, why in ((answers_something_else, "error"), (has_too_little, "catalogue")):
        assert await trainings.ask("administrator", 0.95, now)
        worker.computing = computing
        await worker.make_what_was_asked_for()
        ended = await trainings.newest()
        assert ended is not None
        assert (ended.step, ended.why) == ("failed", why)


async def test_a_process_that_does_not_come_to_an_end_is_killed_and_its_training_has_failed(
    app: FastAPI, mongo_database: Database
) -> None:
    trainings, state = Trainings(mongo_database["other_trainings"]), app.state
    in_no_time = partial(in_a_process, most_seconds=0.01)
    worker = TrainingWorker(trainings, state.models, state.publications, state.assignments, in_no_time)
    others = set(psutil.Process().children())
    assert await trainings.ask("administrator", 0.95, utc_now())
    await worker.make_what_was_asked_for()
    ended = await trainings.newest()
    assert ended is not None
    assert (ended.step, ended.why) == ("failed", "error")
    assert await trainings.ask("administrator", 0.95, utc_now()), "another may be asked for"
    await eventually(lambda: set(psutil.Process().children()) <= others)


class AwayAtFirst(Trainings):
    """The database does not answer the first time that a training is held."""

    def __init__(self, collection: AsyncCollection[dict[str, Any]]) -> None:
        super().__init__(collection)
        self.times, self.is_held = 0, asyncio.Event()

    async def hold(self, taken: Training, now: datetime) -> None:
        self.times += 1
        if self.times == 1:
            raise ServerSelectionTimeoutError("no primary")
        await super().hold(taken, now)
        self.is_held.set()


async def test_a_database_that_is_away_while_a_model_is_made_costs_nothing_if_it_is_back_in_time(
    app: FastAPI, mongo_database: Database
) -> None:
    trainings = AwayAtFirst(mongo_database["held_trainings"])
    content = written(a_model())

    async def waits_until_it_is_held(asked: TrainingRequest) -> tuple[ModelRecord, bytes]:
        await trainings.is_held.wait()
        return a_record(content), content

    worker = TrainingWorker(
        trainings,
        app.state.models,
        app.state.publications,
        app.state.assignments,
        waits_until_it_is_held,
        held_every_seconds=0.01,
    )
    assert await trainings.ask("administrator", 0.95, utc_now())
    await worker.make_what_was_asked_for()
    ended = await trainings.newest()
    assert ended is not None
    assert (ended.step, ended.attempts) == ("done", 1)
    assert ended.version == (await app.state.models.all())[0].version


class CrossedOnce(Models):
    """Somebody else sets a threshold between one's look at them and one's own."""

    has_crossed, share = False, 0.85

    async def find(self, version: int) -> ModelRecord | None:
        record = await super().find(version)
        if record is not None and not self.has_crossed:
            self.has_crossed = True
            assert await self.set_thresholds(
                version, record.thresholds, record.thresholds.with_share("*", self.share, 0.4)
            )
        return record


async def test_a_threshold_that_somebody_else_set_meanwhile_is_shown_and_not_overwritten(
    app: FastAPI, provider: Provider
) -> None:
    content, usual = written(a_model()), app.state.models
    files = AsyncGridFSBucket(usual.collection.database, MODEL_FILES)
    options = {"*": tuple(Option(precision=each, least=each, texts=9, decided=9, right=9) for each in PRECISIONS)}
    record = await usual.add(a_record(content).model_copy(update={"options": options}), content)
    at = f"/desk/models/thresholds?version={record.version}"
    administrator = provider.authorization("administrator", "administrator", entity="central-office")
    async with AtTheDesk(app, "administrator", "administrator", "central-office") as browser:
        carried = dict(re.findall(r'name="(form_token|version|entity)" value="([^"]*)"', await browser.opens(at)))
        app.state.models = CrossedOnce(usual.collection, files)
        answer = await browser.post("/desk/models/thresholds", data=carried | {"precision": "80"}, headers=OWN_PAGE)
        assert answer.status_code == 303
        assert in_order(
            await browser.opens(answer.headers["location"]), "90 of 100", "85 of 100", "Set now", "80 of 100"
        )
        stored = await usual.find(record.version)
        assert stored is not None
        assert (stored.thresholds.of_all, stored.thresholds.wanted) == (0.4, {"*": 0.85})
        app.state.models = CrossedOnce(usual.collection, files)
        app.state.models.share = 0.9
        body = {"entity": "*", "precision": 0.8}
        async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://service") as client:
            at = f"{URL}/models/{record.version}/thresholds"
            crossed = await client.put(at, json=body, headers=administrator)
        assert (crossed.status_code, crossed.json()["type"].rsplit(":", 1)[-1]) == (409, "changed-meanwhile")
    app.state.models = usual


async def test_every_correction_of_an_official_is_learnt_from_and_nothing_else(mongo_database: Database) -> None:
    """To whom it was given, or the category where that alone was corrected, also of what was reopened since."""
    assignments, directory = Assignments(mongo_database), a_directory()
    lamp, hole = (directory.categories[id] for id in ("roads.lighting", "roads.pothole"))
    by_rules = assign.receive(Assignment(), received(), directory, None, NOW).state
    in_triage = assign.receive(Assignment(), received(text="Dark."), directory, None, NOW).state
    placed = work.triage(A_SUBMISSION, in_triage, "ewa", lamp, "A lamp.", "triage", 1, NOW).state
    moved = work.transfer(A_SUBMISSION, by_rules, "ewa", "Their trench.", "officer.works", 1, NOW).state
    recategorised = work.recategorise(A_SUBMISSION, by_rules, lamp, "A lamp.", "officer.works", NOW).state
    answered = work.answer(A_SUBMISSION, recategorised, "It shines.", "resolved", "officer.works", NOW).state
    again = SubmissionReopened(submission_id=A_SUBMISSION, from_state="answered", to_state="reopened", reason="Dark.")
    reopened = follow.reopened(answered, again, lambda: directory, NOW, NOW).state
    named = work.recategorise(A_SUBMISSION, placed, hole, "A hole.", "officer.ewa", NOW).state
    moved_last = work.transfer(A_SUBMISSION, named, "works", "Theirs.", "officer.ewa", 1, NOW).state
    given_up = work.give_up(A_SUBMISSION, moved, "central-office", "works", "No.", "officer.ewa", 1, NOW).state
    confided = work.confide(A_SUBMISSION, placed, ("triage",), "It names a child.", "triage", NOW).state
    cases = {
        "a": (placed, ("roads.lighting", "ewa")),
        "b": (moved, ("roads.pothole", "ewa")),
        "c": (recategorised, ("roads.lighting", None)),
        "d": (reopened, ("roads.lighting", None)),
        "e": (moved_last, ("roads.pothole", "works")),
        "by rules": (by_rules, None),
        "waits": (in_triage, None),
        "waits once more": (given_up, None),
        "confidential": (confided, None),
        "erased": (without_words(placed), None),
    }
    await assignments.collection.insert_many(
        StoredAggregate(id, state=case).document() for id, (case, _) in cases.items()
    )
    learnt = sorted((each.category or "", each.entity or "") for each in await assignments.corrections(99))
    assert learnt == sorted((said[0], said[1] or "") for _, said in cases.values() if said is not None)


@pytest.mark.full
async def test_a_model_is_made_in_a_process_of_its_own() -> None:
    material = Material(1, Country.model_validate(a_country()))
    record, content = await in_a_process(TrainingRequest.of(material, 0.95, utc_now()))
    assert (record.learnt_from.categories, record.digest) == (3, digest(content))
    nothing = Country.model_validate(a_country(categories=[], rules=[a_rule("triage", {"triage": True})]))
    with pytest.raises(ValueError, match="too few"):
        await in_a_process(TrainingRequest.of(Material(1, nothing), 0.95, utc_now()))
