"""The local stack, put together: which parts there are, in which order, and what each is told."""

import hashlib

from tawasul.sign_in import SECRET
from tawasul.stack import keys
from tawasul.stack.component import Component
from tawasul.stack.door import Door
from tawasul.stack.identity import Identity
from tawasul.stack.kafka import Kafka, Node
from tawasul.stack.mailbox import Mailbox
from tawasul.stack.mongo import Mongo
from tawasul.stack.paths import COUNTRY, NODE_MODULES
from tawasul.stack.prometheus import Prometheus, installed
from tawasul.stack.services import Service
from tawasul.stack.settings import SERVICES, StackSettings

IN_A_CLUSTER = 3
HEAP_IN_A_CLUSTER = "384m"
CACHE_IN_A_CLUSTER = 0.5
"""Gigabytes of each member."""


def local_stack(settings: StackSettings) -> list[Component]:
    """In starting order. Kafka and MongoDB are ours only where the environment names no other."""
    state = settings.state
    stores: list[Component] = []
    kafka_bootstrap, mongo_uri = settings.kafka_bootstrap, settings.mongo_uri
    if not kafka_bootstrap:
        brokers = kafka_of(settings)
        stores += brokers
        kafka_bootstrap = brokers[0].bootstrap
    if not mongo_uri:
        members = mongo_of(settings)
        stores += members
        mongo_uri = members[0].uri
    environment = service_environment(settings, kafka_bootstrap, mongo_uri)
    if settings.cluster:
        environment["TAWASUL_KAFKA_REPLICATION"] = str(IN_A_CLUSTER)
    needs = tuple(store.name for store in stores)
    return [
        *stores,
        Identity(settings.port("identity"), COUNTRY / "officials.yaml"),
        Mailbox(settings.port("mailbox"), settings.mail),
        *(Service(name, settings.port(name), environment, needs) for name in SERVICES),
        Door(settings.port("door"), upstreams(settings), state / "door", SERVICES),
        *watchers(settings),
    ]


def watchers(settings: StackSettings) -> list[Component]:
    """Prometheus, where it is installed; nothing else needs it."""
    binary = installed()
    if binary is None:
        return []
    return [Prometheus(binary, settings.port("prometheus"), upstreams(settings), settings.state / "prometheus")]


def kafka_of(settings: StackSettings) -> list[Kafka]:
    """One broker; or three, each two ports behind the one before."""
    if not settings.cluster:
        return [Kafka(settings.state / "kafka", settings.port_kafka, settings.port_kafka_controller)]
    nodes = [
        Node(number + 1, settings.port_kafka + 2 * number, settings.port_kafka_controller + 2 * number)
        for number in range(IN_A_CLUSTER)
    ]
    folder = settings.state / "cluster"
    return [
        Kafka(folder / f"kafka-{node.id}", node.port, node.controller_port, HEAP_IN_A_CLUSTER, nodes, node.id)
        for node in nodes
    ]


def mongo_of(settings: StackSettings) -> list[Mongo]:
    if not settings.cluster:
        return [Mongo(settings.state / "mongod", settings.port_mongod)]
    ports = [settings.port_mongod + number for number in range(IN_A_CLUSTER)]
    folder = settings.state / "cluster"
    return [Mongo(folder / f"mongod-{number}", port, CACHE_IN_A_CLUSTER, ports) for number, port in enumerate(ports, 1)]


def upstreams(settings: StackSettings) -> dict[str, str]:
    return {name: f"127.0.0.1:{settings.port(name).number}" for name in SERVICES}


def service_environment(settings: StackSettings, kafka_bootstrap: str, mongo_uri: str) -> dict[str, str]:
    folder = settings.state / "secrets"
    return {
        "TAWASUL_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "TAWASUL_MONGO_URI": mongo_uri,
        "TAWASUL_OIDC_ISSUER": settings.issuer,
        "TAWASUL_OIDC_AUDIENCE": "tawasul",
        "TAWASUL_PUBLIC_URL": settings.door_url,
        "TAWASUL_NODE_MODULES": str(NODE_MODULES),
        "TAWASUL_CONTACT_KEYS": keys.contact_key(folder),
        "TAWASUL_TRACKING_KEYS": keys.tracking_key(folder),
        "TAWASUL_SESSION_KEYS": keys.session_key(folder),
        "TAWASUL_AUDIT_KEYS": keys.audit_key(folder),
        "TAWASUL_PUSH_KEY": keys.push_key(folder),
        "TAWASUL_OPEN311_KEY_HASHES": f"local:{hashlib.sha256(keys.open311_key(folder).encode()).hexdigest()}",
        "TAWASUL_OIDC_CLIENT_SECRET": SECRET,
        # Whoever looks at the local stack has one address, and so have the samples, filed and followed all at once.
        "TAWASUL_LIMIT_REQUESTS": "100000/60",
        "TAWASUL_LIMIT_FILINGS": "100000/60",
        # Whoever tries the local stack sees the mail of what they did at once, also at night.
        "TAWASUL_QUIET_HOURS": "off",
        "TAWASUL_BURST_SECONDS": "0",
        "TAWASUL_DAILY_LIMIT": "0",
        "TAWASUL_SMTP_HOST": "127.0.0.1",
        "TAWASUL_SMTP_PORT": str(settings.port_mailbox),
        "TAWASUL_SMTP_TLS": "none",
    }
