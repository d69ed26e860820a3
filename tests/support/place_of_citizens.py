"""Intake, running with one submission in every state that an operation needs."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from datetime import timedelta
from typing import Any

import httpx2
from intake.app import create_app
from intake.submissions.store import Submissions
from shared.reference.working_time import utc_now

from tests.support import intake as citizens
from tests.support.country import NOBODY, Country, running
from tests.support.described import Headers, Place
from tests.support.eventually import eventually
from tests.support.files import a_photo


@contextlib.asynccontextmanager
async def an_intake(country: Country) -> AsyncIterator[Place]:
    settings = citizens.intake_settings(
        country.infrastructure, country.database, country.prefix, country.provider.issuer
    )
    app = create_app(settings)
    async with running(app) as client:
        town = _Town(client, country, app.state.submissions)
        await town.settle()
        people = country.people() | {"its author, by the secret": town.by_secret}
        yield Place(
            app,
            str(client.base_url),
            people,
            known=town.known,
            fields={"ErasureSent.reference": [town.reference["erasures"], NOBODY]},
            lenient={"GET /api/intake/v1/published": "a form sends a filter that was left open as an empty one"},
            streams={f"{SUBMISSION}/events": {"reference": town.reference[""]}},
            uploads={f"{SUBMISSION}/attachments": ({"reference": town.reference[""]}, A_PHOTO)},
            never_done={
                "POST /api/intake/v1/submissions/{reference}/official-files": OF_OFFICIALS,
                "GET /api/intake/v1/published/{reference}/evidence/{id}": OF_OFFICIALS,
                "GET /api/intake/v1/published/{reference}/evidence/{id}/thumbnail": OF_OFFICIALS,
            },
        )


SUBMISSION = "/api/intake/v1/submissions/{reference}"
A_PHOTO = {"files": ("lamp.jpg", a_photo())}
OF_OFFICIALS = "only a real file is taken and shown: tests/component/test_official_files.py"


class _Town:
    """Citizens who filed, as far as each of intake's operations needs it."""

    def __init__(self, client: httpx2.AsyncClient, country: Country, submissions: Submissions) -> None:
        self.client = client
        self.neighbours = country.neighbours
        self.submissions = submissions
        self.moderator = country.provider.authorization("mod", "central")
        self.reference: dict[str, str] = {}
        self.known: dict[str, dict[str, list[str]]] = {}
        self._secrets: dict[str, str] = {}

    def by_secret(self, path: Mapping[str, Any]) -> Headers:
        return {"Tawasul-Secret": self._secrets.get(path.get("reference", ""), "nobody's")}

    async def settle(self) -> None:
        for operation in ("", "/information", "/withdraw", "/publication", "/erasure", "erasures"):
            await self.files(operation)
        for operation in ("/rating", "/reopen"):
            await self.is_answered(await self.files(operation))
        await self.is_answered_twice(await self.files("/appeal"))
        await self.waits_for_a_confirmation()
        await self.is_published()
        await self.shows_a_photo()
        await self.is_held()
        self.known["/submissions/{reference}/events"] = {"reference": [NOBODY]}

    async def files(self, operation: str, **changed: Any) -> dict[str, Any]:
        sent = citizens.a_filing(publish=True) | changed
        receipt: dict[str, Any] = (await self._post("/submissions", sent)).json()
        reference = receipt["reference"]
        self.reference[operation], self._secrets[reference] = reference, receipt["secret"]
        self.known[operation] = {"reference": [reference, NOBODY]}
        return receipt

    async def waits_for_a_confirmation(self) -> None:
        """For long enough that the mail may be sent again."""
        receipt = await self.files("/confirmation", contact={"email": "maryam@citizens.example"})
        before = {"$set": {"state.received_at": utc_now() - timedelta(hours=1)}}
        await self.submissions.collection.update_one({"_id": receipt["id"]}, before)

    async def is_answered(self, receipt: dict[str, Any]) -> None:
        id = receipt["id"]
        await self.neighbours.publish(id, citizens.assigned(id), citizens.answered(id))
        at, secret = f"/submissions/{receipt['reference']}", {"Tawasul-Secret": receipt["secret"]}

        async def _answered() -> bool:
            shown = await self.client.get(f"/api/intake/v1{at}", headers=secret)
            return bool(shown.json()["status"] == "answered")

        await eventually(_answered)

    async def is_answered_twice(self, receipt: dict[str, Any]) -> None:
        await self.is_answered(receipt)
        at, secret = f"/submissions/{receipt['reference']}/reopen", {"Tawasul-Secret": receipt["secret"]}
        await self._post(at, {"reason": "Out again."}, secret)
        await self.is_answered(receipt)

    async def sends_a_photo(self, receipt: dict[str, Any]) -> str:
        secret = {"Tawasul-Secret": receipt["secret"]}
        at = f"/api/intake/v1/submissions/{receipt['reference']}/attachments"
        sent = await self.client.post(at, files={"files": ("lamp.jpg", a_photo())}, headers=secret)
        assert sent.status_code == 201, sent.text
        reference, id = receipt["reference"], sent.json()["items"][0]["id"]
        for end in ("/attachments/{id}", "/attachments/{id}/thumbnail"):
            self.known[end] = {"reference": [reference], "id": [id, "another"]}
        return str(id)

    async def is_published(self) -> None:
        moderated = "/moderation/{reference}"
        await self.files(f"{moderated}/publish")
        for operation in (moderated, f"{moderated}/edit", f"{moderated}/hide", "/published/{reference}"):
            receipt = await self.files(operation)
            await self._post(f"/moderation/{receipt['reference']}/publish", {}, self.moderator)
        for followed in ("/follow", "/unfollow", "/follow-by-mail"):
            self.known[f"/published/{{reference}}{followed}"] = self.known["/published/{reference}"]

    async def shows_a_photo(self) -> None:
        receipt = await self.files("/attachments")
        reference, id = receipt["reference"], await self.sends_a_photo(receipt)
        await self._post(f"/moderation/{reference}/publish", {}, self.moderator)
        await self._post(f"/moderation/{reference}/photos/{id}/publish", {"reason": "a lamp"}, self.moderator)
        shown = await self.client.get(f"/api/intake/v1/published/{reference}")
        copy = shown.json()["photos"][0]["url"].rpartition("/")[2]
        for end in ("", "/thumbnail"):
            self.known[f"/published/{{reference}}/photos/{{id}}{end}"] = {"reference": [reference], "id": [copy, id]}
        # The public's copy goes with what is decided on the original, so that is another one.
        receipt = await self.files("/moderated")
        reference, id = receipt["reference"], await self.sends_a_photo(receipt)
        await self._post(f"/moderation/{reference}/publish", {}, self.moderator)
        for end in ("", "/thumbnail", "/publish", "/hide"):
            self.known[f"/moderation/{{reference}}/photos/{{id}}{end}"] = {"reference": [reference], "id": [id, copy]}

    async def is_held(self) -> None:
        entry = {"sign": "phrase", "value": "quick money", "reason": "floods us"}
        watched = await self._post("/moderation/abuse-list", entry, self.moderator)
        self.known["/abuse-list/{id}"] = {"id": [watched.json()["entries"][0]["id"], "another"]}
        for decision in ("release", "reject"):
            await self.files(f"/held/{{reference}}/{decision}", text="Quick money for everybody.")

    async def _post(self, path: str, sent: Any, who: Headers | None = None) -> httpx2.Response:
        answer = await self.client.post(f"/api/intake/v1{path}", json=sent, headers=who or {})
        assert answer.is_success, answer.text
        return answer
