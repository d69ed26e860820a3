"""Signing in at the real development provider: what the services will read in the token."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio
from joserfc import jwt
from joserfc.jwk import KeySet
from tawasul.sign_in import sign_in
from tawasul.stack.identity import Identity
from tawasul.stack.ports import Port, free_port
from tawasul.stack.running import Running

OFFICIALS = """
- id: officer.works
  name: {ar: علي, en: Ali}
  entity: works
  role: officer
  email: ali@works.example
  language: ar
"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def issuer(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    folder: Path = tmp_path_factory.mktemp("identity")
    (folder / "officials.yaml").write_text(OFFICIALS)
    port = free_port()
    provider = Running(Identity(Port("identity", port), folder / "officials.yaml"), folder / "identity.log")
    await provider.start()
    yield f"http://127.0.0.1:{port}"
    await provider.stop()


async def claims(issuer: str, subject: str) -> dict[str, object]:
    """The token's claims, its signature checked with the provider's published keys."""
    async with httpx2.AsyncClient() as http:
        keys = KeySet.import_key_set((await http.get(f"{issuer}/jwks")).json())
    return dict(jwt.decode(await sign_in(issuer, subject), keys, algorithms=["RS256"]).claims)


async def test_an_official_comes_with_role_and_entity(issuer: str) -> None:
    told = await claims(issuer, "officer.works")
    expected = {"sub": "officer.works", "name": "Ali", "email": "ali@works.example", "iss": issuer}
    assert {name: told[name] for name in expected} == expected
    assert (told["roles"], told["entity"]) == (["officer"], "works")
    assert told["aud"] in ("tawasul", ["tawasul"])


async def test_the_administrator_is_there_without_being_an_official(issuer: str) -> None:
    assert (await claims(issuer, "administrator"))["roles"] == ["administrator"]


async def test_a_stranger_has_no_role(issuer: str) -> None:
    assert "roles" not in await claims(issuer, "nobody@example.org")
