"""The shapes of the API's answers, built from rows. Clients may rely on every field; more may be added."""

from typing import Any, Literal, Self

from pydantic import BaseModel, Field

from app import stems
from app.tables import Job, Score, Track

AUDIO_LINKS = ("wav", "mp3", "flac", "ogg")


class ErrorDetail(BaseModel):
    code: str = Field(description="Stable name of the kind of error.")
    message: str = Field(description="What is wrong, for people.")
    field: str | None = Field(None, description="The part of the request that is wrong.")


class ErrorShape(BaseModel):
    """Every error has this shape."""

    error: ErrorDetail


class JobLinks(BaseModel):
    self: str
    cancel: str


class JobShape(BaseModel):
    """A piece of work. Poll ``links.self`` until ``state`` is done, failed or cancelled."""

    id: str
    kind: str
    queue: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str = Field(description="What is being done just now.")
    progress: float = Field(ge=0, le=1, description="Measured progress of the whole job.")
    position: int | None = Field(description="Place in its queue while waiting; 1 is next.")
    error: str | None
    notice: str | None = Field(None, description="A plain sentence, for example that no worker is running.")
    params: dict[str, Any]
    seed: int | None
    result: dict[str, Any] | None
    attempts: int
    checkpoint: str | None = Field(description="Hash of the network weights used, if any.")
    software: str
    created: float = Field(description="Seconds since 1970 UTC.")
    started: float | None
    finished: float | None
    links: JobLinks

    @classmethod
    def of(cls, job: Job, *, position: int | None, result: dict[str, Any] | None, notice: str | None) -> Self:
        return cls(
            id=job.id,
            kind=job.kind,
            queue=job.queue,
            state=job.state,
            stage=job.stage,
            progress=job.progress,
            position=position,
            error=job.error,
            notice=notice,
            params=job.params,
            seed=job.seed,
            result=result,
            attempts=job.attempts,
            checkpoint=job.checkpoint,
            software=job.software,
            created=job.created,
            started=job.started,
            finished=job.finished,
            links=JobLinks(self=f"/jobs/{job.id}", cancel=f"/jobs/{job.id}"),
        )


class TrackLinks(BaseModel):
    self: str
    wav: str
    mp3: str
    flac: str
    ogg: str
    midi: str | None = Field(description="None where there is no score, as with the four below.")
    score: str | None = Field(description="The score as MusicXML.")
    lead_sheet: str | None = Field(description="The tune with chord symbols as MusicXML.")
    chords: str | None = Field(description="The chords as text.")
    notes: str | None = Field(description="The score as JSON, as the piano roll reads it.")
    stems: str | None = Field(description="The parts as sounds of their own; None where the track has no parts.")
    sheet: str | None = Field(description="The first page of the score as SVG.")
    voice: str | None = Field(None, description="The recording that was transcribed, of a transcription.")
    transcription: str | None = Field(None, description="The pitch curve and the notes that were heard in it.")
    form: str | None = Field(None, description="The picture of the melody's form.")
    peaks: str
    spectrogram: str


class AudioLinks(BaseModel):
    wav: str
    mp3: str
    flac: str
    ogg: str


class StemShape(BaseModel):
    """One part of a track as a sound of its own."""

    number: int = Field(description="Counted from 0.")
    part: int = Field(description="The part's place in the score, counted from 0.")
    name: str
    role: str
    instrument: str
    links: AudioLinks

    @classmethod
    def all_of(cls, track: Track) -> list[Self]:
        base = f"/tracks/{track.id}/stems"
        return [
            cls(
                number=number,
                **stem,
                links=AudioLinks(**{name: f"{base}/{number}?format={name}" for name in AUDIO_LINKS}),
            )
            for number, stem in enumerate(track.stems or [])
        ]


class PartShape(BaseModel):
    """A player of a score."""

    name: str
    role: str
    instrument: str
    notes: int


class ScoreLinks(BaseModel):
    self: str


class ScoreShape(BaseModel):
    """A score that was sent as a MIDI file, to make tracks from."""

    id: str
    title: str
    tempo: float = Field(description="BPM of most of its beats.")
    key: str
    metre: list[int] = Field(description="Beats of a bar and their unit: [3, 4].")
    bars: int | None = Field(description="Bars before the last chord; None where it cannot be gone on with.")
    length: float = Field(description="Seconds.")
    notice: str | None = Field(description="Why it cannot be gone on with.")
    parts: list[PartShape]
    created: float
    links: ScoreLinks

    @classmethod
    def of(cls, score: Score) -> Self:
        return cls(
            id=score.id,
            title=score.title,
            **score.facts,
            created=score.created,
            links=ScoreLinks(self=f"/scores/{score.id}"),
        )


class SourceShape(BaseModel):
    """What a track was made from. The track or score it names may be gone by now."""

    task: Literal["extend", "vary", "arrange", "infill"]
    title: str
    track_id: str | None
    score_id: str | None
    bars: list[int] | None
    words: str = Field(description="The same as a sentence's beginning: `Extended from`.")

    @classmethod
    def of(cls, reference: dict[str, Any]) -> Self:
        words = {"extend": "Extended from", "vary": "A variation of", "arrange": "Arranged from"}
        bars = reference["bars"]
        said = words.get(reference["task"]) or f"Bars {bars[0]} to {bars[1]} rewritten in"
        return cls(words=said, **{name: reference[name] for name in ("task", "title", "track_id", "score_id", "bars")})


class TrackShape(BaseModel):
    """A sound of the library, or one sent for analysis (``kept`` is false)."""

    id: str
    title: str
    artist: str | None = Field(None, description="As the file's own tags name it.")
    origin: Literal["generated", "uploaded"]
    kept: bool
    genre: str | None
    tempo: float | None = Field(description="BPM.")
    key: str | None
    length: float = Field(description="Seconds.")
    sample_rate: int
    seed: int | None
    mode: str | None
    instruments: list[str]
    params: dict[str, Any]
    analysis: dict[str, Any]
    analysis_error: str | None = Field(None, description="Why it could not be analysed for the library.")
    notice: str | None = None
    source: SourceShape | None = Field(None, description="The music it was made from.")
    stems: list[StemShape] | None = Field(None, description="None until they are made; see `POST /tracks/{id}/stems`.")
    created: float
    links: TrackLinks

    @classmethod
    def of(cls, track: Track) -> Self:
        base = f"/tracks/{track.id}"
        names = {file.name for file in track.files}
        scored, heard = "midi" in names, "transcription.json" in names
        audio = {name: f"{base}/audio?format={name}" for name in AUDIO_LINKS}
        return cls(
            id=track.id,
            title=track.title,
            artist=track.artist,
            origin=track.origin,
            kept=track.kept,
            genre=track.genre,
            tempo=track.tempo,
            key=track.key,
            length=track.length,
            sample_rate=track.sample_rate,
            seed=track.seed,
            mode=track.mode,
            instruments=track.instruments,
            params=track.params,
            analysis=track.analysis,
            analysis_error=track.analysis_error,
            notice=track.params.get("notice"),
            source=SourceShape.of(track.params["source"]) if track.params.get("source") else None,
            stems=StemShape.all_of(track) if track.stems is not None else None,
            created=track.created,
            links=TrackLinks(
                self=base,
                **audio,
                midi=f"{base}/midi" if scored else None,
                score=f"{base}/score.musicxml" if scored else None,
                lead_sheet=f"{base}/score.musicxml?part=lead" if scored else None,
                chords=f"{base}/chords.txt" if scored else None,
                notes=f"{base}/score.json" if scored else None,
                stems=f"{base}/stems" if stems.offered(track) else None,
                sheet=f"{base}/sheet.svg?page=1" if scored else None,
                voice=f"{base}/voice?format=mp3" if heard else None,
                transcription=f"{base}/transcription.json" if heard else None,
                form=f"{base}/form.png" if heard else None,
                peaks=f"{base}/peaks.json",
                spectrogram=f"{base}/spectrogram.png",
            ),
        )


class StemLinks(BaseModel):
    self: str
    zip: str = Field(description="All of them in one file; `format` as for a single one.")


class StemList(BaseModel):
    """The stems of a track: empty until the job that makes them is done."""

    ready: bool
    job: JobShape | None = Field(description="The job that makes or made them; None where nobody asked yet.")
    stems: list[StemShape]
    links: StemLinks


class JobList(BaseModel):
    jobs: list[JobShape]
    total: int
    page: int
    pages: int


class TrackList(BaseModel):
    tracks: list[TrackShape]
    total: int
    page: int
    pages: int
