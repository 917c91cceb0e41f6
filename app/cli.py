"""The ``tunesmith`` command: make and understand music from a shell, with no server running.

Exit status: 0 done, 1 failed, 2 wrong usage, 130 interrupted.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError

from app.cli_analyse import ProgressBar, analyse, readable
from app.cli_library import import_files, reindex
from app.cli_transcribe import transcribe
from app.settings import VERSION
from models.vocabulary import GENRES, INSTRUMENTS


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION)
def main() -> None:
    """Tunesmith makes music in a genre of your choice, and understands sound."""


@main.command(context_settings={"ignore_unknown_options": True}, add_help_option=False)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def serve(arguments: tuple[str, ...]) -> None:
    """Start the server: the same as ./run.sh, with the same options."""
    from app.launch import main as launch

    launch(args=list(arguments), prog_name="tunesmith serve")


@main.command()
@click.option("--genre", required=True, help=f"One of {', '.join(GENRES)}.")
@click.option(
    "--instruments", default="", help=f"Separated by commas, of {', '.join(INSTRUMENTS)}. Default: the usual band."
)
@click.option("--tempo", default="110", show_default=True, help="BPM 40-220, or slow, medium, fast, very_fast.")
@click.option("--length", type=float, default=30.0, show_default=True, help="Seconds, 1-300.")
@click.option("--key", help="For example 'A minor' or 'Bb'. Default: chosen by the seed.")
@click.option("--seed", type=int, help="The same seed and request give the same bytes.")
@click.option("--mode", help="How it is made; see the Models page or /modes. Default: compose.")
@click.option("--title", help="Title of the track.")
@click.option(
    "--option", "options", multiple=True, metavar="NAME=VALUE", help="An option of the mode; may be repeated."
)
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path),
    default=Path("track.wav"),
    show_default=True,
    help="The suffix chooses the format: .wav, .mp3, .flac, .ogg, or .mid for the score.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was made as JSON.")
def generate(output: Path, options: tuple[str, ...], instruments: str, tempo: str, as_json: bool, **asked: Any) -> None:
    """Make a track and write it to a file."""
    body = {name: value for name, value in asked.items() if value is not None}
    body["instruments"] = [word for word in instruments.split(",") if word.strip()]
    body["tempo"] = float(tempo) if tempo.replace(".", "", 1).isdecimal() else tempo
    body["options"] = dict(_option(text) for text in options)
    from app.settings import load

    load().tell_models()
    params = _checked(body)
    formats = {".wav", ".mp3", ".flac", ".ogg", ".mid"}
    if output.suffix.lower() not in formats:
        raise click.UsageError(f"--output must end in one of {', '.join(sorted(formats))}")
    made = _make(params, output)
    if as_json:
        click.echo(json.dumps(made))
    else:
        click.echo(
            f"{made['title']} -> {made['output']} "
            f"({made['length']:g} s, {made['tempo']:g} BPM, {made['key']}, seed {made['seed']})"
        )


def _option(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--option {text}: write NAME=VALUE")
    try:
        return name, json.loads(value)
    except json.JSONDecodeError:
        return name, value


def _checked(body: dict[str, Any]) -> dict[str, Any]:
    from app.errors import TunesmithError
    from app.requests import GenerateBody, first_problem

    try:
        return GenerateBody.model_validate(body).params()
    except ValidationError as error:
        raise click.UsageError(first_problem(error).message) from error
    except TunesmithError as error:
        raise click.UsageError(error.message) from error


def _make(params: dict[str, Any], output: Path) -> dict[str, Any]:
    from app import renditions
    from app.tracks import request_of, track_of
    from models import audio, registry
    from models.spec import BadInput, OutsideError, Run

    bar = ProgressBar()
    try:
        request = request_of(params)
        clip = registry.load("generators", params["mode"]).generate(request, Run(progress=bar.show))
    except (BadInput, OutsideError) as error:
        raise click.ClickException(str(error)) from error
    finally:
        bar.close()
    track = track_of(clip, request, params)
    output.parent.mkdir(parents=True, exist_ok=True)
    if output.suffix.lower() == ".mid":
        if clip.score is None:
            raise click.ClickException(f"The mode {params['mode']} gave no score for this track.")
        from models.composer.midi import to_midi

        output.write_bytes(to_midi(clip.score))
    else:
        audio.encode(clip.audio, clip.sample_rate, output, output.suffix[1:].lower(), renditions.tags(track))
    return {
        "output": str(output),
        "title": track.title,
        "genre": track.genre,
        "tempo": track.tempo,
        "key": track.key,
        "length": track.length,
        "seed": track.seed,
        "mode": track.mode,
        "instruments": track.instruments,
        "notice": clip.notice,
    }


@main.command()
@click.argument("files", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--task", "tasks", multiple=True, help="For example genre or tags; may be repeated. Default: all.")
@click.option("--top", type=click.IntRange(1, 50), default=5, show_default=True, help="How many classes to print.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a file.")
def classify(files: tuple[Path, ...], tasks: tuple[str, ...], top: int, as_json: bool) -> None:
    """Say what is heard in sound files. A file that cannot be read is named, and the exit status is 1."""
    from app.analysis import analyse as heard
    from app.errors import TunesmithError
    from app.services import checked_tasks
    from models.spec import BadInput, Run

    try:
        wanted = checked_tasks(list(tasks))
    except TunesmithError as error:
        raise click.UsageError(error.message) from error
    failed = 0
    for path in files:
        bar = ProgressBar()
        try:
            answer = heard(path, wanted, Run(progress=bar.show))
        except BadInput as error:
            failed += 1
            bar.close()
            click.echo(
                json.dumps({"file": str(path), "error": str(error)}) if as_json else f"{path}: {error}", err=not as_json
            )
            continue
        bar.close()
        click.echo(json.dumps({"file": str(path), **answer}) if as_json else readable(str(path), answer, wanted, top))
    if failed:
        sys.exit(1)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def doctor(as_json: bool) -> None:
    """Check this installation: settings, database, storage, disk, and which backends are ready."""
    from app.checkup import findings

    start = time.perf_counter()
    rows = findings()
    if as_json:
        click.echo(json.dumps(rows))
    else:
        for row in rows:
            mark = {"ok": "ok  ", "note": "note", "bad": "BAD "}[row["state"]]
            click.echo(f"{mark}  {row['what']}: {row['detail']}")
        click.echo(f"checked in {time.perf_counter() - start:.1f} s")
    if any(row["state"] == "bad" for row in rows):
        sys.exit(1)


main.add_command(analyse)
main.add_command(import_files)
main.add_command(reindex)
main.add_command(transcribe)

if __name__ == "__main__":
    main()
