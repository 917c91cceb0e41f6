"""Keys, sign-in, CORS, and what foreign sites may do."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from app import create_app
from app.context import Context
from app.settings import Settings, load

KEY = "a-secret-key"
BEARER = {"Authorization": f"Bearer {KEY}"}


@pytest.fixture
def guarded(settings: Settings) -> Iterator[FlaskClient]:
    """A server with a key, and one foreign origin allowed."""
    own = {"database_url": settings.database_url, "broker_url": settings.broker_url, "var_dir": settings.var_dir}
    changed = load(**own, api_keys=(KEY,), allowed_origins=("https://friend.example",))
    opened = Context.open(changed)
    yield create_app(changed, opened).test_client()
    opened.close()


@pytest.mark.parametrize("path", ["/jobs", "/tracks", "/jobs/x", "/models", "/metrics"])
def test_reading_needs_a_key(guarded: FlaskClient, path: str) -> None:
    refused = guarded.get(path)
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == "Bearer"
    assert guarded.get(path, headers={"Authorization": "Bearer wrong-key"}).status_code == 401
    assert guarded.get(path, headers=BEARER).status_code in {200, 404}


def test_writing_needs_a_key(guarded: FlaskClient) -> None:
    assert guarded.post("/generate", json={"genre": "jazz"}).status_code == 401
    assert guarded.post("/generate", json={"genre": "jazz"}, headers=BEARER).status_code == 202
    assert guarded.get("/health").status_code == 200


def test_a_browser_signs_in_with_a_key(guarded: FlaskClient) -> None:
    page = guarded.get("/", headers={"Accept": "text/html"})
    assert page.status_code == 302
    assert page.location == "/sign-in"
    assert b"key" in guarded.get("/sign-in").data
    assert guarded.post("/sign-in", data={"key": "wrong-key"}).status_code == 200
    assert guarded.get("/jobs").status_code == 401
    assert guarded.post("/sign-in", data={"key": KEY}).status_code == 302
    assert guarded.get("/jobs").status_code == 200


def test_cors_is_for_allowed_origins_only(guarded: FlaskClient, client: FlaskClient) -> None:
    friend = {"Origin": "https://friend.example", **BEARER}
    answer = guarded.get("/jobs", headers=friend)
    assert answer.headers["Access-Control-Allow-Origin"] == "https://friend.example"
    assert guarded.options("/generate", headers={"Origin": "https://friend.example"}).status_code == 204
    stranger = guarded.get("/jobs", headers={"Origin": "https://stranger.example", **BEARER})
    assert "Access-Control-Allow-Origin" not in stranger.headers
    assert "Access-Control-Allow-Origin" not in client.get("/jobs", headers=friend).headers


def test_a_foreign_page_cannot_make_a_visitors_browser_act(client: FlaskClient) -> None:
    foreign = {"Origin": "https://stranger.example"}
    assert client.post("/generate", json={"genre": "jazz"}, headers=foreign).status_code == 403
    assert client.delete("/jobs/x", headers=foreign).status_code == 403
    own = {"Origin": "http://localhost"}
    assert client.post("/generate", json={"genre": "jazz"}, headers=own).status_code == 202


def test_a_foreign_name_for_this_machine_is_refused(client: FlaskClient) -> None:
    assert client.get("/jobs", headers={"Host": "evil.example"}).status_code == 403
    assert client.get("/jobs", headers={"Host": "127.0.0.1:8090"}).status_code == 200


def test_pages_may_load_only_from_here(client: FlaskClient) -> None:
    answer = client.get("/", headers={"Accept": "text/html"})
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-inline" not in policy.split("script-src")[1].split(";")[0]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
