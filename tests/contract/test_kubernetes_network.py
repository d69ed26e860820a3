"""The network policies of the Helm chart open the drawn arrows, each at one port, and nothing else."""

import json

from tawasul.stack.paths import REPOSITORY

from tests.contract.services import PACKAGES
from tests.support.chart import VALUES, Rendered, Resource, arrows, chart, rendered

__all__ = ["chart"]


def test_the_network_allows_exactly_the_drawn_arrows(chart: Rendered) -> None:
    drawn = arrows(REPOSITORY / "deploy" / "docs" / "architecture.md")
    leaving, entering = _allowed(chart)
    names = {*PACKAGES, "door"}
    assert leaving == {(start, end) for start, end in drawn if start in names}
    assert entering == {(start, end) for start, end in drawn if end in {*names, "kafka", "mongodb"}} | {
        ("mongodb", "mongodb")  # its members, among each other
    }


def test_an_arrow_is_open_at_the_one_port_where_its_end_listens(chart: Rendered) -> None:
    (listener,) = chart.of("Kafka")["tawasul"]["spec"]["kafka"]["listeners"]
    listens = {name: values["port"] for name, values in VALUES["services"].items()}
    listens |= {name: VALUES[name]["port"] for name in ("identity", "smtp")}
    listens |= {"kafka": listener["port"], "mongodb": 27017, "receivers": VALUES["outside"]["port"]}
    for name, policy in chart.of("NetworkPolicy").items():
        if name in ("nobody", "names"):
            continue
        for rule in policy["spec"].get("egress", []):
            (end,) = {_who(peer) for peer in rule["to"]}
            assert rule["ports"] == [{"protocol": "TCP", "port": listens[end]}], f"{name} to {end}"
        for rule in policy["spec"].get("ingress", []):
            assert rule["ports"] == [{"protocol": "TCP", "port": listens["mongodb"] if name == "mongodb" else "http"}]
    for name, pod in chart.pods():
        (http,) = [port["containerPort"] for port in pod["containers"][0]["ports"] if port["name"] == "http"]
        assert http == (listens | {"door": VALUES["door"]["port"]})[name]


def _allowed(chart: Rendered) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Allowed calls by the callers' own policies, and by those of the called."""
    leaving: set[tuple[str, str]] = set()
    entering: set[tuple[str, str]] = set()
    for name, policy in chart.of("NetworkPolicy").items():
        if name in ("nobody", "names"):
            continue
        for rule in policy["spec"].get("egress", []):
            leaving |= {(name, _who(peer)) for peer in rule["to"]}
        for rule in policy["spec"].get("ingress", []):
            entering |= {(_who(peer), name) for peer in rule["from"]}
    (listener,) = chart.of("Kafka")["tawasul"]["spec"]["kafka"]["listeners"]
    entering |= {(_who(peer), "kafka") for peer in listener["networkPolicyPeers"]}
    return leaving, entering


def _who(peer: Resource) -> str:
    outside = {
        "outside": VALUES["ingress"]["peers"],
        "prometheus": VALUES["monitoring"]["peers"],
        "identity": VALUES["identity"]["peers"],
        "smtp": VALUES["smtp"]["peers"],
        "receivers": VALUES["outside"]["peers"],
    }
    for name, peers in outside.items():
        if peer in peers:
            return name
    labels = peer["podSelector"]["matchLabels"]
    if "strimzi.io/cluster" in labels:
        return "kafka"
    return str(labels.get("app.kubernetes.io/component") or {"tawasul-mongodb-svc": "mongodb"}[labels["app"]])


def test_who_backs_up_reaches_kafka_and_mongodb_where_it_is_named_and_only_there(chart: Rendered) -> None:
    peer = {"podSelector": {"matchLabels": {"app": "tawasul-backup"}}}
    assert not _mentions(chart, peer)
    named = rendered("--set-json", f"backup.peers=[{json.dumps(peer)}]")
    assert _mentions(named, peer) == {"Kafka tawasul", "NetworkPolicy mongodb"}


def test_traces_leave_every_service_where_a_collector_is_named_and_none_otherwise(chart: Rendered) -> None:
    peer = {"podSelector": {"matchLabels": {"app": "collector"}}}
    assert not any(name.startswith("TAWASUL_TRACING") for each in PACKAGES for name in chart.environment(each))
    endpoint = "http://collector.tracing.svc:4318"
    named = rendered("--set", f"tracing.endpoint={endpoint}", "--set-json", f"tracing.peers=[{json.dumps(peer)}]")
    assert _mentions(named, peer) == {f"NetworkPolicy {each}" for each in PACKAGES}
    for each in PACKAGES:
        told = named.environment(each)
        assert (told["TAWASUL_TRACING_ENDPOINT"], told["TAWASUL_TRACING_SHARE"]) == (endpoint, "0.01")


def test_gateways_of_sms_are_reached_by_the_notifier_alone_where_they_are_named(chart: Rendered) -> None:
    peer = {"ipBlock": {"cidr": "203.0.113.20/32"}}
    assert not _mentions(chart, peer)
    named = rendered("--set-json", f"sms.peers=[{json.dumps(peer)}]")
    assert _mentions(named, peer) == {"NetworkPolicy notifier"}


def _mentions(chart: Rendered, peer: Resource) -> set[str]:
    """Kind and name of every resource in which it stands."""
    searched = json.dumps(peer, sort_keys=True)
    return {
        f"{found['kind']} {found['metadata']['name']}"
        for found in chart.resources
        if searched in json.dumps(found, sort_keys=True)
    }


def test_whoever_is_not_named_reaches_nobody(chart: Rendered) -> None:
    policies = chart.of("NetworkPolicy")
    nobody = policies["nobody"]["spec"]
    assert set(nobody["policyTypes"]) == {"Ingress", "Egress"}
    assert not nobody.get("ingress")
    assert not nobody.get("egress")
    for name in {*PACKAGES, "door"}:
        labels = (chart.of("StatefulSet").get(name) or chart.of("Deployment")[name])["spec"]["template"]["metadata"][
            "labels"
        ]
        selector = nobody["podSelector"]
        assert selector["matchLabels"].items() <= labels.items()
        (ours,) = selector["matchExpressions"]
        assert (ours["key"], ours["operator"]) == ("app.kubernetes.io/component", "In")
        assert name in ours["values"]
    (names,) = policies["names"]["spec"]["egress"]
    assert {port["port"] for port in names["ports"]} == {53}
    (resolver,) = names["to"]
    assert resolver["podSelector"]["matchLabels"] == {"k8s-app": "kube-dns"}
    assert resolver["namespaceSelector"]["matchLabels"] == {"kubernetes.io/metadata.name": "kube-system"}
