"""The development OpenID provider: whoever is in the sample country's officials may sign in, without a password."""

import json
import sys
from pathlib import Path

import httpx2
from shared.yaml_files import read_yaml

from tawasul.stack.ports import Port

CITIZENS: tuple[dict[str, object], ...] = (
    {"sub": "citizen.maryam", "name": "Maryam Al-Khalifi", "email": "maryam@citizens.example", "roles": ["citizen"]},
    {"sub": "citizen.john", "name": "John Mathew", "email": "john@citizens.example", "roles": ["citizen"]},
)
ADMINISTRATOR: dict[str, object] = {
    "sub": "administrator",
    "name": "Administrator",
    "email": "administrator@central-office.example",
    "roles": ["administrator"],
    "entity": "central-office",
}

QUIETLY = """
import logging, runpy
logging.getLogger("oidc_provider_mock").setLevel(logging.WARNING)
runpy.run_module("oidc_provider_mock", run_name="__main__", alter_sys=True)
"""
"""It writes the name and the address of whoever signs in into its log, and has no option for less."""


class Identity:
    name = "identity"
    needs: tuple[str, ...] = ()
    patience = 30.0
    advice = "see its log"

    def __init__(self, port: Port, officials: Path) -> None:
        self.ports = (port,)
        self._officials = officials

    def prepare(self) -> None:
        pass

    def command(self) -> list[str]:
        people = [argument for person in people_who_sign_in(self._officials) for argument in _claims(person)]
        port = str(self.ports[0].number)
        # A long day at the desk: the development tokens outlive it, so that nobody's demo ends in a 401.
        return [sys.executable, "-c", QUIETLY, "--port", port, "--token-max-age", "86400", *people]

    def environment(self) -> dict[str, str]:
        return {"PYTHONWARNINGS": "ignore"}

    async def is_ready(self) -> bool:
        async with httpx2.AsyncClient() as http:
            try:
                address = f"http://127.0.0.1:{self.ports[0].number}/.well-known/openid-configuration"
                return (await http.get(address)).is_success
            except httpx2.TransportError:
                return False


def people_who_sign_in(officials: Path) -> list[dict[str, object]]:
    """Claims of every official of the sample country, an administrator and two citizens."""
    people: dict[object, dict[str, object]] = {"administrator": dict(ADMINISTRATOR)}
    for official in read_yaml(officials) if officials.exists() else []:
        people[official["id"]] = {
            "sub": official["id"],
            "name": official["name"]["en"],
            "email": official["email"],
            "roles": [official["role"]],
            "entity": official["entity"],
        }
    return [*people.values(), *(dict(citizen) for citizen in CITIZENS)]


def _claims(person: dict[str, object]) -> tuple[str, str]:
    """As a national provider: it knows whose the addresses are."""
    return "--user-claims", json.dumps(person | {"email_verified": True}, ensure_ascii=False)
