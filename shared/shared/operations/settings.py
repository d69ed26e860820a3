"""Settings of every service, from its environment (prefix `TAWASUL_`)."""

from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.operations.rates import Rate, RateText


class KafkaSettings(BaseSettings):
    """How to reach Kafka. Credentials and TLS are off only in the local stack."""

    model_config = SettingsConfigDict(env_prefix="TAWASUL_", extra="ignore")

    kafka_bootstrap: str = "127.0.0.1:9092"
    kafka_security: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "SCRAM-SHA-512"
    kafka_username: str | None = None
    kafka_password: SecretStr | None = None
    kafka_ca_file: str | None = None
    kafka_replication: int = Field(default=1, ge=1)
    kafka_create_topics: bool = True
    kafka_partitions: int = Field(default=12, ge=1, description="of each submission-keyed topic; fixed once made")
    kafka_session_timeout_seconds: float = Field(default=10, gt=0)
    topic_prefix: str = ""


class ServiceSettings(KafkaSettings):
    """Common to all services; each adds its own in its settings module."""

    mongo_uri: SecretStr = SecretStr("mongodb://127.0.0.1:27017/?replicaSet=rs0")
    mongo_database: str = ""
    oidc_issuer: str = "http://127.0.0.1:8081"
    oidc_audience: str = "tawasul"
    oidc_discovery_url: str = Field(default="", description="where the provider is asked, if not below the issuer")
    session_keys: SecretStr = Field(
        default=SecretStr(""), description="base64url, 32 bytes each, newest first; empty: nobody signs in by browser"
    )
    audit_keys: SecretStr = Field(
        default=SecretStr(""), description="base64url, 32 bytes each, newest first: signs the audit trail's seals"
    )
    rate_limits: Literal["on", "off"] = Field(default="on", description="off: for measurements, never for the public")
    limit_requests: RateText = Field(default="1200/60", description="of one address (IPv6: /64): at once / seconds")
    trusted_proxies: str = Field(
        default="127.0.0.0/8,::1/128,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16,fc00::/7",
        description="networks of the doors: from there alone X-Forwarded-For is believed, its last part",
    )
    host: str = "127.0.0.1"
    port: int = 8100
    ordinal: int = Field(default=0, ge=0, description="stable number of this process among its replicas")
    log_level: str = "INFO"
    public_url: str = "http://localhost:8080"
    tracing_endpoint: str = Field(default="", description="a collector for OTLP over HTTP; empty: nothing is traced")
    tracing_share: float = Field(default=0.01, ge=0, le=1, description="of requests, with all that follows")
    zone: str = Field(default="Asia/Bahrain", description="in which times are written to people")
    node_modules: Path | None = Field(default=None, description="browser libraries from npm; without: system fonts")
    drain_seconds: float = Field(default=0, ge=0, description="not ready for so long before the door closes")
    batch_size: int = Field(default=200, ge=1, le=1_000)
    reconcile_every_seconds: float = Field(default=60, gt=0, description="from one statement of what was published on")
    reconcile_all_within_seconds: float = Field(default=3_600, gt=0, description="each submission is stated so often")
    difference_after_seconds: float = Field(
        default=60, gt=0, description="what others published and is not taken by then"
    )
    replay_differences_after_seconds: float = Field(
        default=300, ge=0, description="a missing event that Kafka has is taken again by itself; 0: never"
    )
    stuck_after_seconds: float = Field(default=60, gt=0, description="lag without progress for so long: not ready")

    def rate(self, text: str) -> Rate | None:
        """None where rate limits are off."""
        return Rate.of(text) if self.rate_limits == "on" else None
