"""What is usual for each tag: ``python -m models.training.tag_scale --data PACK``.

Likelihoods of tags differ a hundredfold: "rock" is often likely, "sexy" never. Music is compared by how far a tag is
from what is usual for it, in standard deviations of the logit over the recordings of a pack. Writes a table that the
embedder ``tags`` reads.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np

from models import checkpoint
from models.audio import Recording
from models.classifiers._musicnn import NETS, shared
from models.embedders.tags import SCALE, heard, logits
from models.spec import Run
from models.training.audio_pack import SAMPLE_RATE, load


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="a pack (models.training.audio_pack)")
    parser.add_argument("--out", type=Path, default=SCALE)
    args = parser.parse_args()
    pack, rows = load(args.data), []
    for number in range(len(pack.sounds)):
        found = heard(shared(), Recording(pack.audio(number), SAMPLE_RATE), Run())
        if found is not None:
            rows.append(found)
    table = logits(np.stack(rows))
    pairs = iter(zip(table.mean(axis=0).tolist(), table.std(axis=0).tolist(), strict=True))
    usual = {
        net: {tag: [round(number, 4) for number in next(pairs)] for tag in checkpoint.card(net).labels} for net in NETS
    }
    args.out.write_text(json.dumps(usual, indent=0) + "\n")
    print(args.out)


if __name__ == "__main__":
    main()
