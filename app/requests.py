"""What requests may say: validated bodies, with the vocabulary and the limits named in every refusal."""

import secrets
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from app.errors import InputError, NotReady
from models import registry
from models.spec import Spec
from models.vocabulary import (
    GENRES,
    INSTRUMENTS,
    MAX_LENGTH,
    MAX_TEMPO,
    MIN_LENGTH,
    MIN_TEMPO,
    TEMPO_WORDS,
    key_name,
    normalise,
    parse_key,
)

MAX_SEED = 2**53 - 1  # the largest integer every JSON reader keeps exact
MAX_TITLE = 10_000  # characters
MAX_BAR = 100_000
DEFAULT_MODE = "compose"
DEFAULT_TEMPO = 110.0  # BPM
DEFAULT_LENGTH = 30.0  # seconds


def _word(value: Any) -> Any:
    return normalise(value) if isinstance(value, str) else value


def _key(value: str) -> str:
    return key_name(*parse_key(value))


def _tempo(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    word = normalise(value)
    if word not in TEMPO_WORDS:
        raise ValueError(f"give BPM as a number, or one of: {', '.join(TEMPO_WORDS)}")
    return float(TEMPO_WORDS[word])


def _mode_name(value: Any) -> str | int | None:
    if value is None or isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
        return value
    raise ValueError("give the name of a mode, or its number")


def _readable(value: str) -> str:
    if any(0xD800 <= ord(character) <= 0xDFFF for character in value) or "\x00" in value:
        raise ValueError("the text holds characters that cannot be stored")
    return value


Text = Annotated[str, AfterValidator(_readable)]
Genre = Annotated[Literal[*GENRES], BeforeValidator(_word)]  # type: ignore[valid-type]
Instrument = Annotated[Literal[*INSTRUMENTS], BeforeValidator(_word)]  # type: ignore[valid-type]
Tempo = Annotated[
    float,
    BeforeValidator(_tempo),
    Field(ge=MIN_TEMPO, le=MAX_TEMPO),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "number", "minimum": MIN_TEMPO, "maximum": MAX_TEMPO},
                {"type": "string", "enum": list(TEMPO_WORDS)},
            ]
        }
    ),
]
ModeName = Annotated[
    Any,
    AfterValidator(_mode_name),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}),
]
KeyText = Annotated[str, AfterValidator(_key), Field(examples=["C major", "A minor", "F#m"])]


class SourceBody(BaseModel):
    """Music to go on from: a composed track, or a score sent to `POST /scores`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    task: Literal["extend", "vary", "arrange", "infill"] = Field(
        description="Continue it, write it again over its form and harmony, give its tune another band, "
        "or write some bars anew."
    )
    track_id: Text | None = Field(None, max_length=200)
    score_id: Text | None = Field(None, max_length=200)
    bars: list[Annotated[int, Field(ge=1, le=MAX_BAR)]] | None = Field(
        None, min_length=2, max_length=2, description="For infill: the first and the last bar, counted from 1."
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.track_id is None) == (self.score_id is None):
            raise ValueError("give either track_id or score_id")
        return self


class GenerateBody(BaseModel):
    """A track to make."""

    model_config = ConfigDict(
        extra="forbid",
        strict=True,
        json_schema_extra={
            "example": {
                "genre": "jazz",
                "instruments": ["piano", "bass", "drums"],
                "tempo": 140,
                "length": 30,
                "seed": 7,
            }
        },
    )

    genre: Genre | None = Field(None, description="Needed, unless a source tells it.")
    instruments: list[Instrument] = Field(
        default_factory=list,
        max_length=len(INSTRUMENTS),
        description="Exactly these play. Empty: the source's, or one of the genre's usual bands, by the seed.",
    )
    tempo: Tempo = Field(
        DEFAULT_TEMPO,
        description=f"BPM {MIN_TEMPO:g}-{MAX_TEMPO:g}, or a word: "
        + ", ".join(f"{word} = {bpm}" for word, bpm in TEMPO_WORDS.items()),
    )
    length: float = Field(DEFAULT_LENGTH, ge=MIN_LENGTH, le=MAX_LENGTH, description="Seconds, kept to the sample.")
    mode: ModeName = Field(None, description=f"A name from /modes, or its number. Default: {DEFAULT_MODE}.")
    generate_mode: int | None = Field(None, description="Older name of `mode`: 0 dataset, 1 rave, 2 api.")
    key: KeyText | None = Field(None, description="For example `C major`, `A minor`, `F#m`. None: chosen by the seed.")
    seed: int | None = Field(None, ge=0, le=MAX_SEED, description="The same seed and request give the same bytes.")
    title: Text | None = Field(None, max_length=MAX_TITLE)
    guide_strength: float = Field(
        1.0, ge=0, le=1, description="For neural modes: 1 follows the composed guide, 0 samples freely."
    )
    options: dict[str, Any] = Field(default_factory=dict, description="Options of the mode; see /modes.")
    source: SourceBody | None = Field(
        None,
        description="Music to go on from. Genre, tempo, instruments and length that are left out come from there.",
    )

    @model_validator(mode="after")
    def _one_mode(self) -> Self:
        if self.mode is not None and self.generate_mode is not None and self.mode != self.generate_mode:
            raise ValueError("give either mode or generate_mode, not two different ones")
        return self

    @property
    def wanted_mode(self) -> str | int | None:
        """The mode under its new or its old name."""
        return self.mode if self.mode is not None else self.generate_mode

    def params(self) -> dict[str, Any]:
        """The complete parameters of a job that begins from nothing. Raises InputError for a mode or option that is
        unknown, NotReady for a mode that cannot run here."""
        if self.genre is None:
            raise InputError(f"genre: Field required, one of {', '.join(GENRES)}", field="genre")
        spec = mode_spec(self.wanted_mode)
        return {
            "genre": self.genre,
            "instruments": list(dict.fromkeys(self.instruments)),
            "tempo": self.tempo,
            "length": self.length,
            "mode": spec.name,
            "key": self.key,
            "seed": self.seed if self.seed is not None else new_seed(),
            "seed_chosen": self.seed is None,
            "title": (self.title or "").strip() or None,
            "guide_strength": self.guide_strength,
            "options": checked_options(spec, self.options),
            "source": None,
        }


def new_seed() -> int:
    """A seed for a request that names none; short enough to be read out."""
    return secrets.randbelow(2**31)


def mode_spec(mode: str | int | None) -> Spec:
    """The generator of a name or number. Raises InputError when there is none, NotReady when it cannot run."""
    specs = registry.specs("generators")
    wanted = DEFAULT_MODE if mode is None else mode
    if isinstance(wanted, str):
        wanted = int(wanted) if wanted.isdecimal() and len(wanted) < 4 else normalise(wanted)
    for spec in specs:
        if wanted in (spec.name, spec.number):
            reason = registry.not_ready(spec)
            if reason:
                raise NotReady(f"The mode {spec.name} is not ready. {reason}", field="mode")
            return spec
    known = ", ".join(s.name if s.number is None else f"{s.name} ({s.number})" for s in specs)
    raise InputError(f"There is no mode {mode!r}; there are: {known}", field="mode")


def checked_options(spec: Spec, given: dict[str, Any]) -> dict[str, Any]:
    """A mode's options, complete with defaults. Raises InputError naming the option."""
    try:
        return spec.options.model_validate(given).model_dump(mode="json")
    except ValidationError as error:
        raise first_problem(error, prefix="options") from error


def first_problem(error: ValidationError, prefix: str = "") -> InputError:
    """Pydantic's first complaint as our error: the field's path and a sentence."""
    problem = error.errors(include_url=False, include_input=False)[0]
    field = ".".join([*([prefix] if prefix else []), *map(str, problem["loc"])]) or None
    message = problem["msg"].removeprefix("Value error, ")
    message = message[0].upper() + message[1:]
    return InputError(f"{field}: {message}" if field else message, field=field)
