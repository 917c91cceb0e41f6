"""``tunesmith transcribe``: a voice as piano, MIDI or sheet music, without a server."""

import json
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from app.cli_analyse import ProgressBar
from models.transcription.settings import GRID_NAMES, PLAYERS, Settings

SOUNDS = (".wav", ".mp3", ".flac", ".ogg")
SUFFIXES = (*SOUNDS, ".mid", ".musicxml", ".svg", ".json")
HEARING = 0.6  # share of the progress bar


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", type=click.Choice(["melody", "polyphonic"]), default="melody", show_default=True)
@click.option("--mix", type=click.Choice(["auto", "voice", "mixed"]), default="auto", show_default=True)
@click.option("--tracker", type=click.Choice(["swift", "pyin"]), default="swift", show_default=True)
@click.option("--quantize", type=click.Choice(GRID_NAMES), default="off", show_default=True, help="Grid of the notes.")
@click.option("--strength", type=float, default=1.0, show_default=True, help="How far to the grid, 0-1.")
@click.option("--constant-tempo", is_flag=True, help="Even out the tempo.")
@click.option("--tempo", type=float, help="BPM 40-220, where it is known.")
@click.option("--scale", default="off", show_default=True, help="off, auto, or a key such as 'A minor'.")
@click.option("--simplify", type=float, default=0.0, show_default=True, help="0 all notes, 1 the quarter that matters.")
@click.option("--instrument", default="piano", show_default=True, help=f"One of {', '.join(PLAYERS)}.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    type=click.Path(path_type=Path),
    help=f"May be repeated; the suffix chooses what is written: {', '.join(SUFFIXES)}. Default: FILE.mid.",
)
@click.option("--json", "as_json", is_flag=True, help="Print notes, tempo and key as JSON.")
def transcribe(file: Path, outputs: tuple[Path, ...], as_json: bool, **asked: Any) -> None:
    """Write down what is sung, hummed or whistled in a file, and play it."""
    from app.requests import first_problem
    from models.spec import BadInput

    try:
        settings = Settings.model_validate(asked)
    except ValidationError as error:
        raise click.UsageError(first_problem(error).message) from error
    targets = outputs or (file.with_suffix(".mid"),)
    for target in targets:
        if target.suffix.lower() not in SUFFIXES:
            raise click.UsageError(f"--output must end in one of {', '.join(SUFFIXES)}")
    bar = ProgressBar()
    try:
        told = _made(file, settings, targets, bar)
    except BadInput as error:
        raise click.ClickException(f"{file}: {error}") from error
    finally:
        bar.close()
    if as_json:
        click.echo(json.dumps(told))
        return
    key = f", {told['key']['name']}" if told["key"] else ""
    click.echo(
        f"{file}: {len(told['notes'])} notes, {told['tempo']['bpm']:g} BPM{key} -> {', '.join(map(str, targets))}"
    )
    for notice in told["notices"]:
        click.echo(notice, err=True)


def _made(file: Path, settings: Settings, targets: tuple[Path, ...], bar: ProgressBar) -> dict[str, Any]:
    from app import melodies, transcribing
    from models import audio, registry
    from models.composer.engraving import engrave
    from models.composer.midi import to_midi
    from models.composer.musicxml import to_musicxml
    from models.spec import Run
    from models.transcription import playing
    from models.transcription.melody import play

    run = Run(progress=bar.show)
    info = audio.probe(file)
    backend = registry.load("transcribers", transcribing.BACKENDS[settings.kind])
    found = backend.transcribe(audio.Recording.open(file), settings, run.part(0, HEARING))
    one_voice = settings.kind == "melody"
    melody = play(found.heard, info.seconds, settings.rules(), file.stem, one_voice=one_voice)
    facts = melodies.facts(melody)
    told = facts | {"file": str(file), "notices": [*found.notices, *facts["notices"]]}
    sound = None
    for target in targets:
        target.parent.mkdir(parents=True, exist_ok=True)
        kind = target.suffix.lower()
        if kind in SOUNDS:
            if sound is None:
                samples = round(info.seconds * info.sample_rate)
                sound = playing.play(melody.notes, settings.instrument, samples, info.sample_rate, run)
            audio.encode(sound[0], sound[1], target, kind[1:], {"title": file.stem})
        elif kind == ".mid":
            target.write_bytes(to_midi(melody.midi))
        elif kind == ".musicxml":
            target.write_bytes(to_musicxml(melody.paper))
        elif kind == ".svg":
            target.write_text(engrave(to_musicxml(melody.paper))[0], encoding="utf-8")
        else:
            target.write_text(json.dumps(told), encoding="utf-8")
    return told
