"""From a score to sound: SoundFont notes, stems, mix, reverb, master."""

from models.composer.render.engine import Mixdown, mixdown, render, stems

__all__ = ["Mixdown", "mixdown", "render", "stems"]
