"""Apache Kafka as one KRaft process: broker and controller in one, everything replicated once."""

import contextlib
import fcntl
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from tawasul.stack.component import CannotStart
from tawasul.stack.java import java
from tawasul.stack.paths import state_folder
from tawasul.stack.ports import Port, listens

POM = Path(__file__).resolve().parents[1] / "kafka" / "pom.xml"
NO_MAVEN = "Kafka's jars come through Maven, and there is no mvn: apt-get install maven, then try again"


class Kafka:
    name = "kafka"
    needs: tuple[str, ...] = ()
    patience = 60.0
    advice = "see its log; a data folder that is beyond repair is removed by `make reset`"

    def __init__(self, folder: Path, port: int, controller_port: int, heap: str = "512m") -> None:
        self._folder = folder
        self._port = port
        self._controller_port = controller_port
        self._heap = heap
        self.ports = (Port("kafka", port), Port("kafka_controller", controller_port))

    @property
    def bootstrap(self) -> str:
        return f"127.0.0.1:{self._port}"

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
        client = AIOKafkaClient(bootstrap_servers=self.bootstrap, request_timeout_ms=3000)
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
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
        return "\n".join(
            [
                "process.roles=broker,controller",
                "node.id=1",
                f"controller.quorum.bootstrap.servers=127.0.0.1:{self._controller_port}",
                f"listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
                f"advertised.listeners=PLAINTEXT://127.0.0.1:{self._port},CONTROLLER://127.0.0.1:{self._controller_port}",
                "controller.listener.names=CONTROLLER",
                f"log.dirs={self._folder / 'data'}",
                "offsets.topic.replication.factor=1",
                "offsets.topic.num.partitions=10",
                "share.coordinator.state.topic.replication.factor=1",
                "share.coordinator.state.topic.min.isr=1",
                "transaction.state.log.replication.factor=1",
                "transaction.state.log.min.isr=1",
                "default.replication.factor=1",
                "auto.create.topics.enable=false",
                # Consumers get their partitions at once instead of after the three seconds meant for large groups.
                "group.initial.rebalance.delay.ms=0",
                # A broker that was killed checks its segments at start; keep them small for a quick return.
                "log.segment.bytes=67108864",
                "num.recovery.threads.per.data.dir=2",
                # After a kill the broker waits until its former life has expired; nine seconds by default.
                "broker.session.timeout.ms=3000",
                "broker.heartbeat.interval.ms=500",
                "",
            ]
        )

    def _format(self) -> None:
        arguments = ["format", "--standalone", "--cluster-id", str(uuid.uuid4()), "--config", str(self._properties)]
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
