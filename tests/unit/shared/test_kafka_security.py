"""Credentials and TLS are settings, and reach every client of Kafka: consumers, producer and administration."""

import ssl
from typing import Any

import pytest
from aiokafka.admin import AIOKafkaAdminClient
from faststream.kafka.security import parse_security
from shared.messaging.kafka import connection_options, make_producer
from shared.messaging.subscriber import _security, make_broker
from shared.operations.settings import ServiceSettings

SECURED: dict[str, Any] = {
    "kafka_bootstrap": "kafka.example:9093",
    "kafka_security": "SASL_SSL",
    "kafka_username": "router",
    "kafka_password": "s3cret",
}


def settings(**changed: Any) -> ServiceSettings:
    return ServiceSettings.model_validate(SECURED | changed)


def test_credentials_and_tls_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECURED.items():
        monkeypatch.setenv(f"TAWASUL_{name.upper()}", value)
    options = connection_options(ServiceSettings())
    assert options["bootstrap_servers"] == "kafka.example:9093"
    assert (options["sasl_plain_username"], options["sasl_plain_password"]) == ("router", "s3cret")


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_producer_and_administration_sign_in_over_tls(mechanism: str) -> None:
    secured = settings(kafka_sasl_mechanism=mechanism)
    for client in (make_producer(secured).client, AIOKafkaAdminClient(**connection_options(secured))._client):
        assert client._security_protocol == "SASL_SSL"
        assert client._sasl_mechanism == mechanism
        assert (client._sasl_plain_username, client._sasl_plain_password) == ("router", "s3cret")
        assert client._ssl_context.verify_mode == ssl.CERT_REQUIRED
        assert client._ssl_context.check_hostname


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"])
async def test_consumers_sign_in_over_tls(mechanism: str) -> None:
    told = _options_of_consumers(settings(kafka_sasl_mechanism=mechanism))
    assert (told["security_protocol"], told["sasl_mechanism"]) == ("SASL_SSL", mechanism)
    assert (told["sasl_plain_username"], told["sasl_plain_password"]) == ("router", "s3cret")
    assert told["ssl_context"].verify_mode == ssl.CERT_REQUIRED


@pytest.mark.parametrize("protocol", ["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"])
async def test_all_clients_speak_the_same_protocol(protocol: str) -> None:
    chosen = settings(kafka_security=protocol)
    assert connection_options(chosen)["security_protocol"] == protocol
    assert _options_of_consumers(chosen).get("security_protocol", "PLAINTEXT") == protocol


@pytest.mark.parametrize("missing", ["kafka_username", "kafka_password"])
@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
def test_sasl_without_a_user_or_a_password_is_refused(protocol: str, missing: str) -> None:
    with pytest.raises(ValueError, match="user name and a password"):
        make_broker(settings(kafka_security=protocol, **{missing: None}))


async def test_every_client_is_told_of_each_of_several_brokers() -> None:
    """A list in one text was one host with commas in its name to consumers, which then waited for ever."""
    several = settings(kafka_bootstrap="a.example:9093,b.example:9093,c.example:9093")
    hosts = [("a.example", 9093), ("b.example", 9093), ("c.example", 9093)]
    for client in (make_producer(several).client, AIOKafkaAdminClient(**connection_options(several))._client):
        assert sorted((host, port) for host, port, _ in client.hosts) == hosts
    assert list(make_broker(several).specification.url) == [f"{host}:{port}" for host, port in hosts]


def test_a_password_is_not_told_to_whoever_prints_the_settings() -> None:
    assert "s3cret" not in repr(settings())


def _options_of_consumers(chosen: ServiceSettings) -> dict[str, Any]:
    """What FastStream makes of our security for its aiokafka consumers."""
    return dict(parse_security(_security(chosen)))
