"""The schedule of faults: what is killed, held up or stopped, when, for how long. All of it follows from the seed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from tawasul.stack.settings import SERVICES

REPLICAS = (0, 1)
STORES = ("kafka", "mongod", "smtp")
KILLED = (*SERVICES, *STORES)
FEWEST_KILLS = len(KILLED)
"""Each kind at least once."""

SESSION_TIMEOUT_SECONDS = 6.0
"""The shortest that a broker allows by default."""
CLAIM_SECONDS = 11.0
"""How long a notification stays with the dispatcher that claimed it; the relay's lease is shorter."""


class Kind(StrEnum):
    KILL = "kill -9"
    SUSPEND = "SIGSTOP"
    STOP = "stop"
    STEP_DOWN = "step down"
    ROLL_BACK = "roll back"
    FILL = "fill the disk of"


@dataclass(frozen=True)
class Fault:
    """`at` seconds after the load began, something happens to `target` and is over `lasts` seconds later."""

    at: float
    kind: Kind
    target: str
    lasts: float

    def __str__(self) -> str:
        return f"{self.kind} {self.target} for {self.lasts:.1f} s"


def replica(service: str, ordinal: int) -> str:
    return f"{service}-{ordinal}"


def service_of(target: str) -> str:
    """The service of a replica; a store is itself."""
    name, _, ordinal = target.rpartition("-")
    return name if ordinal.isdecimal() else target


def one_at_a_time(name: str) -> str:
    """The group in which one process at most is away at a time: a cluster stands the loss of one."""
    return service_of(name) if service_of(name) in STORES else name


def plan(seed: int, kills: int, seconds: float, cluster: bool = False) -> list[Fault]:
    """In order of time, spread over the whole load so that it meets each of them at work."""
    chance = Random(f"{seed}/faults")
    wanted = [*_kills(chance, kills), *_suspensions(chance, kills), *_stops(chance, kills)]
    if cluster:
        wanted += _failovers(chance, kills)
    return _spread(chance, wanted, seconds)


def kills_alone(seed: int, names: Sequence[str], seconds: float) -> list[Fault]:
    """Each of `names` killed as often as it is in there."""
    chance = Random(f"{seed}/faults")
    return _spread(chance, [(Kind.KILL, name, round(chance.uniform(0, 2.5), 1)) for name in names], seconds)


def _spread(chance: Random, wanted: "list[Wanted]", seconds: float) -> list[Fault]:
    chance.shuffle(wanted)
    slot = seconds / len(wanted)
    return [
        Fault(round((place + chance.random()) * slot, 1), kind, target, lasts)
        for place, (kind, target, lasts) in enumerate(wanted)
    ]


Wanted = tuple[Kind, str, float]


def _kills(chance: Random, kills: int) -> Iterator[Wanted]:
    more = max(0, kills - len(KILLED))
    for name in (*KILLED, *chance.choices(KILLED, k=more)):
        yield Kind.KILL, _some_process(chance, name), round(chance.uniform(0, 2.5), 1)


def _suspensions(chance: Random, kills: int) -> Iterator[Wanted]:
    """Longer than the session, the relay's lease and, for the notifier, the claim of what it is sending."""
    number = max(2, kills // 6)
    first = chance.sample(SERVICES, k=min(number, len(SERVICES)))
    for service in [*first, *chance.choices(SERVICES, k=number - len(first))]:
        shortest = CLAIM_SECONDS if service == "notifier" else SESSION_TIMEOUT_SECONDS
        yield Kind.SUSPEND, _some_process(chance, service), round(shortest + chance.uniform(1, 3), 1)


def _stops(chance: Random, kills: int) -> Iterator[Wanted]:
    """An orderly end, for longer than the session: a static member's partitions move only then, and move back after."""
    for _ in range(max(1, kills // 6)):
        service = chance.choice(SERVICES)
        yield Kind.STOP, _some_process(chance, service), round(SESSION_TIMEOUT_SECONDS + chance.uniform(1, 2), 1)


def _failovers(chance: Random, kills: int) -> Iterator[Wanted]:
    """Faults that only a cluster stands. Of a store, the leader at that moment is hit."""
    for _ in range(max(1, kills // 12)):
        yield Kind.STEP_DOWN, "mongod", round(chance.uniform(1, 3), 1)
        yield Kind.ROLL_BACK, "mongod", round(chance.uniform(1, 3), 1)
        yield Kind.FILL, "kafka", round(chance.uniform(1, 3), 1)
        yield Kind.STOP, "kafka", round(chance.uniform(1, 3), 1)


def _some_process(chance: Random, name: str) -> str:
    return name if name in STORES else replica(name, chance.choice(REPLICAS))
