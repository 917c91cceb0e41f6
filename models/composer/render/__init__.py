"""From a score to sound: SoundFont notes, stems, mix, reverb, master."""

from models.composer.render.engine import render

__all__ = ["render"]
