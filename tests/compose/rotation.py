"""Every secret changed as the runbook says, while the system runs: what the old ones made stays good."""

import asyncio
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from uuid import uuid4

import httpx2
from tawasul.demo.post import CONFIRMATION
from tawasul.mailbox import mails
from tawasul.stack.settings import DATABASES

from tests.compose.findings import Findings
from tests.compose.isolation import SCRIPT
from tests.compose.mailpit import Mailpit, fill
from tests.compose.place import DOOR, MAILPIT, HostsOfThisMachine, keycloak
from tests.compose.project import Project, any_password, keycloak_password
from tests.compose.runbook import as_it_stands, typed
from tests.compose.terminal import in_a_terminal
from tests.support.eventually import eventually
from tests.support.keycloak import a_person, sign_in_form

SUBMISSIONS = f"{DOOR}/api/intake/v1/submissions"
OFFICER = "officer.works"
WHOSE = "notifier"
"""The service whose passwords are changed: it needs both stores to tell anybody anything."""
PATIENCE = 180.0
ANSWER_SECONDS = 60.0


@dataclass(frozen=True)
class Change:
    """`write` changes files of the secrets folder; then the commands that have these parts are run, as they stand."""

    what: str
    write: Callable[[Path], None]
    then: Sequence[str]


def _key() -> str:
    return urlsafe_b64encode(token_bytes(32)).decode()


def _member_key() -> str:
    return b64encode(token_bytes(96)).decode()


def _behind(name: str, prefix: str = "") -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        file = folder / name
        file.write_text(f"{file.read_text()},{prefix}{_key()}")

    return write


def _in_front(name: str) -> Callable[[Path], None]:
    """The newest of them."""

    def write(folder: Path) -> None:
        file = folder / name
        *older, newest = file.read_text().split(",")
        file.write_text(",".join([newest, *older]))

    return write


def _both(*writes: Callable[[Path], None]) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for each in writes:
            each(folder)

    return write


def _anew(name: str, make: Callable[[], str] = any_password) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        (folder / name).write_text(make())

    return write


def _passwords(store: str, also_in: str) -> Callable[[Path], None]:
    """A service's own at one of the stores, also where it stands beside others."""

    def write(folder: Path) -> None:
        file, beside, new = folder / f"{WHOSE}_{store}_password", folder / also_in, any_password()
        beside.write_text(beside.read_text().replace(file.read_text(), new))
        file.write_text(new)

    return write


OF_ALL_SERVICES = ("session_keys", "audit_keys")
OF_CONTACTS = ("--wait intake notifier",)
OF_ALL = ("--wait intake router",)
CHANGES = (
    Change("contact keys: one more, at the end", _behind("contact_keys"), OF_CONTACTS),
    Change(
        "contact keys: the new one in front; tracking keys: one more",
        _both(_in_front("contact_keys"), _behind("tracking_keys", "2:")),
        OF_CONTACTS,
    ),
    Change(
        "session and audit keys: one more, at the end", _both(_behind("session_keys"), _behind("audit_keys")), OF_ALL
    ),
    Change(
        "session and audit keys: the new one in front",
        _both(_in_front("session_keys"), _in_front("audit_keys")),
        OF_ALL,
    ),
    Change("the push key", _anew("push_key", _key), OF_CONTACTS),
    Change(
        "a password at MongoDB",
        _passwords("mongodb", f"{WHOSE}_mongo_uri"),
        ("docker compose run --rm mongodb-init", "--force-recreate --wait notifier"),
    ),
    Change("a password at Kafka", _passwords("kafka", "kafka_jaas"), ("--wait kafka",)),
    Change("the key of the replica set", _anew("mongodb_key", _member_key), ("--wait mongodb",)),
    Change(
        "the installer's secret", _anew("installer_secret"), ("clientId=installer", "run --rm --no-deps country-init")
    ),
)
"""In an order in which each needs nothing of those that follow."""


async def check(project: Project, folder: Path, findings: Findings) -> None:
    mailbox = folder / "mails-of-rotation"
    mailbox.mkdir()
    filling = asyncio.create_task(fill(Mailpit(MAILPIT), mailbox))
    try:
        async with a_person(HostsOfThisMachine()) as officer, httpx2.AsyncClient(timeout=30) as citizen:
            await _sign_in(project, officer)
            before = await _file(citizen, "before@citizens.example")
            await eventually(lambda: _mails_to(mailbox, "before@citizens.example"), PATIENCE)
            old = {name: project.secret(name) for name in (f"{WHOSE}_mongo_uri", f"{WHOSE}_kafka_password")}

            for change in CHANGES:
                await asyncio.to_thread(_carry_out, change, project, findings)
            await asyncio.to_thread(_administrators, project, findings)

            desk = await officer.get(f"{DOOR}/desk", follow_redirects=True)
            findings.expect(
                desk.status_code == 200 and desk.url.path == "/desk", "who was signed in stays so", str(desk.url)
            )
            shown = await citizen.get(
                f"{SUBMISSIONS}/{before['reference']}", headers={"Tawasul-Secret": before["secret"]}
            )
            findings.expect(shown.status_code == 200, "a secret of before opens its submission", shown.text[:200])
            await _file(citizen, "after@citizens.example")
            told = await _within(PATIENCE, lambda: _mails_to(mailbox, "after@citizens.example"))
            findings.expect(told, "who files now is told by mail")
            await _confirm(citizen, _mails_to(mailbox, "before@citizens.example")[0])
            told = await _within(PATIENCE, lambda: len(_mails_to(mailbox, "before@citizens.example")) > 1)
            findings.expect(told, "a contact that was sealed under the old key is opened")
    finally:
        filling.cancel()
    findings.expect(not (reached := _with_the_old_ones(project, old)), "the old passwords open nothing", reached)


def _carry_out(change: Change, project: Project, findings: Findings) -> None:
    change.write(project.secrets)
    for part in change.then:
        if said := as_it_stands(part, project):
            findings.expect(False, f"{change.what}: {part}", said)
            return
    findings.expect(True, f"changed: {change.what}")


async def _sign_in(project: Project, person: httpx2.AsyncClient) -> None:
    await keycloak(project).give_password(OFFICER)
    away = await person.get(f"{DOOR}/auth/sign-in", params={"next": "/desk"})
    await person.get(await sign_in_form(away.headers["location"], OFFICER, person))


async def _file(citizen: httpx2.AsyncClient, mail: str) -> dict[str, str]:
    """Of a category, so that a rule places it: who has confirmed the address is told of that too."""
    body: dict[str, object] = {
        "kind": "complaint",
        "language": "en",
        "text": "There is a deep pothole.",
        "category": "roads.pothole",
    }
    body |= {"contact": {"name": "Maryam", "email": mail}}
    answer = await citizen.post(SUBMISSIONS, json=body, headers={"Idempotency-Key": str(uuid4())})
    filed: dict[str, str] = answer.raise_for_status().json()
    return filed


def _mails_to(folder: Path, address: str) -> list[str]:
    return [mail.text for _, mail in mails(folder) if address in mail.recipients]


async def _confirm(citizen: httpx2.AsyncClient, text: str) -> None:
    (link,) = {found[0] for found in CONFIRMATION.finditer(text)}
    await citizen.get(link)
    answer = await citizen.post(link, data={"choice": "mine"}, headers={"Origin": DOOR})
    assert answer.status_code == httpx2.codes.SEE_OTHER, answer.text[:300]


async def _within(patience: float, look: Callable[[], object]) -> bool:
    try:
        await eventually(lambda: bool(look()), patience)
    except TimeoutError:
        return False
    return True


def _with_the_old_ones(project: Project, old: dict[str, str]) -> str:
    """What they still open. Empty: nothing."""
    before = {"TAWASUL_MONGO_URI": old[f"{WHOSE}_mongo_uri"], "TAWASUL_KAFKA_PASSWORD": old[f"{WHOSE}_kafka_password"]}
    given = (f"{name}={value}" for name, value in before.items())
    _, said = project.inside(WHOSE, "env", *given, "python", "-c", SCRIPT, DATABASES[WHOSE])
    return "" if '"databases"' in said and '"done"' not in said else said[-500:]


def _administrators(project: Project, findings: Findings) -> None:
    new = keycloak_password()
    said = as_it_stands("kcadm.sh set-password -r master", project, {"CHOOSE ONE": new})
    findings.expect(said is None, "changed: the password of Keycloak's administrator", said or "")
    (project.secrets / "keycloak_admin_password").write_text(new)

    old, new = project.secret("mongodb_root_password"), any_password()
    command = typed("changeUserPassword")
    code, shown = in_a_terminal(command, "Enter password", [old, new], project.environment, ANSWER_SECONDS)
    findings.expect(code == 0, "changed: the password of MongoDB's administrator", shown[-500:])
    (project.secrets / "mongodb_root_password").write_text(new)
    said = as_it_stands("docker compose run --rm mongodb-init", project)
    findings.expect(said is None, "MongoDB's administrator comes in with the new one", said or "")
