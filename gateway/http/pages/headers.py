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
    """Set the headers of a page.

    `forms_to` is the origin that a form of this page may be led on to, beside this one: the identity
    provider's.
    """
    response.headers.update(_FIXED)
    forms = " ".join(filter(None, ("'self'", forms_to)))
    response.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'self'; img-src 'self'; "
        f"form-action {forms}; frame-ancestors 'none'; base-uri 'none'"
    )
    if secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
