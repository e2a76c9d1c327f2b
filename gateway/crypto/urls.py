"""One spelling for each URL, so that two can be compared (RFC 3986, 6.2)."""

import re

from gateway.domain.errors import Untrusted

_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-f:.]+\]|[a-z0-9._~-]+)(?::(?P<port>[0-9]{0,5}))?"
    r"(?P<path>/(?:[a-z0-9._~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*)?"
    r"(?:[?#][!-~]*)?",
    re.IGNORECASE | re.ASCII,
)
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = re.compile(r"[A-Za-z0-9._~-]", re.ASCII)
_DEFAULT_PORT = {"http": 80, "https": 443}


def without_query(url: str) -> str:
    """Return the http(s) URL in normal form, without query and fragment (RFC 9449, 4.3, check 9).

    Scheme and host are lower case, a default port is dropped, escapes of unreserved characters are
    undone and the others upper case, dot segments are removed, an empty path is `/`.

    Raises:
        Untrusted: `bad_url`: it has a user part, or characters that a URL may not have.
    """
    match = _URL.fullmatch(url)
    if match is None:
        raise Untrusted("bad_url")
    scheme = match["scheme"].lower()
    return f"{scheme}://{match['host'].lower()}{_port(scheme, match['port'])}{_path(match['path'] or '/')}"


def _port(scheme: str, port: str | None) -> str:
    return "" if not port or int(port) == _DEFAULT_PORT[scheme] else f":{int(port)}"


def _path(path: str) -> str:
    return _without_dots(_ESCAPE.sub(_unescaped, path))


def _unescaped(escape: re.Match[str]) -> str:
    character = chr(int(escape[1], 16))
    return character if _UNRESERVED.fullmatch(character) else escape[0].upper()


def _without_dots(path: str) -> str:
    """Remove `.` and `..` (RFC 3986, 5.2.4), for a path that begins with a slash."""
    kept: list[str] = []
    *folders, last = path.split("/")[1:]
    for segment in folders:
        _step(kept, segment)
    if last in {".", ".."}:
        _step(kept, last)
        last = ""
    return "/" + "/".join([*kept, last])


def _step(kept: list[str], segment: str) -> None:
    if segment == "..":
        del kept[-1:]
    elif segment != ".":
        kept.append(segment)
