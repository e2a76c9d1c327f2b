"""Import review: a received record beside what is here, what becomes of it, and taking that back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from gateway.domain.corrections import ChangeReason
from gateway.domain.errors import Malformed
from gateway.domain.ids import Digest, LocalStudentId, TransferId
from gateway.domain.importing.plan import Choices, ImportPlan, Row, Verb
from gateway.domain.policy import Person
from gateway.domain.policy.people import StaffRole
from gateway.domain.sealed import SealedPart
from gateway.http.pages.forms import Form
from gateway.http.site import node_of
from gateway.http.staff.guard import form_of, person
from gateway.http.staff.page import page, see_other
from gateway.usecases.import_reviewed import import_reviewed
from gateway.usecases.ports import ReviewState
from gateway.usecases.review_import import ImportReview, decide_import, review_import
from gateway.usecases.undo_import import Undoing, preview_undo, undo_import

IMPORTERS: Final = frozenset({StaffRole.REGISTRAR, StaffRole.RECORDS_OFFICER})
_STUDENT: Final = "is:"
_NEW: Final = "new"


def routes() -> Iterable[web.RouteDef]:
    """Return the review of an import, and what is done on it."""
    path = "/desk/transfers/{id:R-[A-Za-z0-9_-]{8,64}}/import"
    return (
        web.get(path, person(IMPORTERS, show), allow_head=False),
        web.post(path, person(IMPORTERS, act)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One section as it is shown: only what may change has rows."""

    section: str
    rows: Sequence[Row]
    already: int
    """Entries that are here already."""
    chosen: Verb | None
    """What a person decided for the section."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """The page."""

    review: ImportReview
    undoing: Undoing | None
    """What undoing would put back; None while nothing is imported."""
    sealed: Sequence[SealedPart]
    """What came apart, for one role each."""
    known_reasons: frozenset[str] = frozenset(ChangeReason)

    @property
    def verbs(self) -> Sequence[Verb]:
        """What can be done with a section."""
        return [verb for verb in Verb if verb is not Verb.CORRECT or self.plan.correction]

    @property
    def plan(self) -> ImportPlan:
        """What the import would do."""
        return self.review.plan

    @property
    def parts(self) -> Sequence[Part]:
        """The sections in the record's order."""
        return [
            Part(
                section=section,
                rows=[row for row in rows if row.differences or _is_disputed(row)],
                already=sum(not row.differences and not _is_disputed(row) for row in rows),
                chosen=self.plan.choices.sections.get(section),
            )
            for section, rows in self.plan.sections.items()
        ]

    def conversion(self, row: Row, place: str) -> str:
        """Return how a proposed conversion is named in the form."""
        return f"{row.theirs.key}#{place}"


def _is_disputed(row: Row) -> bool:
    """Whether a family states something against the entry: it is shown, whatever else is the same."""
    return bool(row.theirs.entry["meta"].get("statements"))


async def show(request: web.Request, somebody: Person) -> web.Response:
    """Show both sides and what is decided so far."""
    node, id_ = node_of(request), _id(request)
    review = await review_import(node, id_, person=somebody)
    applied = review.state is ReviewState.APPLIED
    undoing = await preview_undo(node, id_, person=somebody) if applied else None
    sealed = await node.store.read(lambda tx: tx.sealed_parts.of(id_))
    view = View(review=review, undoing=undoing, sealed=sealed)
    return page(request, somebody, "imports/review.html", view)


async def act(request: web.Request, somebody: Person) -> web.Response:
    """Keep what was decided, import it, or take an import back."""
    form, node, id_ = form_of(request), node_of(request), _id(request)
    match form.one("act"):
        case "save":
            review = await review_import(node, id_, person=somebody)
            await decide_import(node, id_, _choices(form, review.plan), person=somebody)
        case "import":
            await import_reviewed(node, id_, person=somebody, seen=Digest(form.one("seen")))
        case "undo":
            await undo_import(node, id_, person=somebody, reason=form.one("reason"))
        case _:
            raise Malformed("this form says nothing that can be done here")
    return see_other(f"/desk/transfers/{id_}/import")


def _choices(form: Form, plan: ImportPlan) -> Choices:
    """Return what the form says; what it does not show stays as it was decided."""
    whose = form.one("student")
    student = LocalStudentId(whose.removeprefix(_STUDENT)) if whose.startswith(_STUDENT) else None
    verbs = {name.removeprefix("do."): form.one(name) for name in form.fields if name.startswith("do.")}
    codes = {
        code.theirs: ours
        for number, code in enumerate(plan.undecided)
        if (ours := form.one(f"code.{number}")) and form.one(f"their.{number}") == code.theirs.code
    }
    return Choices(
        student=student,
        new_student=whose == _NEW,
        sections={section: _verb(verb) for section, verb in verbs.items() if verb},
        entries=plan.choices.entries,
        codes={**plan.choices.codes, **codes},
        accepted=frozenset(form.many("accept")),
    )


def _verb(text: str) -> Verb:
    try:
        return Verb(text)
    except ValueError:
        raise Malformed("what is done with a section is not one of the choices") from None


def _id(request: web.Request) -> TransferId:
    return TransferId(request.match_info["id"])
