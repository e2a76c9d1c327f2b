"""Staff and sessions in memory."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from gateway.domain.errors import Unknown
from gateway.domain.policy.people import PersonId
from gateway.usecases.ports import Account, Draft, Session, SignIn


@dataclass
class MemoryStaff:
    rows: dict[PersonId, Account] = field(default_factory=dict)

    def put(self, account: Account) -> None:
        self.rows[account.id] = account

    def get(self, id_: PersonId) -> Account:
        if id_ not in self.rows:
            raise Unknown("there is no such member of staff")
        return self.rows[id_]

    def by_subject(self, issuer: str, subject: str) -> Account | None:
        found = (one for one in self.rows.values() if (one.issuer, one.subject) == (issuer, subject))
        return next(found, None)

    def list(self) -> Sequence[Account]:
        return sorted(self.rows.values(), key=lambda one: (one.name, one.id))

    def names(self, pseudonyms: Collection[str]) -> Mapping[str, str]:
        return {one.pseudonym: one.name for one in self.rows.values() if one.pseudonym in pseudonyms}


@dataclass
class MemorySessions:
    rows: dict[str, Session | SignIn] = field(default_factory=dict)

    def begin(self, sign_in: SignIn) -> None:
        self.rows[f"sign-in {sign_in.digest}"] = sign_in

    def take(self, digest: str, now: datetime) -> SignIn | None:
        found = self.rows.get(f"sign-in {digest}")
        if not isinstance(found, SignIn) or found.expires_at <= now:
            return None
        del self.rows[f"sign-in {digest}"]
        return found

    def add(self, session: Session) -> None:
        self.rows[session.digest] = session

    def get(self, digest: str) -> Session | None:
        found = self.rows.get(digest)
        return found if isinstance(found, Session) else None

    def touch(self, digest: str, at: datetime) -> None:
        if found := self.get(digest):
            self.rows[digest] = replace(found, seen_at=at)

    def remove(self, digest: str) -> None:
        self.rows.pop(digest, None)

    def remove_of(self, person: PersonId) -> None:
        self._keep(lambda one: one.person != person)

    def remove_at_provider(self, provider_session: str) -> None:
        self._keep(lambda one: one.provider_session != provider_session)

    def prune(self, *, unseen_since: datetime, opened_before: datetime, now: datetime) -> None:
        self._keep(lambda one: one.seen_at >= unseen_since and one.opened_at >= opened_before)
        self.rows = {
            key: one for key, one in self.rows.items() if not isinstance(one, SignIn) or one.expires_at > now
        }

    def _keep(self, wanted: Callable[[Session], bool]) -> None:
        self.rows = {
            key: one for key, one in self.rows.items() if not isinstance(one, Session) or wanted(one)
        }


@dataclass
class MemoryDrafts:
    rows: dict[str, Draft] = field(default_factory=dict)

    def put(self, draft: Draft) -> None:
        self.rows[draft.id] = draft

    def get(self, id_: str) -> Draft:
        if id_ not in self.rows:
            raise Unknown("there is no such draft")
        return self.rows[id_]

    def remove(self, id_: str) -> None:
        self.rows.pop(id_, None)

    def list(self, owner: PersonId, limit: int = 200) -> Sequence[Draft]:
        found = [one for one in self.rows.values() if one.owner in {None, owner}]
        return sorted(sorted(found, key=lambda one: one.id), key=lambda one: one.changed_at, reverse=True)[
            :limit
        ]

    def open_for(self, drafts: Collection[Draft]) -> None:
        for draft in drafts:
            if all(one.student != draft.student for one in self.rows.values()):
                self.rows[draft.id] = draft
