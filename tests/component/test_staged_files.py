"""Files between their form and their submission: each once, in order, and cleared away where none came."""

import asyncio
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from fastapi import FastAPI
from intake.attachments.commands import AT_ONCE, clean_up_uploads
from intake.attachments.store import ATTACHMENTS
from shared.reference.working_time import utc_now

from tests.support import one_intake
from tests.support.attached import Client, file, kept, later, send, shown
from tests.support.files import a_document, a_photo

neighbours, intake, client = one_intake.neighbours, one_intake.intake, one_intake.client

pytestmark = pytest.mark.usefixtures("client")  # an intake makes its indexes as it starts to serve


async def test_all_of_a_submission_is_deleted_at_once(client: Client, intake: FastAPI) -> None:
    before, receipt = await kept(intake), await file(client)
    (item, _) = (await send(client, receipt, ("a.png", a_photo("PNG")), ("b.pdf", a_document()))).json()["items"]
    assert await intake.state.attachments.delete_all_of(receipt["id"]) == 2
    assert await kept(intake) == before
    assert (await client.get(item["url"], headers={"Tawasul-Secret": receipt["secret"]})).status_code == 404


async def test_files_that_came_at_one_time_keep_their_order(intake: FastAPI) -> None:
    state, now, names = intake.state, utc_now(), [f"{number}.jpg" for number in (3, 1, 4, 2, 5)]
    for width, name in enumerate(names, 8):
        clean = await state.cleaner.clean(await state.cleaner.look(io.BytesIO(a_photo(size=(width, 8)))))
        await state.attachments.stage(clean, name, "one-form", now + timedelta(hours=24), now)
    staged = await state.attachments.staged("one-form")
    assert [stored.name for stored in staged] == names
    await state.attachments.discard([stored.id for stored in staged])


async def test_a_form_that_two_processes_have_at_one_time_brings_each_file_once(intake: FastAPI) -> None:
    """As when the first was suspended after it had looked what there is: the store decides, not what it saw."""
    state, now, before = intake.state, utc_now(), await kept(intake)
    photo = a_photo(size=(21, 8))
    looks = [await state.cleaner.clean(await state.cleaner.look(io.BytesIO(photo))) for _ in range(5)]
    first, *others = await asyncio.gather(
        *(
            state.attachments.stage(clean, "a.jpg", "a-form-twice", now + timedelta(hours=24), now)
            for clean in looks[:4]
        )
    )
    assert {stored.id for stored in others} == {first.id}
    assert [stored.id for stored in await state.attachments.staged("a-form-twice")] == [first.id]
    other_form = await state.attachments.stage(looks[4], "a.jpg", "a-form-of-others", now + timedelta(hours=24), now)
    await state.attachments.discard([first.id, other_form.id])
    assert await kept(intake) == before


async def test_what_nobody_sent_is_cleared_away(client: Client, intake: FastAPI) -> None:
    await later(intake)
    state, now, before = intake.state, utc_now(), await kept(intake)
    clean = await state.cleaner.clean(await state.cleaner.look(io.BytesIO(a_photo())))
    await state.attachments.stage(clean, "a.jpg", "a-form", now + timedelta(hours=24), now)
    assert len(await state.attachments.staged("a-form")) == 1
    await clean_up_uploads(state.attachments, state.submissions, state.limits, now + timedelta(hours=23))
    assert len(await state.attachments.staged("a-form")) == 1
    await clean_up_uploads(state.attachments, state.submissions, state.limits, now + timedelta(hours=25))
    assert await kept(intake) == before


@pytest.mark.parametrize("sent_with_it", [True, False])
async def test_what_a_process_left_between_two_writes_is_finished(
    client: Client, intake: FastAPI, sent_with_it: bool
) -> None:
    """Sent with the submission, it is attached; sent to it later without an answer, it is discarded."""
    state, now, receipt = intake.state, utc_now(), await file(client)
    clean = await state.cleaner.clean(await state.cleaner.look(io.BytesIO(a_photo())))
    stored = await state.attachments.stage(clean, "a.jpg", "another-form", now + timedelta(hours=24), now)
    await state.attachments.mean_for([stored.id], receipt["id"], now, sent_with_it)
    await later(intake)
    assert len((await shown(client, receipt))["attachments"]) == (1 if sent_with_it else 0)
    assert await state.attachments.staged("another-form") == []
    assert (await state.attachments.find(receipt["id"], stored.id) is not None) == sent_with_it


async def test_files_whose_submission_never_came_keep_no_others_waiting(client: Client, intake: FastAPI) -> None:
    await later(intake)
    state, now, receipt = intake.state, utc_now(), await file(client)
    clean = await state.cleaner.clean(await state.cleaner.look(io.BytesIO(a_photo())))
    ids = [
        (await state.attachments.stage(clean, "a.jpg", None, now + timedelta(hours=9), now)).id for _ in range(AT_ONCE)
    ]
    await state.attachments.mean_for(ids, str(uuid4()), now, sent_with_it=True)
    files = state.service.database[ATTACHMENTS]
    await files.update_one({"_id": ids[0]}, {"$unset": {"digest": 1}})  # it cannot be read
    late = await state.attachments.stage(clean, "a.jpg", None, now + timedelta(hours=9), now)
    await state.attachments.mean_for([late.id], receipt["id"], now + timedelta(seconds=1), sent_with_it=True)
    for minutes in (2, 2):
        await clean_up_uploads(state.attachments, state.submissions, state.limits, now + timedelta(minutes=minutes))
    assert len((await shown(client, receipt))["attachments"]) == 1
    await state.attachments.discard(ids)
