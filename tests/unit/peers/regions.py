"""A regional service agency between an agency and its districts."""

from typing import Any

from aiohttp import web

from gateway.crypto import statements
from gateway.crypto.keys import Purpose
from gateway.domain.ids import EntityId
from tests.unit.peers.fixtures import StartDistrict
from tests.unit.peers.played import PlayedAgency, PlayedDistrict, token_response

CONFIGURATION, FETCH = "GET /.well-known/openid-federation", "GET /federation/fetch"


class Region:
    """A regional service agency: a played node that also vouches for others."""

    def __init__(self, played: PlayedDistrict) -> None:
        self.played = played
        self.members: dict[EntityId, Any] = {}
        self.superiors = played.superiors
        played.routes[CONFIGURATION] = self._configuration
        played.routes[FETCH] = self._fetch

    @property
    def id(self) -> EntityId:
        return self.played.id

    def admit(self, below: PlayedDistrict) -> None:
        self.members[below.id] = below.keys.public_jwks(Purpose.FEDERATION)
        below.superiors = [self.id]

    async def _configuration(self, _request: web.Request) -> web.Response:
        endpoint = {"federation_fetch_endpoint": f"{self.id}/federation/fetch"}
        token = statements.entity_configuration(
            self.id,
            keys=self.played.keys,
            metadata={"federation_entity": endpoint},
            now=self.played.clock(),
            superiors=self.superiors,
        )
        return token_response(token)

    async def _fetch(self, request: web.Request) -> web.Response:
        about = EntityId(request.query["sub"])
        token = statements.district_statement(
            self.id,
            about,
            keys=self.played.keys,
            subject_jwks=self.members[about],
            name="Maple Unified",
            lea_ids={"state": "A-0042"},
            host="127.0.0.1",
            now=self.played.clock(),
        )
        return token_response(token)


async def start_region(start_district: StartDistrict, agency: PlayedAgency) -> Region:
    region = Region(await start_district())

    async def vouch(request: web.Request) -> web.StreamResponse:
        about = EntityId(request.query["sub"])
        if about != region.id:
            return await genuine(request)
        token = statements.subordinate_statement(
            agency.id,
            region.id,
            keys=agency.keys,
            subject_jwks=region.played.keys.public_jwks(Purpose.FEDERATION),
            constraints=statements.constraints(max_path_length=1, permitted=["127.0.0.1"]),
            now=agency.clock(),
        )
        return token_response(token)

    genuine = agency.routes[FETCH]
    agency.routes[FETCH] = vouch
    return region
