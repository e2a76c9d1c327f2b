"""What a person decided on an import, and what its undoing means, as the local system gets them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import orjson

from gateway.domain.ids import Digest, digest
from gateway.domain.importing.journal import Change, Undone
from gateway.domain.importing.plan import ImportPlan, Row


def plan_digest(plan: ImportPlan) -> Digest:
    """Return a digest of all that the plan would write and for whom: another plan gives another one."""
    changes = [{**asdict(change)} for change in plan.changes]
    whose = [plan.choices.student, plan.choices.new_student]
    return digest(orjson.dumps([whose, changes], option=orjson.OPT_SORT_KEYS, default=str))


def reviewed_document(plan: ImportPlan) -> dict[str, Any]:
    """Return the reviewed result: each change with before and after, and what was left out."""
    return {
        "student": plan.choices.student,
        "newStudent": plan.choices.new_student,
        "changes": [_change(change) for change in plan.changes],
        "left": [_left(row) for row in plan.rows if row.change is None],
        "setAside": [{"section": one.section, "fault": one.fault, "fix": one.fix} for one in plan.set_aside],
    }


def undone_document(student: str | None, undone: Sequence[Undone]) -> dict[str, Any]:
    """Return what the local system must do to be as it was, and which later edits stay."""
    return {"student": student, "changes": [_undone(one) for one in undone]}


def _change(change: Change) -> dict[str, Any]:
    return {
        "section": change.section,
        "recordId": change.key,
        "sendersRecordId": change.theirs,
        "before": change.before,
        "after": change.after,
        "equivalents": [asdict(one) for one in change.beside],
    }


def _left(row: Row) -> Mapping[str, Any]:
    return {"section": row.theirs.section, "recordId": row.theirs.key, "standing": row.standing}


def _undone(one: Undone) -> dict[str, Any]:
    return {
        "section": one.change.section,
        "recordId": one.change.key,
        "imported": one.change.after,
        "result": one.result,
        "keptLocalEdits": dict(one.kept),
    }
