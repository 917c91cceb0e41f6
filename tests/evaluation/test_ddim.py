"""The diffusion mode's curve over steps, with a small untrained denoiser and synthetic recordings."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from models.evaluation import ddim, ddim_ablation, plots
from models.generators.ddim import DiffusionGenerator
from models.nets.ddim import Ddim, DdimConfig
from models.training import audio_pack
from tests.training import tones

SMALL = DdimConfig(widths=(16, 16, 16), heads=2, word=16)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tones.write(tmp_path_factory.mktemp("pack") / "pack")


@pytest.fixture(scope="module")
def listener(folder: Path) -> Iterator[ddim.Listener]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ddim, "GENRES", ("pop", "jazz"))
        yield ddim.Listener(audio_pack.load(folder), "valid", clips=1)


@pytest.fixture(scope="module")
def rows(listener: ddim.Listener) -> list[dict]:
    torch.manual_seed(0)
    net = Ddim(SMALL)
    net.companding.spread[:] = 0.1
    mode = DiffusionGenerator(net.eval(), "", "cpu")
    return ddim.measure(mode, listener, [(5, 1.0, 2.0), (5, 0.0, 2.0), (6, 0.0, 1.0)])


def test_each_way_is_measured_beside_the_guide(rows: list[dict]) -> None:
    assert [row["sound"] for row in rows] == [
        "guide", "5 steps, strength 1", "5 steps, strength 0", "6 steps, strength 0, guidance 1",
    ]  # fmt: skip
    assert all(row["interval"][0] <= row["FAD"] <= row["interval"][1] and row["clips"] == 2 for row in rows)
    assert all(row["seconds"] > 0 for row in rows[1:])
    assert rows[0]["FAD"] != rows[1]["FAD"]
    assert [cells[0] for cells in ddim.table(rows)["rows"]] == [row["sound"] for row in rows]


def test_the_curve_is_drawn(rows: list[dict], tmp_path: Path) -> None:
    name = plots.against(rows[1:], "steps", ("FAD", "seconds"), tmp_path / "curve.png")
    picture = (tmp_path / name).read_bytes()
    assert picture.startswith(b"\x89PNG")
    other = [row | {"FAD": row["FAD"] * 2, "interval": [2 * end for end in row["interval"]]} for row in rows[1:]]
    plots.against(other, "steps", ("FAD", "seconds"), tmp_path / "other.png")
    assert (tmp_path / "other.png").read_bytes() != picture


@pytest.mark.parametrize("words", [["--split", "valid"], ["--strengths", "1", "0"], ["--folder", "elsewhere"]])
def test_only_the_curve_on_the_test_split_goes_into_the_card(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["ddim", "--data", "pack", "--card", *words])
    with pytest.raises(SystemExit, match="2"):
        ddim.main()


def test_the_ablation_has_a_row_for_each_way_to_train(
    folder: Path, listener: ddim.Listener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ddim_ablation, "USUAL", SMALL)
    monkeypatch.setattr(ddim_ablation, "Listener", lambda *given: listener)
    monkeypatch.setattr(ddim_ablation, "WAYS", [(5, 0.5, 1.0)])
    work, out = tmp_path / "work", tmp_path / "ablation.json"
    words = ["ablation", "--data", str(folder), "--work", str(work), "--steps", "6", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", words)
    ddim_ablation.main()
    table = json.loads(out.read_text())
    assert [row[0] for row in table["rows"]] == list(ddim_ablation.VARIANTS)
    velocities = [row[table["columns"].index("velocity 0.5")] for row in table["rows"]]
    assert len(set(velocities)) == len(velocities)  # each trained with weights of its own
