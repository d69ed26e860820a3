"""Apache Kafka as KRaft processes, broker and controller in one: alone, or three with each record on two disks."""

import contextlib
import fcntl
import shutil
import subprocess
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from tawasul.stack.component import CannotStart
from tawasul.stack.java import java
from tawasul.stack.paths import state_folder
from tawasul.stack.ports import Port, listens

POM = Path(__file__).resolve().parents[1] / "kafka" / "pom.xml"
COPIES_IN_SYNC = 2
"""With three brokers: a write is acknowledged when two have it, and one may be away."""
CLUSTER_ID = "tawasul-cluster-0000w"
QUICK_ALONE = ("broker.session.timeout.ms=3000", "broker.heartbeat.interval.ms=500")
"""After a kill the broker waits until its former life has expired; nine seconds by default."""
PATIENT_TOGETHER = ("controller.quorum.fetch.timeout.ms=6000", "controller.quorum.election.timeout.ms=3000")
"""Three on a machine that is busy must not take each other for dead."""
NO_MAVEN = "Kafka's jars come through Maven, and there is no mvn: apt-get install maven, then try again"


@dataclass(frozen=True)
class Node:
    """Where one of several brokers is."""

    id: int
    port: int
    controller_port: int


class Kafka:
    """Alone, or with `nodes` the one of them whose id is `id`."""

    needs: tuple[str, ...] = ()
    patience = 60.0
    advice = "see its log; a data folder that is beyond repair is removed by `make reset`"

    def __init__(
        self,
        folder: Path,
        port: int,
        controller_port: int,
        heap: str = "512m",
        nodes: Sequence[Node] = (),
        id: int = 1,
    ) -> None:
        self.name = f"kafka-{id}" if nodes else "kafka"
        self._nodes = nodes or (Node(1, port, controller_port),)
        self._id = id
        self._folder = folder
        self._port = port
        self._controller_port = controller_port
        self._heap = heap
        self.ports = (Port("kafka", port), Port("kafka_controller", controller_port))

    @property
    def bootstrap(self) -> str:
        return ",".join(f"127.0.0.1:{node.port}" for node in self._nodes)

    def prepare(self) -> None:
        bring_jars()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._properties.write_text(self._configuration())
        if not (self._folder / "data" / "meta.properties").exists():
            self._format()

    def command(self) -> list[str]:
        return [java(), f"-Xmx{self._heap}", *self._runtime_options(), "kafka.Kafka", str(self._properties)]

    def environment(self) -> dict[str, str]:
        return {}

    async def is_ready(self) -> bool:
        if not await listens(self._port):
            return False  # asked first because aiokafka logs every refused connection as an error
        client = AIOKafkaClient(bootstrap_servers=f"127.0.0.1:{self._port}", request_timeout_ms=3000)
        try:
            await client.bootstrap()
            return len(client.cluster.brokers()) >= min(len(self._nodes), COPIES_IN_SYNC)
        except (KafkaError, OSError):
            return False
        finally:
            await client.close()

    @property
    def _properties(self) -> Path:
        return self._folder / "server.properties"

    def _runtime_options(self) -> list[str]:
        return [
            # The broker lives next to everything else on a small machine: quick to start, few threads for itself.
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dorg.slf4j.simpleLogger.showDateTime=true",
            "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSS",
            "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
            "-cp",
            f"{jars_folder()}/*",
        ]

    def _configuration(self) -> str:
        copies = len(self._nodes)
        in_sync = min(copies, COPIES_IN_SYNC)
        return "\n".join(
            [
                "process.roles=broker,controller",
                f"node.id={self._id}",
                self._quorum(),
                f"listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
                f"advertised.listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
                "controller.listener.names=CONTROLLER",
                f"log.dirs={self._folder / 'data'}",
                f"offsets.topic.replication.factor={copies}",
                "offsets.topic.num.partitions=10",
                f"share.coordinator.state.topic.replication.factor={copies}",
                f"share.coordinator.state.topic.min.isr={in_sync}",
                f"transaction.state.log.replication.factor={copies}",
                f"transaction.state.log.min.isr={in_sync}",
                f"default.replication.factor={copies}",
                f"min.insync.replicas={in_sync}",
                "unclean.leader.election.enable=false",
                "auto.create.topics.enable=false",
                # Consumers get their partitions at once instead of after the three seconds meant for large groups.
                "group.initial.rebalance.delay.ms=0",
                # A broker that was killed checks its segments at start; keep them small for a quick return.
                "log.segment.bytes=67108864",
                "num.recovery.threads.per.data.dir=2",
                *(QUICK_ALONE if copies == 1 else PATIENT_TOGETHER),
                "",
            ]
        )

    def _quorum(self) -> str:
        if len(self._nodes) == 1:
            return f"controller.quorum.bootstrap.servers=127.0.0.1:{self._controller_port}"
        return "controller.quorum.voters=" + ",".join(
            f"{node.id}@127.0.0.1:{node.controller_port}" for node in self._nodes
        )

    def _format(self) -> None:
        arguments = ["format", "--config", str(self._properties)]
        if len(self._nodes) == 1:
            arguments += ["--standalone", "--cluster-id", str(uuid.uuid4())]
        else:
            arguments += ["--cluster-id", CLUSTER_ID]
        answer = subprocess.run(
            [java(), *self._runtime_options(), "kafka.tools.StorageTool", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            last = (answer.stderr or answer.stdout).strip().splitlines()[-1:] or ["no reason given"]
            raise CannotStart(f"Kafka's data folder could not be formatted: {last[0]}")


def jars_folder() -> Path:
    return state_folder() / "kafka-jars"


def bring_jars() -> None:
    """Fetch Kafka's jars once; two starts at the same time do not disturb each other."""
    with _only_one(state_folder() / "kafka-jars.lock"):
        stamp = jars_folder() / "pom.xml"
        if stamp.exists() and stamp.read_bytes() == POM.read_bytes():
            return
        mvn = shutil.which("mvn")
        if mvn is None:
            raise CannotStart(NO_MAVEN)
        shutil.rmtree(jars_folder(), ignore_errors=True)
        answer = subprocess.run(
            [mvn, "-q", "-B", "-f", str(POM), "dependency:copy-dependencies", f"-DoutputDirectory={jars_folder()}"],
            capture_output=True,
            text=True,
            check=False,
        )
        if answer.returncode != 0:
            first = next((line for line in answer.stdout.splitlines() if "ERROR" in line), "no reason given")
            raise CannotStart(f"mvn could not fetch Kafka's jars: {first}")
        shutil.copyfile(POM, stamp)


@contextlib.contextmanager
def _only_one(lock: Path) -> Iterator[None]:
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
