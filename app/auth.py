"""Who may call: API keys, the browser's sign-in with the same keys, and no calls from foreign sites."""

import hashlib
import hmac
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request, session
from werkzeug.wrappers import Response as BaseResponse

from app.errors import Forbidden, Unauthorized
from app.settings import Settings

OPEN_PATHS = ("/health", "/static/", "/sign-in", "/openapi.json", "/docs", "/swagger", "/favicon")
SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
LOCAL_NAMES = {"localhost", "127.0.0.1", "[::1]"}


def register(app: Flask, settings: Settings) -> None:
    """Put the checks before every request, and the CORS headers, where asked for, after it."""
    # The cookie proves that a key was entered; a change of keys ends every session.
    secret = "\n".join(settings.api_keys) or "no keys, no sessions"
    app.secret_key = hashlib.sha256(f"tunesmith cookie {secret}".encode()).digest()
    app.config.update(SESSION_COOKIE_SAMESITE="Strict", SESSION_COOKIE_HTTPONLY=True)

    @app.before_request
    def check() -> Response | BaseResponse | None:
        if request.method == "OPTIONS" and request.headers.get("Origin") in settings.allowed_origins:
            return Response(status=204)
        _refuse_foreign_sites(settings)
        if not settings.api_keys or request.path.startswith(OPEN_PATHS) or _has_key(settings):
            return None
        if request.method == "GET" and request.accept_mimetypes.best == "text/html":
            return redirect("/sign-in")
        raise Unauthorized("Send a key: `Authorization: Bearer KEY`.")

    @app.after_request
    def cors(response: Response) -> Response:
        origin = request.headers.get("Origin")
        if origin and origin in settings.allowed_origins:
            response.headers["Access-Control-Allow-Origin"] = origin
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, Idempotency-Key, Range"
            response.headers["Access-Control-Allow-Methods"] = "GET, POST, PATCH, DELETE"
            response.headers["Access-Control-Expose-Headers"] = "ETag, Location, Content-Range"
            response.vary.add("Origin")
        return response

    @app.route("/sign-in", methods=["GET", "POST"])
    def sign_in() -> str | BaseResponse:
        if request.method == "POST":
            if _known(settings, request.form.get("key", "")):
                session["signed_in"] = True
                return redirect("/")
            return render_template("sign_in.html", wrong=True)
        return render_template("sign_in.html", wrong=False)


def _refuse_foreign_sites(settings: Settings) -> None:
    """A page of another site must not make a visitor's browser act here, nor reach us under its own name."""
    if not settings.api_keys and not _is_local(request.host):
        raise Forbidden("This server answers only to its own machine; set API_KEYS to open it.")
    origin = request.headers.get("Origin")
    if request.method in SAFE_METHODS or origin in (None, *settings.allowed_origins):
        return
    if urlsplit(origin).netloc != request.host:
        raise Forbidden("This call comes from a foreign site; ALLOWED_ORIGINS can allow it.")


def _is_local(host: str) -> bool:
    name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
    return name in LOCAL_NAMES


def _has_key(settings: Settings) -> bool:
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    return (scheme.lower() == "bearer" and _known(settings, key.strip())) or bool(session.get("signed_in"))


def _known(settings: Settings, key: str) -> bool:
    return any(hmac.compare_digest(key.encode(), known.encode()) for known in settings.api_keys)
