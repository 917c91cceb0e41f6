"""The Flask application: wiring only."""

from flask import Flask, Response, redirect, request
from flask_openapi import Info, OpenAPI
from flask_openapi_swagger.plugins import RegisterPlugin as Swagger
from pydantic import ValidationError
from werkzeug.wrappers import Response as BaseResponse

from app import api, auth, errors, metrics
from app.context import Context
from app.requests import first_problem
from app.settings import ROOT, VERSION, Settings
from app.shapes import ErrorShape

DESCRIPTION = """Makes music in a genre with chosen instruments, tempo and length, and understands sound.

Work is asynchronous: a POST answers with a job, `GET /jobs/{id}` tells its real progress, and the result links to
the files. Every error has the shape `{error: {code, message, field?}}`."""
FORM_OVERHEAD = 1_000_000  # bytes of multipart headers and fields beside the file itself
CSP = (
    "default-src 'self'; img-src 'self' data: blob:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; script-src {scripts}; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'"
)
OWN_SCRIPTS = "'self'"
SWAGGER_SCRIPTS = "'self' 'unsafe-inline'"  # Swagger UI's own page starts itself by an inline script
SWAGGER_PATHS = ("/docs", "/swagger")


def build(settings: Settings, context: Context | None = None) -> Flask:
    """An application on the given settings; its parts are opened here unless they are handed over."""
    app = OpenAPI(
        "tunesmith",
        info=Info(title="Tunesmith", version=VERSION, description=DESCRIPTION),
        root_path=str(ROOT),
        static_folder=str(ROOT / "static"),
        template_folder=str(ROOT / "templates"),
        validation_error_model=ErrorShape,
        validation_error_callback=_validation_answer,
        security_schemes={"key": {"type": "http", "scheme": "bearer"}},
        # The library would put a page of its own at "/"; the two addresses we want are added below.
        doc_ui=False,
        operation_id_callback=lambda *, name, path, method: name,
    )
    app.config["MAX_CONTENT_LENGTH"] = settings.max_upload_bytes + FORM_OVERHEAD
    app.config["MAX_FORM_MEMORY_SIZE"] = FORM_OVERHEAD
    app.json.sort_keys = False  # type: ignore[attr-defined]
    opened = context or Context.open(settings)
    app.extensions["tunesmith"] = opened
    app.extensions["tunesmith-metrics"] = metrics.register(app, opened)
    errors.register(app)
    auth.register(app, settings)
    _security_headers(app)
    _close_uploads(app)
    for blueprint in api.blueprints():
        app.register_api(blueprint)
    from app import pages

    for page in pages.blueprints:
        app.register_blueprint(page)
    app.register_blueprint(Swagger.register(doc_url="openapi.json"))
    app.add_url_rule("/docs", "docs", app.view_functions["swagger.swagger"])
    app.add_url_rule("/openapi.json", "openapi", lambda: app.api_doc)
    app.add_url_rule("/favicon.ico", "favicon", _favicon)
    return app


def _favicon() -> BaseResponse:
    return redirect("/static/favicon.svg")


def _validation_answer(error: ValidationError) -> Response:
    in_address = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]} & set(request.view_args or {})
    if (
        request.method in {"POST", "PATCH"}
        and not in_address
        and not request.is_json
        and not request.mimetype.startswith(("multipart/form-data", "application/x-www-form-urlencoded"))
    ):
        problem: errors.TunesmithError = errors.WrongType("Send JSON with `Content-Type: application/json`.")
    else:
        problem = first_problem(error)
    return errors.answer(problem)


def _close_uploads(app: Flask) -> None:
    @app.teardown_request
    def close(_error: BaseException | None) -> None:
        # Spooled upload files are deleted now and not when a garbage collector comes by.
        request.close()


def _security_headers(app: Flask) -> None:
    @app.context_processor
    def version() -> dict[str, str]:
        return {"version": VERSION}

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "same-origin"
        if response.mimetype == "text/html":
            scripts = SWAGGER_SCRIPTS if request.path.startswith(SWAGGER_PATHS) else OWN_SCRIPTS
            response.headers["Content-Security-Policy"] = CSP.format(scripts=scripts)
        return response
