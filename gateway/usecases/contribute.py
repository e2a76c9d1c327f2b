"""Words about a learner: written here, and retired."""

from dataclasses import dataclass, replace

from gateway.domain.audit import Leaf
from gateway.domain.ids import LocalStudentId
from gateway.domain.policy import Action, Context, Kind, Object, Person
from gateway.domain.profile import FORMS, Audience, Contribution, Form, Voice, Words, entry_in_words
from gateway.usecases.permission import actor_of, permit
from gateway.usecases.ports import Node, Tx
from gateway.usecases.teaching import about_learner


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What somebody wants to add, for whom to see."""

    student: LocalStudentId
    form: Form
    words: Words
    voice: Voice
    """Whose words: of a young learner, an adult may write them down."""
    audience: Audience = Audience.TRAVELS


async def contribute(node: Node, person: Person, wish: Wish) -> Contribution:
    """Add an entry to a student's backpack.

    Raises:
        Unknown: there is no such student.
        Forbidden: the person may not.
        Malformed: nothing is written, too much, or a need without what helps.
    """
    await node.store.read(lambda tx: tx.backpacks.get(wish.student))
    object_ = await node.store.read(lambda tx: about_learner(tx, node, wish.student))
    await permit(node, person, Action.PROFILE_WRITE, object_)
    today, id_ = node.calendar.day_of(node.now()), node.pseudonym("contribution", node.new_id())
    entry = entry_in_words(
        wish.form, wish.words, wish.voice, id_=id_, organization=node.id, at=node.now(), today=today
    )
    added = Contribution(
        id=id_,
        student=wish.student,
        section=FORMS[wish.form].section,
        entry=entry,
        voice=wish.voice,
        author=person.id,
        audience=wish.audience,
        said_on=today,
    )

    def store(tx: Tx) -> None:
        tx.contributions.add(added)
        tx.audit.add(_leaf(node, person, Action.PROFILE_WRITE, object_))

    await node.store.write(store)
    return added


async def retire(node: Node, person: Person, id_: str, *, why: str = "") -> Contribution:
    """Retire an entry: only the family sees it from now on, and it leaves no more.

    Raises:
        Unknown: there is no such entry.
        Forbidden: the person may not.
        Unmet: somebody else's words are retired with a reason only.
    """
    found = await node.store.read(lambda tx: tx.contributions.get(id_))
    object_ = await node.store.read(lambda tx: _about(tx, node, found))
    await permit(node, person, Action.PROFILE_RETIRE, object_, Context(now=node.now(), reason=why))

    def store(tx: Tx) -> Contribution:
        tx.contributions.retire(id_, node.now())
        tx.audit.add(_leaf(node, person, Action.PROFILE_RETIRE, object_))
        return tx.contributions.get(id_)

    return await node.store.write(store)


def _about(tx: Tx, node: Node, contribution: Contribution) -> Object:
    student = about_learner(tx, node, contribution.student)
    return replace(
        student, kind=Kind.ENTRY, section=contribution.section, authors=frozenset({contribution.author})
    )


def _leaf(node: Node, person: Person, action: Action, object_: Object) -> Leaf:
    return Leaf(at=node.now(), actor=actor_of(node, person), action=action, object=object_.id)
