"""Turn a folder of audio into mel spectrograms: ``python -m models.training.spectrograms --source IN --dest OUT``.

Every file below the source becomes a picture (PNG, low mels at the bottom) and an array (NPY, float32, (n_mels,
frames), low mels first) of `models.dsp.mel_picture` under the same relative name. What cannot be read is named, and the
command then ends with 1.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from tqdm import tqdm

from models import audio
from models.dsp.mel_picture import HOP_LENGTH, N_MELS, SAMPLE_RATE, fitted, mel_picture
from models.spec import BadInput

DURATION = 30.0  # seconds


def frames_of(duration: float) -> int:
    """Frames of so many seconds."""
    return 1 + round(duration * SAMPLE_RATE) // HOP_LENGTH


def spectrogram(path: Path, duration: float = DURATION, n_mels: int = N_MELS) -> np.ndarray:
    """The first ``duration`` seconds of a file, (n_mels, `frames_of` them) in [0, 1]; shorter ones end in black.

    Raises `models.spec.BadInput` for what is no audio.
    """
    found, _ = audio.decode(path, SAMPLE_RATE, mono=True, max_seconds=duration)
    return fitted(mel_picture(torch.from_numpy(found[0]), n_mels), frames_of(duration)).numpy()


def convert(source: Path, dest: Path, duration: float, n_mels: int) -> Iterator[tuple[Path, str | None]]:
    """Convert everything below ``source``: each file, and what is wrong with it or None. Hidden files are left out."""
    for path in sorted(source.rglob("*")):
        if not path.is_file() or path.name.startswith("."):
            continue
        target = dest / path.relative_to(source)
        try:
            found = spectrogram(path, duration, n_mels)
        except BadInput as error:
            yield path, str(error)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        # The old ending stays, or two files that differ in it only would be one.
        np.save(target.with_name(target.name + ".npy"), found)
        Image.fromarray((found[::-1] * 255).round().astype(np.uint8)).save(target.with_name(target.name + ".png"))
        yield path, None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", type=Path, required=True, help="folder of audio files")
    parser.add_argument("--dest", type=Path, required=True, help="folder of the spectrograms")
    parser.add_argument("--duration", type=float, default=DURATION, help="seconds of each file")
    parser.add_argument("--n_mels", type=int, default=N_MELS)
    args = parser.parse_args()
    done, bad = 0, []
    for path, wrong in tqdm(convert(args.source, args.dest, args.duration, args.n_mels), mininterval=5):
        if wrong is None:
            done += 1
        else:
            bad.append(f"{path}: {wrong}")
    print(f"{done} files converted, {len(bad)} not.", *bad, sep="\n")
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
