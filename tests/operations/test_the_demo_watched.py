"""After the demonstration, in the system that showed it: what operations see of it, and what nobody may see."""

import re
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx2
import pytest
import pytest_asyncio
from tawasul.demo.country import Country
from tawasul.sign_in import Bearers
from tawasul.stack.settings import SERVICES

from tests.support.eventually import eventually
from tests.support.rules import rules
from tests.support.runbook import commands
from tests.support.watching import asked, needs_prometheus
from tests.support.whole import WholeSystem, whole_system

pytestmark = [pytest.mark.timeout(900), pytest.mark.full]

ASSIGNMENTS = "/api/router/v1/assignments"
FOLLOWED_SECONDS, TIMED_OUT, INTERRUPTED = 5, 124, 130


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def system(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[WholeSystem]:
    async with whole_system(tmp_path_factory.mktemp("whole")) as running:
        yield running


@pytest.fixture
def watched(system: WholeSystem, pytestconfig: pytest.Config) -> WholeSystem:
    needs_prometheus(pytestconfig)
    return system


def _personal() -> Iterator[str]:
    """Every name, mail address and phone that the demonstration uses, in both scripts."""
    country = Country()
    for sample in country.samples():
        yield from (sample.contact or {}).values()
    for official in country.officials():
        yield from (official["email"], *official["name"].values())


async def test_no_log_has_a_name_an_address_or_a_phone_of_anybody(system: WholeSystem) -> None:
    personal = sorted({word for word in _personal() if len(word) > 4})
    assert len(personal) > 100
    lines = list(system.log_lines())
    assert {name for name, _ in lines} >= {*SERVICES, "door"}
    escaped = {word: word.encode("unicode_escape").decode() for word in personal}
    told = [
        (name, word)
        for word in personal
        for name, line in lines
        if word.lower() in line.lower() or escaped[word] in line
    ]
    assert told == []


async def test_every_query_of_every_dashboard_finds_something(watched: WholeSystem) -> None:
    watch = watched.watch
    (entity, *_) = [sample["metric"]["entity"] for sample in await _answered(watched)]
    jobs = {sample["metric"]["job"] for sample in await watch.query("up")}
    queries = [(where, expr) for where, expr, job in asked(entity) if job in jobs]
    assert len(queries) > 50

    async def empty() -> list[str]:
        return [where for where, expr in queries if not await watch.query(expr)]

    async def all_find_something() -> bool:
        return not await empty()

    try:
        await eventually(all_find_something, 90)
    except TimeoutError:
        pytest.fail(f"nothing is found for {await empty()}")


async def _answered(system: WholeSystem) -> list[dict[str, Any]]:
    """An officer answers something, so that there is a share of answers; the series that then are there."""
    await _answer_one(system)
    answers = 'tawasul_sla_monitor_year_answers{outcome="in_time"} > 0'
    await eventually(lambda: system.watch.query(answers), 60)
    return await system.watch.query(answers)


async def _answer_one(system: WholeSystem) -> None:
    bearers = Bearers(system.settings.issuer)
    for official in Country().officials():
        if official["role"] != "officer":
            continue
        headers = await bearers.headers(official["id"])
        async with httpx2.AsyncClient(base_url=system.settings.door_url, headers=headers, timeout=30) as http:
            listed = (await http.get(ASSIGNMENTS, params={"state": "assigned"})).json()["items"]
            if listed:
                body = {"text": "It is repaired.", "reason_code": "resolved"}
                response = await http.post(f"{ASSIGNMENTS}/{listed[0]['id']}/answer", json=body)
                assert response.status_code == 200, response.text
                return
    pytest.fail("nobody has anything to answer")


async def test_every_rule_is_evaluated_without_an_error_and_no_alert_fires_in_a_healthy_system(
    watched: WholeSystem,
) -> None:
    groups = (await watched.watch.get("/api/v1/rules"))["groups"]
    states = {rule["name"]: rule["health"] for group in groups for rule in group["rules"]}
    assert set(states.values()) == {"ok"}
    assert states.keys() == {rule.get("record") or rule["alert"] for rule in rules()}
    assert await watched.watch.firing() == set()


async def test_a_submissions_whole_way_can_be_traced(system: WholeSystem) -> None:
    reference = system.references[0]
    ran = await system.run(f".venv/bin/tawasul trace {reference}")
    assert ran.code == 0, ran.output
    for word in ("SubmissionReceived", "SubmissionAssigned", "DeadlineSet", "router +", "sla-monitor +", "notifier +"):
        assert word in ran.output
    assert re.search(r"SubmissionReceived\s+│ author\s+│ mail\s+│ sent", ran.output), ran.output
    assert not [word for word in _personal() if word in ran.output]
    assert (await system.run(".venv/bin/tawasul trace 00000-00000")).code == 1


ELSEWHERE = {
    "dead-letters show": "tests/component/test_dead_letters_command.py",
    "dead-letters replay": "tests/component/test_dead_letters_command.py",
    "dead-letters discard": "tests/component/test_dead_letters_command.py",
    "erasures again erasures-NEWEST": "tests/component/test_erasures_command.py",
    "erased-since.txt": "tests/component/test_erasures_command.py",
    "audit verify --expect": "tests/component/test_audit.py",
    "TAWASUL_AUDIT_KEYS=": "tests/component/test_audit.py",
    "audit export": "tests/component/test_audit.py",
    "train-routing": "tests/component/test_classifier_commands.py",
}
"""They need something that a healthy system has not, or take long; there they are run."""

ENDS_IT = ("make down", "make reset")
RUN_HERE = re.compile(
    r"(?:\S+=\S+ )*(?:(?:\.venv/bin/)?tawasul "
    r"(?:backup|logs|trace|load-country|dead-letters|erasures|audit|reconcile)(?: |$)"
    r"|make (?:status|logs|down|reset)\b|curl -si? localhost:\d+\S*$)"
)


def is_run_here(command: str) -> bool:
    """What runs on this machine without Docker, and needs nothing that a healthy system has not."""
    return RUN_HERE.match(command) is not None and not any(part in command for part in ELSEWHERE)


def _in_order() -> list[str]:
    """As they stand there, and what ends the system last."""
    here = [command for command in commands() if is_run_here(command) and command not in ENDS_IT]
    return [*here, *ENDS_IT]


def _filled_in(command: str, system: WholeSystem) -> str:
    """What stands in capitals in it is what somebody would type; each erasure erases another one."""
    values = {
        "REFERENCE": system.references[-1],
        "path/to/country": "deploy/country",
        "--token-file .state/token": "",
        "--url http://localhost:8080": "",
        "THE-ID": "correlation",
        "SERVICE=…": "SERVICE=intake",
        "/backups/2026-11-25T02": "backup",
        "FOLDER": "backup",
        **{f"localhost:{port}": f"localhost:{ours}" for port, ours in system.ports().items()},
    }
    for placeholder, value in values.items():
        command = command.replace(placeholder, value)
    return re.sub(r"^tawasul ", ".venv/bin/tawasul ", command)


@pytest.mark.parametrize("command", _in_order())
async def test_a_command_of_the_runbook_does_what_it_says(system: WholeSystem, command: str) -> None:
    is_endless = command.startswith("make logs") or "backup follow /" in command
    typed = _filled_in(command, system)
    ran = await system.run(f"timeout --signal INT {FOLLOWED_SECONDS} {typed}" if is_endless else typed, 200)
    finds_nothing = "grep" in command and ran.code == 1 and not ran.output
    was_followed = is_endless and ran.code in (TIMED_OUT, 0, INTERRUPTED)
    assert ran.code == 0 or finds_nothing or was_followed, ran.output
    assert ran.output or not command.startswith(("make status", "curl"))
