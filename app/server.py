"""The web process: ``python -m app.server``. Waitress, the same server on every system."""

import json
import logging
from typing import Any

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, create_server
from waitress.utilities import RequestEntityTooLarge

from app import create_app
from app.settings import Settings, load
from app.web import FORM_OVERHEAD

log = logging.getLogger(__name__)


class _TooLarge(RequestEntityTooLarge):
    """Waitress refuses a body over the limit before storing it; the answer gets the API's shape."""

    def to_response(self, ident: str | None = None) -> tuple[str, list[tuple[str, str]], bytes]:
        message = "The upload is larger than this server accepts."
        body = json.dumps({"error": {"code": "too_large", "message": message, "field": "file"}})
        headers = [("Content-Type", "application/json"), ("Connection", "close")]
        return f"{self.code} {self.reason}", headers, body.encode()


class _Parser(HTTPRequestParser):
    error: Any

    def received(self, data: bytes) -> int:
        consumed = super().received(data)
        if isinstance(self.error, RequestEntityTooLarge) and not isinstance(self.error, _TooLarge):
            self.error = _TooLarge(self.error.body)
        return int(consumed)


class _Channel(HTTPChannel):
    parser_class = _Parser


def serve(settings: Settings) -> None:
    """Answer requests until the process is told to end."""
    logging.basicConfig(level=settings.log_level, format="%(asctime)s web %(levelname)s %(name)s: %(message)s")
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    app = create_app(settings)
    options: dict[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "threads": settings.web_threads,
        "ident": "tunesmith",
        "max_request_body_size": settings.max_upload_bytes + FORM_OVERHEAD,
        "clear_untrusted_proxy_headers": True,
    }
    BaseWSGIServer.channel_class = _Channel
    server = create_server(app, **options)
    log.info("listening on http://%s:%d", settings.host, settings.port)
    server.run()


if __name__ == "__main__":
    serve(load())
