"""The Helm chart says what the code says, and allows no more than the architecture draws."""

import re
from typing import Any

import pytest
import yaml
from shared.events.topics import TOPICS, dead_letter_topic
from shared.messaging.kafka import DEAD_LETTERS_KEPT, _new_topic
from shared.operations.metrics import CONSUMER_LAG
from shared.operations.settings import KafkaSettings
from tawasul.flows import GROUPS, READ_WITHOUT_A_GROUP, published_by
from tawasul.stack.paths import REPOSITORY

from tests.contract.services import PACKAGES, settings_class
from tests.support.chart import (
    CHART,
    FLOWS,
    VALUES,
    VERSIONS,
    Rendered,
    Resource,
    arrows,
    chart,
    helm,
    needs_helm,
    needs_schemas,
)

__all__ = ["chart"]

OPERATORS = {"kafka.strimzi.io/v1", "mongodbcommunity.mongodb.com/v1"}
"""Their schemas come with the operators and are in no package: what these resources say is compared, not validated."""

KEPT = {"cleanup.policy": "delete"}


def _settings(service: str) -> dict[str, Any]:
    return settings_class(PACKAGES[service]).model_fields


# What the chart reads, without Helm


def test_the_flows_name_every_topic_as_it_is_declared() -> None:
    declared = {
        topic.name: {"split": topic.is_split, "config": KEPT | _new_topic(KafkaSettings(), topic).topic_configs}
        for topic in TOPICS
    }
    assert FLOWS["topics"] == declared
    assert FLOWS["deadLetters"]["config"] == KEPT | DEAD_LETTERS_KEPT


def test_the_flows_name_what_each_service_publishes_consumes_and_reads() -> None:
    def names(topics: Any) -> set[str]:
        return {topic.name for topic in topics}

    assert FLOWS["services"].keys() == PACKAGES.keys() == VALUES["services"].keys()
    for service, flow in FLOWS["services"].items():
        assert set(flow["publishes"]) == names(published_by(service))
        assert set(flow["consumes"]) == names(topic for topics in GROUPS[service].values() for topic in topics)
        assert set(flow["reads"]) == names(READ_WITHOUT_A_GROUP.get(service, ()))
        assert set(flow["groups"]) == GROUPS[service].keys()


def test_no_more_processes_than_partitions_and_ports_as_the_services_have_them() -> None:
    assert VALUES["kafka"]["partitions"] == KafkaSettings.model_fields["kafka_partitions"].default
    for service, values in VALUES["services"].items():
        assert values["port"] == _settings(service)["port"].default
        assert values.get("mostReplicas", VALUES["defaults"]["mostReplicas"]) <= VALUES["kafka"]["partitions"]


def test_a_write_is_on_two_of_three_disks() -> None:
    kafka, mongodb = VALUES["kafka"], VALUES["mongodb"]
    assert (kafka["brokers"], kafka["replication"], kafka["leastInSync"], mongodb["members"]) == (3, 3, 2, 3)


def test_the_arrows_can_be_read_from_the_drawing() -> None:
    drawn = arrows(REPOSITORY / "deploy" / "docs" / "architecture.md")
    assert {("outside", "door"), ("notifier", "smtp"), ("router", "kafka"), ("sla-monitor", "mongodb")} <= drawn
    assert not {("intake", "router"), ("door", "kafka"), ("door", "mongodb"), ("intake", "smtp")} & drawn


# What the chart makes


def test_it_is_clean_by_helms_own_rules(pytestconfig: pytest.Config) -> None:
    needs_helm(pytestconfig)
    answer = helm("lint", "--strict", "--kube-version", VERSIONS[0], str(CHART))
    assert answer.returncode == 0, answer.stdout


@pytest.mark.parametrize("version", VERSIONS)
def test_every_resource_is_valid_by_the_schemas_of_kubernetes(
    chart: Rendered, version: str, pytestconfig: pytest.Config
) -> None:
    validator = needs_schemas(pytestconfig)
    checked = [found for found in chart.resources if found["apiVersion"] not in OPERATORS]
    for found in checked:
        validator.validate(found, version, strict=True)
    assert {"StatefulSet", "Deployment", "NetworkPolicy", "Ingress", "PodDisruptionBudget"} <= {
        found["kind"] for found in checked
    }
    with pytest.raises(validator.ValidationError):  # a check that could not fail would be none
        validator.validate(checked[0] | {"specification": {}}, version, strict=True)


def test_topics_and_their_dead_letters_are_made_as_declared(chart: Rendered) -> None:
    kafka = VALUES["kafka"]
    safe = {"min.insync.replicas": str(kafka["leastInSync"])}
    wanted = {
        topic.name: (kafka["partitions"] if topic.is_split else 1, FLOWS["topics"][topic.name]["config"])
        for topic in TOPICS
    }
    for service, groups in GROUPS.items():
        for topic in {topic.name for topics in groups.values() for topic in topics}:
            wanted[dead_letter_topic(topic, f"tawasul-{service}")] = (1, FLOWS["deadLetters"]["config"])
    made = {name: found["spec"] for name, found in chart.of("KafkaTopic").items()}
    assert {name: (spec["partitions"], spec["config"]) for name, spec in made.items()} == {
        name: (partitions, config | safe) for name, (partitions, config) in wanted.items()
    }
    assert {spec["replicas"] for spec in made.values()} == {kafka["replication"]}


def test_a_service_may_do_with_topics_and_groups_what_it_does_and_no_more(chart: Rendered) -> None:
    users = chart.of("KafkaUser")
    assert users.keys() == {*PACKAGES, "backup"}
    for service, groups in GROUPS.items():
        wanted: dict[tuple[str, str], set[str]] = {("group", group): {"Describe", "Read"} for group in groups}
        for topic in published_by(service):
            wanted["topic", topic.name] = {"Describe", "Write"}
        for name in {topic.name for topics in groups.values() for topic in topics}:
            wanted["topic", name] = {"Describe", "Read", "Write"}  # it replays its dead letters there
            wanted["topic", dead_letter_topic(name, f"tawasul-{service}")] = {"Describe", "Write"}
        for topic in READ_WITHOUT_A_GROUP.get(service, ()):
            wanted["topic", topic.name] = {"Describe", "Read"}
        assert _rights(users[service]) == wanted
    reads_all = {("topic", "tawasul."): {"Describe", "Read"}, ("group", "tawasul-"): {"Describe"}}
    assert _rights(users["backup"]) == reads_all
    assert chart.of("Kafka")["tawasul"]["spec"]["kafka"]["authorization"] == {"type": "simple"}


def _rights(user: Resource) -> dict[tuple[str, str], set[str]]:
    assert user["spec"]["authentication"] == {"type": "scram-sha-512"}
    acls = user["spec"]["authorization"]["acls"]
    found = {(acl["resource"]["type"], acl["resource"]["name"]): set(acl["operations"]) for acl in acls}
    assert len(found) == len(acls)
    return found


def test_a_service_reads_and_writes_its_own_database_alone(chart: Rendered) -> None:
    users = {user["name"]: user for user in chart.of("MongoDBCommunity")["tawasul-mongodb"]["spec"]["users"]}
    for service in PACKAGES:
        database = f"tawasul_{service.replace('-', '_')}"
        assert users[service]["db"] == database
        assert users[service]["roles"] == [{"name": "readWrite", "db": database}]
    assert {role["name"] for role in users["backup"]["roles"]} == {"read"}


@pytest.mark.parametrize("service", PACKAGES)
def test_a_service_is_told_what_its_settings_know(chart: Rendered, service: str) -> None:
    told = chart.environment(service)
    known = {f"TAWASUL_{name.upper()}" for name in _settings(service)}
    assert told.keys() - known == set()
    assert {
        f"TAWASUL_{name.upper()}" for name, field in _settings(service).items() if field.is_required()
    } <= told.keys()
    secrets = [name for name in told if re.search(r"PASSWORD|SECRET|_KEYS?$|MONGO_URI", name)]
    assert [name for name in secrets if not isinstance(told[name], dict) or "secretKeyRef" not in told[name]] == []
    given: dict[str, Any] = {
        name.removeprefix("TAWASUL_").lower(): value for name, value in told.items() if isinstance(value, str)
    }
    given |= {name: "k" for name in ("contact_keys", "tracking_keys") if f"TAWASUL_{name.upper()}" in told}
    made = settings_class(PACKAGES[service])(**given)
    assert made.kafka_security == "SASL_SSL"
    assert made.kafka_create_topics is False


def test_an_ordinal_is_the_place_in_the_stateful_set(chart: Rendered) -> None:
    for service in PACKAGES:
        path = chart.environment(service)["TAWASUL_ORDINAL"]["fieldRef"]["fieldPath"]
        assert path == "metadata.labels['apps.kubernetes.io/pod-index']"
        assert "replicas" not in chart.of("StatefulSet")[service]["spec"]


def test_keys_go_to_those_alone_who_need_them(chart: Rendered) -> None:
    def holders(variable: str) -> set[str]:
        return {service for service in PACKAGES if variable in chart.environment(service)}

    assert holders("TAWASUL_CONTACT_KEYS") == {"intake", "notifier"}
    assert holders("TAWASUL_TRACKING_KEYS") == {"intake"}
    assert holders("TAWASUL_OIDC_CLIENT_SECRET") == {"intake"}
    assert chart.of("Secret") == {}


def test_no_process_may_more_than_it_needs(chart: Rendered) -> None:
    for name, pod in chart.pods():
        assert pod["automountServiceAccountToken"] is False, name
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        assert {spread["topologyKey"] for spread in pod["topologySpreadConstraints"]} == {
            "topology.kubernetes.io/zone",
            "kubernetes.io/hostname",
        }
        for container in pod["containers"]:
            # The door's program does not start where it may not bear this one, whatever it listens on.
            added = {"add": ["NET_BIND_SERVICE"]} if name == "door" else {}
            assert container["securityContext"] == {
                "allowPrivilegeEscalation": False,
                "readOnlyRootFilesystem": True,
                "capabilities": {"drop": ["ALL"], **added},
            }
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= container.keys()
            assert "memory" in container["resources"]["limits"]


def test_what_runs_keeps_running_while_machines_are_emptied(chart: Rendered) -> None:
    ours = [name for name, _ in chart.pods()]
    budgets = chart.of("PodDisruptionBudget")
    assert budgets.keys() == {*ours, VALUES["mongodb"]["name"]}  # Kafka's is its operator's
    assert {budget["spec"]["maxUnavailable"] for budget in budgets.values()} == {1}
    for name in ours:
        workload = chart.of("StatefulSet").get(name) or chart.of("Deployment")[name]
        assert budgets[name]["spec"]["selector"] == workload["spec"]["selector"]
        scaled = chart.of("HorizontalPodAutoscaler").get(name)
        assert (scaled["spec"]["minReplicas"] if scaled else workload["spec"]["replicas"]) >= 2


def test_consumers_scale_by_what_waits_up_to_the_partitions(chart: Rendered) -> None:
    scalers = chart.of("HorizontalPodAutoscaler")
    assert scalers.keys() == {*PACKAGES, "door"}
    for name in PACKAGES:
        spec = scalers[name]["spec"]
        assert spec["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "StatefulSet", "name": name}
        assert spec["maxReplicas"] <= VALUES["kafka"]["partitions"]
        by_cpu, by_lag = spec["metrics"]
        assert by_cpu["resource"]["name"] == "cpu"
        assert by_lag["pods"]["metric"]["name"] == CONSUMER_LAG._name
    (by_cpu,) = scalers["door"]["spec"]["metrics"]
    assert by_cpu["resource"]["name"] == "cpu"
    assert "replicas" not in chart.of("Deployment")["door"]["spec"]
    too_many = ("--kube-version", VERSIONS[0], "--set", "services.router.mostReplicas=13")
    answer = helm("template", "tawasul", str(CHART), *too_many)
    assert answer.returncode != 0
    assert "would idle" in answer.stderr


def test_the_adapter_serves_the_lag_of_a_pod_over_all_its_topics() -> None:
    (rule,) = yaml.safe_load((CHART.parent / "adapter-values.yaml").read_text())["rules"]["custom"]
    assert rule["name"]["as"] == CONSUMER_LAG._name == rule["seriesQuery"].partition("{")[0]
    assert rule["resources"]["overrides"].keys() == {"namespace", "pod"}
    assert rule["metricsQuery"].startswith("sum(")


def test_no_two_stores_of_a_kind_stand_on_one_machine(chart: Rendered) -> None:
    pods = {
        "kafka": chart.of("Kafka")["tawasul"]["spec"]["kafka"]["template"]["pod"],
        "mongodb": chart.of("MongoDBCommunity")["tawasul-mongodb"]["spec"]["statefulSet"]["spec"]["template"]["spec"],
    }
    for store, pod in pods.items():
        spread = {each["topologyKey"]: each["whenUnsatisfiable"] for each in pod["topologySpreadConstraints"]}
        wanted = {"topology.kubernetes.io/zone": "ScheduleAnyway", "kubernetes.io/hostname": "DoNotSchedule"}
        assert spread == wanted, store
    of_kafka = pods["kafka"]["topologySpreadConstraints"][0]["labelSelector"]["matchLabels"]
    assert of_kafka == {"strimzi.io/cluster": "tawasul", "strimzi.io/kind": "Kafka"}
