"""Nothing is undocumented: every call, every backend, every link leads somewhere."""

import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from app.settings import ROOT
from models import registry

PAGES = sorted([ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")])


def test_every_call_is_in_the_api_page(client: FlaskClient) -> None:
    text = (ROOT / "docs" / "api.md").read_text()
    paths = client.get("/openapi.json").json["paths"]
    calls = [f"`{method.upper()} {path}`" for path, item in paths.items() for method in item]
    assert len(calls) >= 20
    assert [call for call in calls if call not in text] == []


def test_every_call_has_a_summary_and_a_description(client: FlaskClient) -> None:
    for path, item in client.get("/openapi.json").json["paths"].items():
        for method, call in item.items():
            assert call.get("summary"), f"{method} {path}"
            assert call.get("description"), f"{method} {path}"


@pytest.mark.parametrize("kind", registry.KINDS)
def test_every_backend_is_documented(kind: str) -> None:
    text = "".join(page.read_text() for page in (ROOT / "docs").glob("*.md"))
    assert [spec.name for spec in registry.specs(kind) if f"`{spec.name}`" not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target).exists(), target
