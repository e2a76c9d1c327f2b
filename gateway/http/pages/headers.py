"""Headers that keep a page to itself: nothing is loaded, framed, embedded or kept that should not be."""

from typing import Final

from aiohttp import web

_FIXED: Final = {
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "X-Frame-Options": "DENY",
}


def protect(response: web.StreamResponse, *, secure: bool, forms_to: str = "") -> None:
    """Set the headers of a page, or of a file to be saved, which may do nothing at all.

    `forms_to` is the origin that a form of this page may be led on to, beside this one: the identity
    provider's.
    """
    response.headers.update(_FIXED)
    forms = " ".join(filter(None, ("'self'", forms_to)))
    if response.headers.get("Content-Disposition", "").startswith("attachment"):
        response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    else:
        response.headers["Content-Security-Policy"] = _policy(forms)
    if secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"


def _policy(forms: str) -> str:
    return (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
