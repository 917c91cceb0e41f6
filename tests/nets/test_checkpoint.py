import json
import shutil

import pytest
import torch

from models import checkpoint
from models.checkpoint import Card, CheckpointError

CARD = Card("toy", "nothing", "none", "none", "none", {"accuracy": 0.5}, "MIT", labels=("a", "b"))
STATE = {"weight": torch.arange(6.0).reshape(2, 3), "count": torch.tensor(3)}


def test_what_is_saved_comes_back(tmp_path):
    path = checkpoint.save({"size": (2, 3)}, STATE, CARD, tmp_path)
    loaded = checkpoint.load("toy", tmp_path)
    assert torch.equal(loaded.state_dict["weight"], STATE["weight"])
    assert loaded.hash == path.stem[-8:] == loaded.card.sha256[:8]
    assert (loaded.card.labels, loaded.card.figures) == (CARD.labels, CARD.figures)
    assert loaded.card == checkpoint.card("toy", tmp_path) == checkpoint.cards(tmp_path)[0]
    assert loaded.card.parameters == 6
    assert loaded.card.size == path.stat().st_size


def test_same_content_gives_the_same_name_and_new_content_replaces(tmp_path):
    first = checkpoint.save({}, STATE, CARD, tmp_path)
    assert checkpoint.save({}, STATE, CARD, tmp_path) == first
    second = checkpoint.save({}, STATE | {"weight": torch.zeros(1)}, CARD, tmp_path)
    assert second != first
    assert sorted(p.name for p in tmp_path.iterdir()) == [second.with_suffix(".json").name, second.name]


def test_a_tampered_file_is_refused(tmp_path):
    path = checkpoint.save({}, STATE, CARD, tmp_path)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(CheckpointError, match="damaged or was changed"):
        checkpoint.load("toy", tmp_path)


def test_missing_and_doubled_files_are_refused(tmp_path):
    with pytest.raises(CheckpointError, match="is missing"):
        checkpoint.find("toy", tmp_path)
    path = checkpoint.save({}, STATE, CARD, tmp_path)
    shutil.copy(path, tmp_path / "toy-00000000.pt")
    with pytest.raises(CheckpointError, match="more than once"):
        checkpoint.find("toy", tmp_path)
    with pytest.raises(ValueError, match="not a checkpoint name"):
        checkpoint.find("../toy", tmp_path)


def test_a_pickle_that_runs_code_is_refused(tmp_path):
    import hashlib
    import io

    class Evil:
        def __reduce__(self):
            return (open, (str(tmp_path / "written"), "w"))

    buffer = io.BytesIO()
    torch.save({"config": Evil(), "state_dict": {}, "card": {}}, buffer)
    digest = hashlib.sha256(buffer.getvalue()).hexdigest()
    (tmp_path / f"toy-{digest[:8]}.pt").write_bytes(buffer.getvalue())
    with pytest.raises(Exception, match="Weights only load failed"):
        checkpoint.load("toy", tmp_path)
    assert not (tmp_path / "written").exists()


@pytest.mark.parametrize("card", checkpoint.cards(), ids=lambda c: c.name)
def test_every_shipped_card_is_complete_and_true(card):
    path = checkpoint.find(card.name)
    stored = json.loads(path.with_suffix(".json").read_text())
    assert card.sha256.startswith(path.stem[-8:])
    assert stored["size"] == path.stat().st_size
    for name in ("task", "data", "split", "recipe", "figures", "licence"):
        assert stored[name], f"{name} is empty"


def test_cards_are_read_without_torch():
    import subprocess
    import sys

    code = "import sys; from models import checkpoint; assert checkpoint.cards(); assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
