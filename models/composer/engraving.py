"""MusicXML drawn as pages of SVG, by Verovio."""

from __future__ import annotations

import threading
from importlib.resources import files

PAGE_WIDTH, PAGE_HEIGHT = 2100, 2970  # tenths of a millimetre: A4
SCALE = 42  # percent
_TURN = threading.Lock()
"""Verovio is not made for several threads at once."""


class NoSuchPage(LookupError):
    """The sheet has fewer pages."""


def engrave(musicxml: bytes, page: int = 1, *, header: bool = True) -> tuple[str, int]:
    """One page, counted from 1, as SVG, and how many there are. ``header`` puts title and composer on the first page.

    Raises NoSuchPage.
    """
    import verovio

    options = {
        "pageWidth": PAGE_WIDTH,
        "pageHeight": PAGE_HEIGHT,
        "scale": SCALE,
        "adjustPageHeight": True,
        "header": "auto" if header else "none",
        "footer": "none",
        "breaks": "auto",
        "svgViewBox": True,
        "staffLineWidth": 0.2,
        "stemWidth": 0.25,
        "xmlIdSeed": 1,  # the same sheet has the same bytes
    }
    with _TURN:
        verovio.enableLog(verovio.LOG_OFF)
        # Each thread has a resource path of its own, and only the thread that imported Verovio has it set.
        verovio.setDefaultResourcePath(str(files("verovio") / "data"))
        toolkit = verovio.toolkit()
        toolkit.setOptions(options)
        if not toolkit.loadData(musicxml.decode()):
            raise ValueError("Verovio cannot read this MusicXML")
        pages = toolkit.getPageCount()
        if not 1 <= page <= pages:
            raise NoSuchPage(f"The sheet has {pages} page{'s' if pages > 1 else ''}.")
        return toolkit.renderToSVG(page), pages
