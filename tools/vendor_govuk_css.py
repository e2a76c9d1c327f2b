"""Make `gateway/http/pages/static/govuk.css` of the package govuk-frontend, without its brand.

    npm pack govuk-frontend@6.3.0 && tar xzf govuk-frontend-6.3.0.tgz
    python tools/vendor_govuk_css.py package

The typeface and the royal arms are not free for others to use (the code is: MIT). What is taken out: the
font files, the name of the typeface, every rule that shows the crest. What must not be left is checked.
"""

import re
import sys
from pathlib import Path
from typing import Final

TARGET: Final = Path(__file__).parents[1] / "gateway/http/pages/static/govuk.css"
FONTS: Final = 'system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",Arial,sans-serif'
FORBIDDEN: Final = ("GDS Transport", "@font-face", "crest", "crown", "url(")
HEAD: Final = (
    "/*! govuk-frontend 6.3.0, (c) Crown Copyright (Government Digital Service), MIT: "
    "see govuk.LICENSE.txt. Debranded. */\n"
)
_BRAND: Final = re.compile(r"crest|crown|copyright-logo", re.IGNORECASE)


def debranded(css: str) -> str:
    """Return the style sheet without fonts, crest and source map.

    Raises:
        ValueError: something of the brand is left: the package changed.
    """
    css = re.sub(r"@font-face\{[^}]*\}", "", css)
    css = re.sub(r"/\*#[^*]*\*/", "", css)
    css = css.replace("GDS Transport,arial,sans-serif", FONTS)
    css = re.sub(r"[^{}]*\{[^{}]*\}", lambda rule: "" if _BRAND.search(rule[0]) else rule[0], css)
    left = [word for word in FORBIDDEN if word in css]
    if left:
        raise ValueError(f"left in the style sheet: {', '.join(left)}")
    return HEAD + css.strip() + "\n"


if __name__ == "__main__":
    source = Path(sys.argv[1]) / "dist/govuk/govuk-frontend.min.css"
    TARGET.write_text(debranded(source.read_text("utf-8")), "utf-8")
