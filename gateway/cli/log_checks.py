"""How logs stand with partners and with the witness, at the terminal."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any, Final

from gateway.cli.output import columns, moment

if TYPE_CHECKING:
    from gateway.domain.reconciling import LogFinding
    from gateway.domain.witness import WitnessedLog
    from gateway.usecases.audit_view import Evidence

_WRONG: Final = {
    "missing": "missing",
    "differs": "the two sides differ",
    "position": "the receipt proves nothing of the other log",
    "peer_log": "the other log is not the one that was proven before",
    "own_log": "the agency refused to witness this log",
    "member_log": "a member's log was changed",
}
_DO: Final = {
    "missing.here": "this store lost it: was a backup restored? Run `backpack log verify`; ask the partner",
    "missing.there": "tell the partner: its store lost it. Keep `backpack log prove` of this transfer",
    "differs": "compare the record with the partner before anybody relies on it",
    "position": "ask the partner whether its log's key was changed; the receipt itself is valid",
    "peer_log": "tell the agency and the partner's privacy officer: its log was cut or rewritten",
    "own_log": "keep the store as it is, tell the privacy officer and the agency",
    "member_log": "ask the member; the two signed checkpoints are the evidence",
}


def told_of(evidence: "Evidence", peers: Collection[str]) -> tuple[dict[str, Any], list[str]]:
    """Return the comparison with these partners, or with all, as JSON says it and as lines."""
    compared = {peer: errand for peer, errand in evidence.compared.items() if not peers or peer in peers}
    findings = [one for one in evidence.findings if not peers or one.peer in peers]
    told = {
        "partners": [
            {"id": peer, "compared_at": errand.done_at, "fault": errand.fault or None}
            for peer, errand in compared.items()
        ],
        "findings": [_finding(one) for one in findings],
    }
    rows = [
        (peer, moment(errand.done_at) if errand.done_at else "never", errand.fault or "-")
        for peer, errand in compared.items()
    ]
    lines = (
        list(columns(("PARTNER", "COMPARED", "FAULT"), rows)) if rows else ["No transfers with anybody yet."]
    )
    return told, lines + [line for one in findings for line in _lines(one)]


def differing(told: dict[str, Any]) -> bool:
    """Whether anything is found or a partner could not be compared with."""
    return bool(told["findings"]) or any(one["fault"] for one in told["partners"])


def witnessed(logs: "Sequence[tuple[WitnessedLog, str]]") -> tuple[list[dict[str, Any]], list[str]]:
    """Return what the agency saw of its members' logs."""
    told = [
        {
            "member": name,
            "id": log.node,
            "log": log.origin,
            "size": log.size,
            "at": log.at,
            "fault": log.fault,
            "checkpoint": log.note,
            "refused": log.refused_note or None,
        }
        for log, name in logs
    ]
    rows = [(name, log.origin, str(log.size), moment(log.at), log.fault or "-") for log, name in logs]
    lines = list(columns(("MEMBER", "LOG", "LINES", "WITNESSED", "FAULT"), rows)) if rows else []
    return told, lines or ["No member has shown its log yet."]


def _finding(one: "LogFinding") -> dict[str, Any]:
    from gateway.usecases.audit_view import advice

    return {
        "kind": one.kind,
        "entry": one.what,
        "version": one.version or None,
        "digest": one.digest,
        "transfer": one.transfer,
        "partner": one.peer,
        "partners_name_of_it": one.named,
        "lacking": one.lacking,
        "found_at": one.found_at,
        "do": _DO[advice(one)],
    }


def _lines(one: "LogFinding") -> list[str]:
    told = _finding(one)
    side = {"here": " here", "there": " at the partner"}.get(one.lacking, "")
    return [
        "",
        f"{one.what}: {_WRONG[one.kind]}{side if one.kind == 'missing' else ''}",
        f"  Transfer  {one.transfer or one.named}",
        f"  Partner   {one.peer}",
        f"  Digest    {one.digest}",
        f"  Do        {told['do']}",
    ]
