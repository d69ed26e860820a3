"""What the README tells a newcomer to try is tried: on all four services, with the sample country."""

import asyncio
import hashlib
import re
from pathlib import Path

import httpx2
import pytest
from tawasul.demo.country import Country
from tawasul.demo.government import Government
from tawasul.sign_in import Bearers
from tawasul.stack.paths import COUNTRY, REPOSITORY
from tawasul.stack.settings import SERVICES

from tests.support import town as towns
from tests.support.eventually import eventually
from tests.support.provider import Provider
from tests.support.town import Town

town = towns.town

pytestmark = pytest.mark.timeout(300)

KEY = "a key of the README"
DOOR = "localhost:8080"
FILING = re.compile(r"^curl -s localhost:8080/(?:api/intake/v1/submissions -H|open311/v2/requests\.json)")


def examples() -> list[str]:
    """The commands of the README by which something is filed, each without what is said behind it."""
    [block] = [
        each for each in re.findall(r"```sh\n(.*?)```", (REPOSITORY / "README.md").read_text(), re.S) if DOOR in each
    ]
    commands = re.split(r"\n(?=\S)", block.strip())
    return [re.sub(r"  +#.*$", "", each, flags=re.MULTILINE) for each in commands if FILING.match(each)]


class Administrators(Bearers):
    def __init__(self, provider: Provider) -> None:
        super().__init__(provider.issuer)
        self.provider = provider

    async def headers(self, subject: str) -> dict[str, str]:
        return self.provider.authorization(subject, "administrator")


async def test_what_the_readme_files_is_taken_assigned_and_gets_its_clock(
    town: Town, provider: Provider, tmp_path: Path
) -> None:
    assert len(examples()) == 2
    (tmp_path / ".state" / "secrets").mkdir(parents=True)
    (tmp_path / ".state" / "secrets" / "open311.key").write_text(KEY)
    town.environment["TAWASUL_OPEN311_KEY_HASHES"] = f"local:{hashlib.sha256(KEY.encode()).hexdigest()}"
    await town.kill("intake")
    await town.start("intake")
    urls = {name: town.services[name].url for name in SERVICES}
    async with httpx2.AsyncClient(base_url=urls["router"], timeout=30) as http:
        government = Government(http, Administrators(provider), Country(COUNTRY))
        assert await government.load_country(False, urls["router"], urls["sla-monitor"])

    async def has_questions() -> bool:
        async with httpx2.AsyncClient(base_url=urls["intake"]) as client:
            definition = await client.get("/open311/v2/services/roads_lighting.json")
        return definition.status_code == 200 and "pole" in definition.text

    await eventually(has_questions)
    for example in examples():
        answer = await run(example.replace(DOOR, urls["intake"].removeprefix("http://")), tmp_path)
        assert "reference" in answer or "service_request_id" in answer, answer

    async def all_have_their_clocks() -> bool:
        clocks = town.collection("sla-monitor", "clocks")
        return bool(await clocks.count_documents({"state.standing.due_at": {"$ne": None}}) == len(examples()))

    await eventually(all_have_their_clocks)
    [with_answers] = await town.collection("intake", "submissions").find({"state.answers.pole": "A-117"}).to_list()
    assert await town.collection("router", "assignments").find_one({"_id": with_answers["_id"]})
    for service in SERVICES:
        assert await town.collection(service, "dead_letters").count_documents({}) == 0


async def run(command: str, folder: Path) -> str:
    process = await asyncio.create_subprocess_exec(
        *("bash", "-ec", command), cwd=folder, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    output, _ = await process.communicate()
    assert process.returncode == 0, output
    return output.decode()
