"""The shape of the audit trail, and the check of one: pure, so that it runs on an export far from any service.

Every writing process has a chain: records numbered from 1, each with the hash of the one before it. Seals, numbered
from 1 and chained in the same way, name the newest record of every chain that grew since the seal before, and are
signed where a key is there. So a changed record does not fit its hash, a missing or moved one leaves a gap in its
chain, and a chain that was cut at its end is shorter than a seal says. Only what came after the newest seal can be cut
unseen, so a seal is set each minute and its hash logged; `expected` names one that must be there.
"""

import hashlib
import hmac
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

Entry = dict[str, Any]
"""A record or a seal as stored. Times are aware datetimes, or their ISO form in an export."""

KEYED = {"hash", "signature", "_id"}


@dataclass
class Verdict:
    """`faults` in order, the first broken one first; empty when the trail is whole."""

    records: int = 0
    seals: int = 0
    chains: int = 0
    unsealed: int = 0
    faults: list[str] = field(default_factory=list)


def hash_of(entry: Mapping[str, Any]) -> str:
    content = {name: value for name, value in entry.items() if name not in KEYED}
    plain = json.dumps(content, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_text)
    return hashlib.sha256(plain.encode()).hexdigest()


def signature_of(hash: str, key: bytes) -> str:
    return hmac.digest(key, f"seal {hash}".encode(), hashlib.sha256).hex()


def origin_of_chain(chain: str) -> str:
    """The hash that the first record of a chain names as its predecessor's."""
    return hashlib.sha256(chain.encode()).hexdigest()


def verify(
    records: Iterable[Entry], seals: Iterable[Entry], keys: Sequence[bytes] = (), expected: str | None = None
) -> Verdict:
    """`keys` check the signatures of seals; `expected` is the hash of a seal that must be there, from a log."""
    chains: dict[str, list[Entry]] = defaultdict(list)
    for record in records:
        chains[str(record.get("chain"))].append(record)
    ordered = sorted(seals, key=lambda seal: int(seal["number"]))
    verdict = Verdict(records=sum(map(len, chains.values())), seals=len(ordered), chains=len(chains))
    heads: dict[str, dict[int, str]] = {}
    for chain, entries in sorted(chains.items()):
        entries.sort(key=lambda record: int(record["sequence"]))
        verdict.faults += _broken(chain, entries, "record", "sequence", origin_of_chain(chain))
        heads[chain] = {int(record["sequence"]): str(record["hash"]) for record in entries}
    verdict.faults += _broken("seals", ordered, "seal", "number", origin_of_chain("seals"))
    verdict.faults += _unkept_seals(ordered, heads, keys)
    if expected is not None and expected not in {seal["hash"] for seal in ordered}:
        verdict.faults.append(f"the seal {expected} is missing: the trail was cut at its end, or replaced")
    sealed: dict[str, int] = {}
    for seal in ordered:
        sealed |= {chain: int(head["sequence"]) for chain, head in seal["heads"].items()}
    verdict.unsealed = sum(1 for chain, known in heads.items() for sequence in known if sequence > sealed.get(chain, 0))
    return verdict


def _broken(chain: str, entries: Sequence[Entry], what: str, number: str, before: str) -> list[str]:
    """The first fault of one chain; what follows it proves nothing."""
    for wanted, entry in enumerate(entries, start=1):
        if int(entry[number]) < wanted:
            return [f"{what} {entry[number]} of {chain} is there twice"]
        if int(entry[number]) != wanted:
            return [f"{what} {wanted} of {chain} is missing"]
        if entry.get("previous") != before:
            return [f"{what} {wanted} of {chain} does not follow the one before it"]
        if hash_of(entry) != entry.get("hash"):
            return [f"{what} {wanted} of {chain} was changed"]
        before = str(entry["hash"])
    return []


def _unkept_seals(seals: Sequence[Entry], heads: Mapping[str, Mapping[int, str]], keys: Sequence[bytes]) -> list[str]:
    for seal in seals:
        signature = str(seal.get("signature") or "")
        if keys and not any(hmac.compare_digest(signature, signature_of(seal["hash"], key)) for key in keys):
            return [f"seal {seal['number']} is not signed with a key of ours"]
        for chain, head in seal["heads"].items():
            found = heads.get(chain, {}).get(int(head["sequence"]))
            if found is None:
                return [f"{chain} ends before record {head['sequence']}, which seal {seal['number']} names: it was cut"]
            if found != head["hash"]:
                return [f"record {head['sequence']} of {chain} is not the one that seal {seal['number']} names"]
    return []


def _text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    raise TypeError(f"{type(value).__name__} has no place in an audit record")
