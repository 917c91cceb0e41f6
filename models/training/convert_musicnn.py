"""Convert musicnn's published TensorFlow weights to checkpoints of ours; TensorFlow is not needed.

pip download --no-deps musicnn==0.1.0
python -m models.training.convert_musicnn musicnn-0.1.0-py3-none-any.whl
"""

from __future__ import annotations

import argparse
import ast
import re
import tempfile
import zipfile
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from models import checkpoint
from models.nets.musicnn import Musicnn, MusicnnConfig
from models.training.tf_bundle import read_bundle

WHEEL_LICENCE = "musicnn-0.1.0.dist-info/LICENSE.md"
DATA = {
    "MSD_musicnn": "Million Song Dataset, last.fm tags: 201,680 training songs, 30 s each",
    "MTT_musicnn": "MagnaTagATune: 19,000 clips of 29 s with 50 crowd-sourced tags",
}
# TensorFlow's numbering of its layers, in the order in which the graph makes them.
CONVS = ["timbral.0", "timbral.1", "temporal.0", "temporal.1", "temporal.2", "mid.0", "mid.1", "mid.2"]
NORMS = ["norm_in", *(f"{name}.norm" for name in CONVS), "norm_pool", "norm_dense"]
DENSE = ["dense", "out"]

Tensors = dict[str, NDArray[np.float32]]


def _numbered(name: str, number: int) -> str:
    return f"{name}_{number}" if number else name


def to_state_dict(tensors: Tensors) -> dict[str, torch.Tensor]:
    """TensorFlow's variables by the names and shapes of `models.nets.musicnn.Musicnn`."""
    state: Tensors = {}
    for number, name in enumerate(CONVS):
        kernel = tensors[_numbered("conv2d", number) + "/kernel"]  # (time, bands, 1, filters)
        weight = kernel[:, :, 0, :].transpose(2, 1, 0)  # (filters, bands, time)
        state[f"{name}.conv.weight"] = weight
        state[f"{name}.conv.bias"] = tensors[_numbered("conv2d", number) + "/bias"]
    for number, name in enumerate(NORMS):
        source = _numbered("batch_normalization", number)
        state[f"{name}.weight"] = tensors[f"{source}/gamma"]
        state[f"{name}.bias"] = tensors[f"{source}/beta"]
        state[f"{name}.running_mean"] = tensors[f"{source}/moving_mean"]
        state[f"{name}.running_var"] = tensors[f"{source}/moving_variance"]
        state[f"{name}.num_batches_tracked"] = np.zeros((), np.int64)
    for number, name in enumerate(DENSE):
        source = _numbered("dense", number)
        state[f"{name}.weight"] = tensors[f"{source}/kernel"].T
        state[f"{name}.bias"] = tensors[f"{source}/bias"]
    return {name: torch.from_numpy(np.array(value)) for name, value in state.items()}


def labels(source: str, name: str) -> tuple[str, ...]:
    """The list called ``name`` in musicnn's configuration module."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and getattr(node.targets[0], "id", None) == name:
            return tuple(ast.literal_eval(node.value))
    raise ValueError(f"{name} is not in the configuration")


def published_figures(result: str) -> dict[str, float]:
    """The authors' own test result, from the file beside the weights: area under the ROC and under the PR curve."""
    roc, pr = (float(number) for number in re.findall(r"(?:AUC): ([\d.]+)", result))
    return {"roc_auc": round(roc, 4), "pr_auc": round(pr, 4)}


def convert(wheel: Path, folder: Path = checkpoint.FOLDER) -> list[Path]:
    """Convert both models of a musicnn wheel into ``folder``; returns the checkpoints' paths."""
    written = []
    with tempfile.TemporaryDirectory() as scratch, zipfile.ZipFile(wheel) as archive:
        archive.extractall(scratch)
        root = Path(scratch)
        licence = (root / WHEEL_LICENCE).read_text(encoding="utf-8").strip()
        configuration = (root / "musicnn" / "configuration.py").read_text(encoding="utf-8")
        for original in DATA:
            config = MusicnnConfig()
            net = Musicnn(config)
            net.load_state_dict(to_state_dict(read_bundle(root / "musicnn" / original)), strict=True)
            result = (root / "musicnn" / original / "experiment.result").read_text(encoding="utf-8")
            card = checkpoint.Card(
                name=original.lower(),
                task="tags",
                data=DATA[original],
                split="the data set's own, by song",
                recipe="Weights of musicnn 0.1.0 by Jordi Pons, converted from TensorFlow by "
                "models/training/convert_musicnn.py; nothing was trained here.",
                figures={"published by the authors, on the data set's test split": published_figures(result)},
                licence=licence,
                labels=labels(configuration, f"{original[:3]}_LABELS"),
                limits="Trained on popular Western recordings up to 2010; speech, noise and silence get tags as well.",
            )
            written.append(checkpoint.save(asdict(config), net.state_dict(), card, folder))
    return written


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("wheel", type=Path, help="musicnn-0.1.0-py3-none-any.whl")
    for path in convert(parser.parse_args().wheel):
        print(path)


if __name__ == "__main__":
    main()
