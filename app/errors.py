"""What can go wrong, and the one place where it becomes an HTTP answer."""

import errno
import logging

from flask import Flask, Response, jsonify, render_template, request
from kombu.exceptions import OperationalError as BrokerError
from sqlalchemy.exc import OperationalError as DatabaseError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from models.spec import BadInput

log = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5
FULL_DISK = {errno.ENOSPC, errno.EDQUOT}


class TunesmithError(Exception):
    """Base of the errors a user may see. ``code`` is stable, ``message`` is for people."""

    status = 500
    code = "error"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InputError(TunesmithError):
    """The request cannot be understood or followed; ``field`` names the part that is wrong."""

    status, code = 422, "invalid_input"


class NotFound(TunesmithError):
    """There is nothing of that id."""

    status, code = 404, "not_found"


class NotReady(TunesmithError):
    """The backend asked for cannot run here; the message says why and what to install."""

    status, code = 409, "not_ready"


class Conflict(TunesmithError):
    """The thing is in a state that does not allow this."""

    status, code = 409, "conflict"


class WrongType(TunesmithError):
    """The body is of a type this call does not read."""

    status, code = 415, "unsupported_media_type"


class TooLarge(TunesmithError):
    """The upload is over a limit."""

    status, code = 413, "too_large"


class Unauthorized(TunesmithError):
    """A key is needed."""

    status, code = 401, "unauthorized"


class Forbidden(TunesmithError):
    """The request comes from a place it must not come from."""

    status, code = 403, "forbidden"


class Unavailable(TunesmithError):
    """The database, broker or disk does not answer; the same request may work in a moment."""

    status, code = 503, "unavailable"


def answer(error: TunesmithError) -> Response:
    """The HTTP answer of an error: JSON, or a page where a browser asked for one."""
    body = {"error": {"code": error.code, "message": error.message}}
    if error.field:
        body["error"]["field"] = error.field
    if _wants_page():
        response = Response(render_template("error.html", error=error), mimetype="text/html")
    else:
        response = jsonify(body)
    response.status_code = error.status
    if error.status == Unavailable.status:
        response.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    if error.status == Unauthorized.status:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _wants_page() -> bool:
    accepted = request.accept_mimetypes
    return accepted.best_match(["application/json", "text/html"]) == "text/html" and not request.is_json


def register(app: Flask) -> None:
    """Turn every error into an answer of the one shape ``{error: {code, message, field?}}``."""

    @app.errorhandler(TunesmithError)
    def ours(error: TunesmithError) -> Response:
        return answer(error)

    @app.errorhandler(BadInput)
    def bad_input(error: BadInput) -> Response:
        return answer(InputError(str(error), field="file"))

    @app.errorhandler(RequestEntityTooLarge)
    def too_large(error: RequestEntityTooLarge) -> Response:
        return answer(TooLarge("The upload is larger than this server accepts.", field="file"))

    @app.errorhandler(BrokerError)
    @app.errorhandler(DatabaseError)
    @app.errorhandler(PoolTimeout)
    def unavailable(error: Exception) -> Response:
        log.warning("unavailable: %s", error)
        part = "task broker" if isinstance(error, BrokerError) else "database"
        return answer(Unavailable(f"The {part} does not answer just now. Please try again in a moment."))

    @app.errorhandler(OSError)
    def system(error: OSError) -> Response:
        if error.errno in FULL_DISK:
            return answer(Unavailable("The disk of this server is full."))
        log.exception("unexpected error")
        return answer(TunesmithError("Something went wrong on our side; the server's log has the details."))

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        wrapped = TunesmithError(error.description or error.name)
        wrapped.status = error.code or 500
        wrapped.code = error.name.lower().replace(" ", "_")
        response = answer(wrapped)
        for name, value in error.get_headers():
            if name in {"Allow", "Content-Range", "Location"}:
                response.headers[name] = value
        return response

    @app.errorhandler(500)
    def unexpected(error: Exception) -> Response:
        return answer(TunesmithError("Something went wrong on our side; the server's log has the details."))
