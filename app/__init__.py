"""The web process: HTTP, pages, database, job life. It never imports torch, librosa or faiss."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.context import Context
    from app.settings import Settings


def create_app(settings: "Settings", context: "Context | None" = None) -> "Flask":
    """Wire the application together. The imports are inside, so that workers do not load Flask."""
    from app import web

    return web.build(settings, context)
