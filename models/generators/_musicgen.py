"""MusicGen through `transformers`: prompts, melodies, progress token by token, and pieces longer than it can think."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from models.spec import Audio, OutsideError, Run

LONGEST = 30.0
"""Seconds that the models were taught to make at once."""
REMEMBERED = 10.0
"""Seconds of what it played that it hears before it goes on."""
FADE = 0.02
"""Seconds over which what goes on is faded into what was there."""
MARGIN = 1.15
"""How much more than asked for is played, so that it can be stretched and begin on a beat."""


class Player:
    """A model and its processor. ``name`` is the folder's; files are read from the disk alone, never fetched."""

    def __init__(self, folder: Path, device: str) -> None:
        from transformers import AutoConfig, AutoProcessor, MusicgenForConditionalGeneration
        from transformers import MusicgenMelodyForConditionalGeneration as MelodyModel

        try:
            config = AutoConfig.from_pretrained(folder, local_files_only=True)
            if config.model_type not in ("musicgen", "musicgen_melody"):
                raise OutsideError(f"MUSICGEN_PATH holds a model of the type {config.model_type}, not MusicGen.")
            self.hears_melodies = config.model_type == "musicgen_melody"
            kind = MelodyModel if self.hears_melodies else MusicgenForConditionalGeneration
            self.processor = AutoProcessor.from_pretrained(folder, local_files_only=True)
            self.model = kind.from_pretrained(folder, local_files_only=True).eval().to(device)
        except (OSError, ValueError, KeyError) as error:
            raise OutsideError(f"MUSICGEN_PATH cannot be read as MusicGen: {type(error).__name__}.") from error
        self.name, self.device = folder.name, device
        self.sample_rate = int(config.audio_encoder.sampling_rate)
        self.frame_rate = float(config.audio_encoder.frame_rate)
        self.codebooks = int(config.decoder.num_codebooks)

    def play(
        self,
        prompt: str,
        seconds: float,
        seed: int,
        temperature: float,
        guidance: float,
        melody: NDArray[np.float32] | None,
        run: Run,
    ) -> Audio:
        """(1 or 2, samples) of about ``seconds`` and a little more, at the model's rate; the same seed, the same sound.

        What is longer than `LONGEST` goes on from the last `REMEMBERED` seconds, as the paper does; models that hear
        melodies hear the next stretch of the guide instead. Raises Cancelled between two tokens.
        """
        wanted = math.ceil(seconds * MARGIN * self.sample_rate)
        out = np.zeros((1, 0), dtype=np.float32)
        with torch.random.fork_rng(devices=[]), torch.inference_mode():
            torch.manual_seed(seed % 2**63)
            while out.shape[1] < wanted:
                rest = (wanted - out.shape[1]) / self.sample_rate
                heard = None if self.hears_melodies or not out.size else out[:, -round(REMEMBERED * self.sample_rate) :]
                remembered = 0.0 if heard is None else heard.shape[1] / self.sample_rate
                length = min(rest + (FADE if out.size else 0.0), LONGEST - remembered)
                part = run.part(out.shape[1] / wanted, min(1.0, 1 - (rest - length + FADE) * self.sample_rate / wanted))
                tune = self._stretch_of(melody, out.shape[1], length)
                made = self._once(prompt, length, temperature, guidance, heard, tune, part)
                out = joined(out, made[:, round(remembered * self.sample_rate) :], round(FADE * self.sample_rate))
        return out

    def _stretch_of(self, melody: NDArray[np.float32] | None, begin: int, seconds: float) -> NDArray[np.float32] | None:
        """The guide from a sample on; from its beginning where it is over."""
        if melody is None:
            return None
        start = begin % max(1, len(melody))
        return melody[start : start + max(1, round(seconds * self.sample_rate))]

    def _once(
        self,
        prompt: str,
        seconds: float,
        temperature: float,
        guidance: float,
        heard: Audio | None,
        melody: NDArray[np.float32] | None,
        run: Run,
    ) -> Audio:
        """One run of the model: what it heard, and ``seconds`` more."""
        words: dict[str, Any] = {"text": [prompt], "padding": True, "return_tensors": "pt"}
        audio = melody if melody is not None else None if heard is None else heard.mean(axis=0)
        if audio is not None:
            words |= {"audio": audio, "sampling_rate": self.sample_rate}
        inputs = self.processor(**words).to(self.device)
        # The codebooks are laid out one step after the other, so the last one ends some steps later.
        tokens = math.ceil(seconds * self.frame_rate) + self.codebooks - 1
        made = self.model.generate(
            **inputs,
            max_new_tokens=tokens,
            do_sample=True,
            temperature=temperature,
            guidance_scale=guidance,
            stopping_criteria=[Watch(run, tokens)],
        )
        return np.asarray(made[0].float().cpu().numpy(), dtype=np.float32)


class Watch:
    """Told of every token: reports progress, which raises when the job was cancelled; never stops by itself."""

    def __init__(self, run: Run, tokens: int) -> None:
        self.run, self.tokens, self.seen = run, tokens, 0

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor, **_: Any) -> torch.Tensor:
        """As `transformers.StoppingCriteria`: (batch,) of False."""
        self.seen += 1
        self.run.progress(min(1.0, self.seen / self.tokens), "MusicGen plays")
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


def joined(before: Audio, after: Audio, fade: int) -> Audio:
    """(channels, a) and (channels, b) -> (channels, a + b - fade), crossfaded; ``after`` alone where nothing was."""
    if not before.size:
        return after
    fade = min(fade, before.shape[1], after.shape[1])
    ramp = np.linspace(0, 1, fade, dtype=np.float32)
    middle = before[:, before.shape[1] - fade :] * (1 - ramp) + after[:, :fade] * ramp
    return np.concatenate([before[:, : before.shape[1] - fade], middle, after[:, fade:]], axis=1)
