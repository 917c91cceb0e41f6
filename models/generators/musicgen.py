"""MusicGen (Copet et al., 2023) from a folder of yours, its sound brought to the request's tempo and length."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from models import outside
from models.generators._in_words import InWords
from models.spec import Clip, GenerateRequest, Run, Spec

if TYPE_CHECKING:
    from models.generators._musicgen import Player

_GUIDE, _PLAYED, _BROUGHT = 0.05, 0.85, 0.93
"""Where the guide, the model and the correction end on the progress bar."""


class Options(InWords):
    """What the model is asked for, and how freely it draws."""

    temperature: float = Field(1.0, ge=0.1, le=2, description="How freely tokens are drawn.")
    guidance: float = Field(3.0, ge=1, le=10, description="How closely the prompt is followed; 1 is twice as fast.")


SPEC = Spec(
    kind="generators",
    name="musicgen",
    label="MusicGen",
    summary="Meta's MusicGen from a local folder, asked in words; models of the melody kind hear the composed guide.",
    options=Options,
    honours=("tempo", "length", "seed"),
    queue="slow",
    licence="CC BY-NC 4.0 for Meta's weights, which do not come with Tunesmith: not for commercial use",
    packages=("transformers", "torch", "python_stretch"),
    files=("checkpoints/tempo-*.pt",),
    install_hint="Run: .venv/bin/pip install -r requirements-musicgen.txt",
)


def not_ready() -> str | None:
    """Where the weights are must be told, and they must be there."""
    folder = outside.musicgen_folder()
    if folder is None:
        return "Set MUSICGEN_PATH to a folder with MusicGen's weights; docs/outside.md says how to get them."
    if not (folder / "config.json").is_file():
        return f"MUSICGEN_PATH holds no model: {folder}/config.json is missing."
    return None


class MusicGen:
    """Keeps the model in memory once it was asked for."""

    def __init__(self, player: Player) -> None:
        self.player = player

    def generate(self, request: GenerateRequest, run: Run) -> Clip:
        """Raises Cancelled when the run is cancelled, OutsideError when the model makes no sound."""
        from models.generators._fitting import finished
        from models.generators._guide import make_guide

        options = Options.model_validate(request.options)
        prompt = options.told(request)
        guide = None
        if self.player.hears_melodies:
            guide = make_guide(request, run.part(0.0, _GUIDE), self.player.sample_rate)
        wave = self.player.play(
            prompt, request.length, request.seed, options.temperature, options.guidance,
            guide.audio.mean(axis=0) if guide else None, run.part(_GUIDE, _PLAYED),
        )  # fmt: skip
        brought = finished(wave, self.player.sample_rate, request, "MusicGen", run.part(_PLAYED, 1.0))
        return brought.clip(request, prompt, self.player.name)


def load(device: str = "cpu") -> MusicGen:
    """Read the model, which takes seconds to minutes. Raises OutsideError for a folder that holds none."""
    from models.generators._musicgen import Player

    folder = outside.musicgen_folder()
    assert folder is not None, "a mode that is not ready is not loaded"
    return MusicGen(Player(folder, device))
