"""Property tests of the running API against its own OpenAPI text: no 5xx, no undocumented answer."""

import os
import subprocess
import sys
from pathlib import Path

from tests.running import Studio

EXAMPLES = 20  # requests tried for each call in each phase


def test_schemathesis_finds_no_surprise(studio: Studio, tmp_path: Path) -> None:
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "run", f"{studio.url}/openapi.json"),
        *("--phases", "examples,coverage,fuzzing", "--max-examples", str(EXAMPLES)),
        *("--checks", "not_a_server_error,status_code_conformance,content_type_conformance"),
        *("--request-timeout", "20", "--seed", "1", "--no-color"),
    ]
    result = subprocess.run(
        command, cwd=tmp_path, env=dict(os.environ, NO_COLOR="1"), capture_output=True, text=True, check=False
    )
    assert result.returncode == 0, result.stdout[-6000:] + result.stderr[-2000:]
