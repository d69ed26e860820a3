"""Settings of the local stack, from its environment (prefix `TAWASUL_`)."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from tawasul.stack.paths import state_folder
from tawasul.stack.ports import Port

SERVICES = ("intake", "router", "sla-monitor", "notifier")
DATABASES = {service: f"tawasul_{service.replace('-', '_')}" for service in SERVICES}
"""By service, unless it is told another one."""


class StackSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="TAWASUL_", extra="ignore")

    state: Path = Field(default_factory=state_folder)
    kafka_bootstrap: str | None = Field(default=None, description="a Kafka that runs already; empty: we start one")
    mongo_uri: str | None = Field(default=None, description="a MongoDB that runs already; empty: we start one")

    cluster: bool = Field(default=False, description="three brokers and a replica set of three, on this one machine")

    audit_keys: SecretStr | None = Field(default=None, description="of another system's audit trail; empty: our own")

    port_door: int = 8080
    port_identity: int = 8081
    port_intake: int = 8101
    port_router: int = 8102
    port_sla_monitor: int = 8103
    port_notifier: int = 8104
    port_kafka: int = 9092
    port_kafka_controller: int = 9093
    port_mongod: int = 27017
    port_mailbox: int = 1025
    port_prometheus: int = 9190

    def port(self, name: str) -> Port:
        number: int = getattr(self, f"port_{name.replace('-', '_')}")
        return Port(name, number)

    @property
    def door_url(self) -> str:
        return f"http://localhost:{self.port_door}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port_identity}"

    @property
    def prometheus_url(self) -> str:
        """Not 9090: where Debian has installed Prometheus, its own one listens there."""
        return f"http://127.0.0.1:{self.port_prometheus}"

    @property
    def mongo_at(self) -> str:
        """All four databases, for tools that look at them past the services."""
        return self.mongo_uri or f"mongodb://127.0.0.1:{self.port_mongod}/?replicaSet=rs0"

    def service_url(self, service: str) -> str:
        """Past the door, for internal endpoints."""
        return f"http://127.0.0.1:{self.port(service).number}"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def mail(self) -> Path:
        return self.state / "mail"
