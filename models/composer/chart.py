"""The chords of a score as text that people and ChordPro programs read.

    {title: Blue Lantern}
    {key: Bb}
    {tempo: 140}
    {time: 4/4}

    {start_of_grid: label="A"}
    | Bbmaj7 . Gm7 . | Cm7 . F7 . |
    {end_of_grid}

After chordpro.org's directive ``start_of_grid``: one cell a beat, a dot where the chord goes on.
"""

from __future__ import annotations

from models.composer.notation.measures import Metre
from models.composer.notation.sheet import tick
from models.composer.notation.spelling import key_on_paper, read_symbol
from models.spec import Score
from models.vocabulary import parse_key

BARS_A_LINE = 4


def to_chart(score: Score) -> str:
    """The chords by section and bar. A chord that changes within a beat stands in the beat it begins in."""
    metre = Metre(*score.metre)
    key = key_on_paper(score.key)
    chords: dict[int, str] = {}
    for chord in score.chords:
        symbol = read_symbol(chord.symbol, key)
        cell = tick(chord.start) // metre.beat
        text = str(symbol) if symbol is not None else "N.C."
        # Two chords in one beat share its cell, as ChordPro has it.
        chords[cell] = f"{chords[cell]}~{text}" if cell in chords else text
    tonic, mode = parse_key(score.key)
    lines = [
        f"{{title: {' '.join(score.title.split())}}}",
        f"{{key: {key.name(tonic)}{'m' if mode == 'minor' else ''}}}",
        f"{{tempo: {score.tempo:g}}}",
        f"{{time: {score.metre[0]}/{score.metre[1]}}}",
    ]
    beats = metre.bar // metre.beat
    sounding = "."
    for name, first, last in _stretches(score, metre):
        lines += ["", f'{{start_of_grid: label="{name}"}}']
        row: list[str] = []
        for bar in range(first, last):
            cells = [chords.get(bar * beats + beat, ".") for beat in range(beats)]
            # Every bar begins with its chord, so that a player may begin at any bar.
            cells[0] = cells[0] if cells[0] != "." else sounding
            sounding = next((cell for cell in reversed(cells) if cell != "."), sounding).split("~")[-1]
            row.append(" ".join(cells))
            if len(row) == BARS_A_LINE or bar == last - 1:
                lines.append("| " + " | ".join(row) + " |")
                row = []
        lines.append("{end_of_grid}")
    return "\n".join(lines) + "\n"


def _stretches(score: Score, metre: Metre) -> list[tuple[str, int, int]]:
    """Sections with the first bar and the one after the last; at least one that holds everything."""
    ends = [tick(chord.start) + 1 for chord in score.chords]
    total = max(1, -(-max(ends, default=1) // metre.bar))
    starts = [(section.name, -(-tick(section.start) // metre.bar)) for section in score.sections] or [("Chords", 0)]
    if starts[0][1] > 0:
        starts.insert(0, ("", 0))
    stops = [start for _, start in starts[1:]] + [total]
    return [(name, start, stop) for (name, start), stop in zip(starts, stops, strict=True) if stop > start]
