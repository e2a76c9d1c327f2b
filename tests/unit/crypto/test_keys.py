"""A node's own keys, and what it takes as somebody else's."""

import stat
from pathlib import Path
from typing import Any

import orjson
import pytest
from joserfc.jwk import ECKey, OctKey, RSAKey

from gateway.crypto.keys import MAX_KEYS, KeyRing, Purpose, new_key, parse_jwks, thumbprint
from gateway.domain.errors import Misconfigured, Refused, Untrusted


def _jwk(purpose: Purpose = Purpose.EVIDENCE) -> dict[str, Any]:
    return dict(new_key(purpose).as_dict(private=False))


def test_keys_that_were_saved_are_loaded_again(tmp_path: Path, ring: KeyRing) -> None:
    ring.save(tmp_path / "keys")

    loaded = KeyRing.load(tmp_path / "keys")

    assert loaded.public_jwks(*Purpose) == ring.public_jwks(*Purpose)
    assert all(loaded.current(purpose).is_private for purpose in Purpose)


def test_key_files_are_for_the_owner_only(tmp_path: Path, ring: KeyRing) -> None:
    ring.save(tmp_path / "keys")

    modes = {stat.S_IMODE(file.stat().st_mode) for file in (tmp_path / "keys").iterdir()}

    assert modes == {0o600}
    assert len(list((tmp_path / "keys").iterdir())) == len(Purpose)


def test_saving_again_replaces_the_keys(tmp_path: Path, ring: KeyRing) -> None:
    ring.save(tmp_path)
    changed = KeyRing.load(tmp_path)
    changed.rotate(Purpose.CLIENT)

    changed.save(tmp_path)

    assert KeyRing.load(tmp_path).public_jwks(*Purpose) == changed.public_jwks(*Purpose)


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_keys_that_others_may_read_are_not_used(tmp_path: Path, ring: KeyRing, mode: int) -> None:
    ring.save(tmp_path)
    (tmp_path / "evidence.jwks.json").chmod(mode)

    with pytest.raises(Misconfigured, match="chmod 600"):
        KeyRing.load(tmp_path)


def test_a_missing_key_file_names_the_command_that_makes_it(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="backpack init"):
        KeyRing.load(tmp_path)


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"keys":[{}]}', b'{"keys":[]}', b'{"keys":3}', b'{"keys":[1]}', b"\xff"]
)
def test_a_broken_key_file_is_named(tmp_path: Path, ring: KeyRing, content: bytes) -> None:
    ring.save(tmp_path)
    (tmp_path / "client.jwks.json").write_bytes(content)

    with pytest.raises(Misconfigured, match="client"):
        KeyRing.load(tmp_path)


def test_published_keys_say_what_they_are_for(ring: KeyRing) -> None:
    published = ring.public_jwks(Purpose.CLIENT, Purpose.ENCRYPTION)["keys"]

    assert [(key["use"], key["alg"]) for key in published] == [("sig", "ES256"), ("enc", "ECDH-ES+A256KW")]
    assert all(key["kid"] == thumbprint(key) for key in published)
    assert all("d" not in key for key in published)


def test_a_rotated_key_stays_published_until_it_is_retired() -> None:
    ring = KeyRing.generate()
    old = ring.current(Purpose.EVIDENCE)

    ring.rotate(Purpose.EVIDENCE)
    during = ring.public_jwks(Purpose.EVIDENCE)["keys"]
    ring.retire(Purpose.EVIDENCE)
    after = ring.public_jwks(Purpose.EVIDENCE)["keys"]

    assert [key["kid"] for key in during] == [ring.current(Purpose.EVIDENCE).kid, old.kid]
    assert [key["kid"] for key in after] == [ring.current(Purpose.EVIDENCE).kid]
    assert ring.current(Purpose.EVIDENCE).kid != old.kid


def test_a_new_federation_key_is_published_and_signs_after_the_switch() -> None:
    ring = KeyRing.generate()
    old = ring.current(Purpose.FEDERATION)

    ring.rotate(Purpose.FEDERATION)
    new = ring.successor
    before = (ring.current(Purpose.FEDERATION), ring.all(Purpose.FEDERATION))
    ring.switch()
    after = (ring.current(Purpose.FEDERATION), ring.all(Purpose.FEDERATION))
    ring.retire(Purpose.FEDERATION)

    assert new is not None
    assert before == (old, (old, new))
    assert after == (new, (new, old))
    assert ring.all(Purpose.FEDERATION) == (new,)


def test_a_new_federation_key_waits_across_a_restart(tmp_path: Path) -> None:
    ring = KeyRing.generate()
    ring.rotate(Purpose.FEDERATION)
    ring.save(tmp_path)

    loaded = KeyRing.load(tmp_path)

    assert loaded.current(Purpose.FEDERATION).kid == ring.current(Purpose.FEDERATION).kid
    assert loaded.public_jwks(Purpose.FEDERATION) == ring.public_jwks(Purpose.FEDERATION)
    loaded.switch()
    loaded.save(tmp_path)
    assert KeyRing.load(tmp_path).successor is None


def test_the_steps_of_a_rollover_are_taken_in_order() -> None:
    ring = KeyRing.generate()

    with pytest.raises(Refused, match="rotate federation"):
        ring.switch()
    with pytest.raises(Refused, match="only one"):
        ring.retire(Purpose.FEDERATION)
    ring.rotate(Purpose.FEDERATION)
    with pytest.raises(Refused, match="already"):
        ring.rotate(Purpose.FEDERATION)
    with pytest.raises(Refused, match="keys switch"):
        ring.retire(Purpose.FEDERATION)

    assert len(ring.all(Purpose.FEDERATION)) == 2


def test_the_thumbprint_is_that_of_rfc_7638() -> None:
    """The value was computed by hand from the sorted members; RFC 7517 A.1 gives the key."""
    jwk = {
        "kty": "EC",
        "crv": "P-256",
        "x": "MKBCTNIcKUSDii11ySs3526iDZ8AiTo7Tu6KPAqv7D4",
        "y": "4Etl6SRW2YiLUrN5vfvVHuhp7x8PxltmWWlbbM4IFyM",
        "use": "enc",
    }

    assert thumbprint(jwk) == "cn-I_WNMClehiVp51i_0VpOENW1upEerA8sEam5hn-s"


def test_a_published_key_is_found_by_its_kid_only(ring: KeyRing, stranger: KeyRing) -> None:
    keys = parse_jwks(ring.public_jwks(*Purpose))
    mine = ring.current(Purpose.CLIENT).kid

    assert keys.by_kid(str(mine)).as_dict(private=False) == ring.current(Purpose.CLIENT).as_dict(
        private=False
    )
    assert not keys.by_kid(str(mine)).is_private
    for kid in ("../../x", "' OR 1=1", "", str(stranger.current(Purpose.CLIENT).kid)):
        with pytest.raises(Untrusted, match="unknown_key"):
            keys.by_kid(kid)


def test_the_same_key_set_is_parsed_once(ring: KeyRing) -> None:
    jwks = ring.public_jwks(Purpose.CLIENT)
    other_order = {"keys": [dict(reversed(list(key.items()))) for key in jwks["keys"]]}

    assert parse_jwks(jwks) is parse_jwks(other_order)


def test_client_keys_are_those_that_are_no_evidence_keys(ring: KeyRing) -> None:
    client = parse_jwks(ring.public_jwks(Purpose.CLIENT, Purpose.EVIDENCE))
    evidence = parse_jwks(ring.public_jwks(Purpose.EVIDENCE))

    left = client.without(evidence)

    assert list(left.members) == [ring.current(Purpose.CLIENT).kid]


_OFF_CURVE = {**_jwk(), "y": _jwk()["x"]}
_ELSEWHERE = ECKey.generate_key("P-384", auto_kid=True).as_dict(private=False)
_RSA = RSAKey.generate_key(2048, auto_kid=True).as_dict(private=False)
_SECRET = OctKey.generate_key(256, auto_kid=True).as_dict(private=True)
_TWICE = _jwk()


@pytest.mark.parametrize(
    "keys",
    [
        pytest.param([], id="no key"),
        pytest.param([_jwk() for _ in range(MAX_KEYS + 1)], id="too many keys"),
        pytest.param([_TWICE, _TWICE], id="the same kid twice"),
        pytest.param([{**_jwk(), "kid": "mine"}], id="kid is not the thumbprint"),
        pytest.param([{k: v for k, v in _jwk().items() if k != "kid"}], id="no kid"),
        pytest.param([{**_OFF_CURVE, "kid": thumbprint(_OFF_CURVE)}], id="off the curve"),
        pytest.param([new_key(Purpose.CLIENT).as_dict(private=True)], id="private"),
        pytest.param([_ELSEWHERE], id="another curve"),
        pytest.param([_RSA], id="RSA"),
        pytest.param([_SECRET], id="symmetric"),
        pytest.param([{**_jwk(), "x5u": "https://evil.example/"}], id="x5u"),
        pytest.param([{**_jwk(), "use": "enc"}], id="use and alg disagree"),
        pytest.param([{**_jwk(), "alg": "none"}], id="alg none"),
        pytest.param([{**_jwk(), "use": ["sig"]}], id="use is a list"),
        pytest.param([{**_jwk(), "alg": {}}], id="alg is an object"),
        pytest.param([{**_jwk(), "x": _jwk()["x"] + "="}], id="padded"),
        pytest.param([{**_jwk(), "x": 7}], id="x is a number"),
        pytest.param([{**_jwk(), "x": "AAAA"}], id="x is short"),
        pytest.param(["key"], id="a key is a string"),
        pytest.param("keys", id="keys is a string"),
    ],
)
def test_a_key_set_with_anything_odd_in_it_is_refused(keys: object) -> None:
    with pytest.raises(Untrusted) as refusal:
        parse_jwks({"keys": keys})

    assert refusal.value.reason == "bad_key_set"


@pytest.mark.parametrize("jwks", [None, [], "x", {1: 2}, {"keys": {object()}}, {"keys": ["x" * 20_000]}])
def test_what_is_no_key_set_is_refused(jwks: object) -> None:
    with pytest.raises(Untrusted, match="bad_key_set"):
        parse_jwks(jwks)


def test_as_many_keys_as_allowed_are_taken() -> None:
    jwks = {"keys": [_jwk() for _ in range(MAX_KEYS)]}

    assert len(parse_jwks(orjson.loads(orjson.dumps(jwks))).members) == MAX_KEYS
