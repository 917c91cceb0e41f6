"""Record what the original musicnn (TensorFlow) answers, for the tests of the port.

Needs its own environment, because the original's pins exclude ours:

    python -m venv scratch && scratch/bin/pip install tensorflow-cpu tf-keras librosa
    pip download --no-deps musicnn==0.1.0 && unzip musicnn-0.1.0-py3-none-any.whl -d musicnn-0.1.0
    TF_USE_LEGACY_KERAS=1 PYTHONPATH=musicnn-0.1.0 scratch/bin/python models/training/golden_musicnn.py \
        tests/clips/vocadito_10.flac tests/golden/musicnn.npz

The original runs unmodified, on the clip attenuated by `GAIN`: it computes log10(10000 x + 1) in float16, which
overflows on loud sound and makes its answers NaN (ours stay in float32). Beside its answers the log-mel patches that it
computed are stored, so that the network can be compared apart from the front of the chain.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import numpy as np
import soundfile
from musicnn import extractor  # the original

MODELS = ("MSD_musicnn", "MTT_musicnn")
N_FRAMES = 187  # of a 3 s patch
GAIN = 0.02  # -34 dB


def main(source: str, target: str) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        clip = str(Path(scratch) / "quiet.wav")
        samples, rate = soundfile.read(source)
        soundfile.write(clip, samples * GAIN, rate, subtype="FLOAT")
        record(clip, target)


def record(clip: str, target: str) -> None:
    """Write the answers of the original for one file."""
    patches, _ = extractor.batch_data(clip, N_FRAMES, N_FRAMES)
    golden = {"patches": patches.astype(np.float16)}
    for model in MODELS:
        tags, _, features = extractor.extractor(clip, model, input_length=3, extract_features=True)
        golden[f"{model}/tags"] = tags
        for name in ("penultimate", "mean_pool", "max_pool"):
            golden[f"{model}/{name}"] = features[name].reshape(len(tags), -1)
    np.savez_compressed(target, **{name.lower(): value for name, value in golden.items()})


if __name__ == "__main__":
    main(*sys.argv[1:])
