"""What is beside the code: containers, workflow, locks, scripts, the tree."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.settings import ROOT

BIN = Path(sys.executable).parent
FOLDERS = ["app", "worker", "models", "static", "templates", "migrations", "genres", "tests", "docs", "benchmarks"]
FILES = ["docker-compose.yml", "Dockerfile", "requirements.txt", "run.sh", "run.bat", "pyproject.toml", ".ci/run"]
PAPERS = ["README.md", "LICENSE", "CHANGELOG.md", "CONTRIBUTING.md"]
LONGEST = 500  # lines of a source file


def succeed(*command: str) -> None:
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_run_sh_and_run_bat_know_every_command() -> None:
    names = set(main.commands) - {"serve"}
    (line,) = [line for line in (ROOT / "run.sh").read_text().splitlines() if line.endswith("| cli)")]
    assert set(line.strip(" )").split(" | ")) == names | {"cli"}
    (line,) = [line for line in (ROOT / "run.bat").read_text().splitlines() if line.startswith("for %%C in (")]
    assert set(line.split("(")[1].split(")")[0].split()) == names


def test_the_dockerfile_is_clean() -> None:
    succeed(str(BIN / "hadolint"), "Dockerfile")


@pytest.mark.parametrize(
    ("schema", "file"),
    [("compose-spec", "docker-compose.yml"), ("github-workflows", ".github/workflows/ci.yml")],
)
def test_yaml_follows_its_schema(schema: str, file: str) -> None:
    succeed(str(BIN / "check-jsonschema"), "--builtin-schema", f"vendor.{schema}", file)


@pytest.mark.parametrize("script", ["run.sh", ".ci/run"])
def test_scripts_parse(script: str) -> None:
    succeed("bash", "-n", script)
    assert (ROOT / script).stat().st_mode & 0o111


def test_the_tree_is_complete() -> None:
    assert [name for name in [*FOLDERS, *FILES, *PAPERS] if not (ROOT / name).exists()] == []


@pytest.mark.parametrize("name", ["requirements", "requirements-torch", "requirements-dev"])
def test_locks_hold_every_requirement_with_hashes(name: str) -> None:
    wanted = re.findall(r"^([\w.-]+)(?:\[[\w,]+\])?==([\w.]+)", (ROOT / f"{name}.txt").read_text(), re.MULTILINE)
    lock = (ROOT / f"{name}.lock").read_text()
    assert wanted
    for package, version in wanted:
        assert re.search(rf"^{package.lower()}(\[[\w,]+\])?=={re.escape(version)}", lock, re.MULTILINE), package
    assert "://" not in lock
    assert lock.count("--hash=sha256:") > len(wanted)


def test_every_direct_requirement_has_a_reason() -> None:
    for name in ("requirements.txt", "requirements-torch.txt", "requirements-dev.txt"):
        for line in (ROOT / name).read_text().splitlines():
            if "==" in line and not line.startswith("#"):
                assert re.search(r"#\s*\S.{9,}", line), line


def test_no_source_file_is_too_long() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split(
        "\n"
    )
    sources = [
        ROOT / name for name in listed if name.endswith((".py", ".js", ".css", ".html")) and "vendor" not in name
    ]
    long = {path.name: n for path in sources if path.exists() and (n := len(path.read_text().splitlines())) > LONGEST}
    assert long == {}
