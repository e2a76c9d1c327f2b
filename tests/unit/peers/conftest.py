from tests.unit.peers.fixtures import *  # noqa: F403
