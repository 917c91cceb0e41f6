"""Every setting of Tunesmith, read once from the environment; docs/configuration.md explains each.

A bad value stops the start with a message that names the variable.
"""

import ipaddress
import os
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, ValidationError, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from models import outside
from models.outside import Contract, Service

ROOT = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"
LOW_DISK = 500_000_000  # bytes; with less free, nothing new is accepted


class SettingsError(SystemExit):
    """The environment holds a value that cannot be used; ends the process with the reason."""


class Settings(BaseSettings):
    """Environment variables carry the field's name in capitals: ``MAX_UPLOAD_MB=50``."""

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on. Anything but loopback needs API_KEYS.")
    port: int = Field(8090, ge=1, le=65535, description="TCP port of the web server.")
    var_dir: Path = Field(ROOT / "var", description="Folder for everything that is written.")
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty: SQLite in VAR_DIR. postgresql+psycopg://... for PostgreSQL."
    )
    broker_url: str = Field(
        "", description="redis://... of a Valkey or Redis server; empty: one is started on loopback."
    )
    storage_url: str = Field("", description="fsspec URL for files; empty: a folder in VAR_DIR. s3://bucket/prefix.")
    max_upload_mb: int = Field(100, ge=1, description="Largest accepted upload, in MB (10^6 bytes).")
    max_seconds: float = Field(900, gt=0, description="Longest accepted recording, in seconds.")
    keep_queries_hours: float = Field(
        24,
        gt=0,
        description="How long a sound sent for analysis and not added to the library, or a score sent to make tracks "
        "from, is kept.",
    )
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        (), description="Origins allowed by CORS, separated by commas; empty: CORS is off."
    )
    api_keys: Annotated[tuple[str, ...], NoDecode] = Field(
        (),
        description="Keys accepted as `Authorization: Bearer KEY`, separated by commas; empty: no key needed.",
    )
    soundfont_path: Path | None = Field(
        None, description="A General MIDI SoundFont (SF2 or SF3) that plays scores; empty: the one that comes with it."
    )
    music_api_url: SecretStr = Field(
        SecretStr(""), description="Address of an outside music model; empty: the mode `api` is not ready."
    )
    music_api_key: SecretStr = Field(SecretStr(""), description="Sent to it as `Authorization: Bearer KEY`.")
    music_api_contract: Contract = Field(
        "huggingface", description="What is posted: `huggingface` (text-to-audio) or `plain` (prompt, seconds, seed)."
    )
    music_api_timeout: float = Field(120, gt=0, description="Seconds for everything, waits and repetitions included.")
    music_api_retries: int = Field(3, ge=0, le=20, description="How often it is asked again after a passing failure.")
    music_api_max_mb: float = Field(50, gt=0, description="Largest accepted answer, in MB.")
    musicgen_path: Path | None = Field(
        None, description="Folder with MusicGen's weights; empty: the mode `musicgen` is not ready."
    )
    device: Literal["cpu", "cuda"] = Field("cpu", description="Where neural networks run.")
    web_threads: int = Field(16, ge=2, le=256, description="Threads of the web server.")
    analyse_library: bool = Field(
        True, description="Whether workers analyse new tracks of the library by themselves: labels, similarity, map."
    )
    import_folders: Annotated[tuple[Path, ...], NoDecode] = Field(
        (),
        description="Folders of this machine, separated by commas, from which `POST /imports` may add sounds; the "
        "command line may from anywhere.",
    )
    lease_seconds: float = Field(
        15, gt=0, description="A running job whose worker is silent for so long may be taken over."
    )
    heartbeat_seconds: float = Field(0.5, gt=0, description="How often a worker renews its lease and sees a cancel.")
    cancel_grace_seconds: float = Field(
        1.0, ge=0, description="How long a cancelled job may go on before its process is ended."
    )
    recover_seconds: float = Field(20, gt=0, description="How often workers look for jobs that got lost.")
    max_attempts: int = Field(3, ge=1, description="How often a job is started before it is given up.")
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Least severe log line shown.")

    @model_validator(mode="before")
    @classmethod
    def _split_lists(cls, values: Any) -> Any:
        for name in ("allowed_origins", "api_keys", "import_folders"):
            if isinstance(values.get(name), str):
                values[name] = tuple(v.strip() for v in values[name].split(",") if v.strip())
        return values

    @model_validator(mode="after")
    def _check(self) -> Self:
        if not self.api_keys and not _is_loopback(self.host):
            raise ValueError(f"HOST={self.host} is open to the network, so API_KEYS must be set")
        if self.heartbeat_seconds * 3 > self.lease_seconds:
            raise ValueError("LEASE_SECONDS must be at least three times HEARTBEAT_SECONDS")
        if any(len(key) < 8 for key in self.api_keys):
            raise ValueError("API_KEYS: a key needs at least 8 characters")
        url = self.music_api_url.get_secret_value()
        if url and (urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname):
            raise ValueError("MUSIC_API_URL must begin with http:// or https:// and name a host")
        object.__setattr__(self, "var_dir", self.var_dir.expanduser().resolve())
        if self.soundfont_path is not None:
            object.__setattr__(self, "soundfont_path", _soundfont(self.soundfont_path))
        if self.musicgen_path is not None:
            object.__setattr__(self, "musicgen_path", self.musicgen_path.expanduser().resolve())
        folders = tuple(path.expanduser().resolve() for path in self.import_folders)
        object.__setattr__(self, "import_folders", folders)
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{self.var_dir / 'tunesmith.db'}")
        if not self.storage_url:
            object.__setattr__(self, "storage_url", str(self.var_dir / "files"))
        return self

    def tell_models(self) -> None:
        """Hand over to this process's models what they must know: where models from elsewhere and the SoundFont are."""
        outside.configure(self.music_service, self.musicgen_path)
        if self.soundfont_path is not None:
            from models.composer.render import voices

            voices.use(self.soundfont_path)

    @property
    def music_service(self) -> Service | None:
        """The outside music model, if there is one."""
        if not self.music_api_url.get_secret_value():
            return None
        return Service(
            self.music_api_url.get_secret_value(),
            self.music_api_key.get_secret_value(),
            self.music_api_contract,
            self.music_api_timeout,
            self.music_api_retries,
            self.music_api_max_mb,
        )

    @property
    def max_upload_bytes(self) -> int:
        return self.max_upload_mb * 1_000_000

    @property
    def index_dir(self) -> Path:
        """Where the versions of each embedder's index lie."""
        return self.var_dir / "index"

    @property
    def scratch_dir(self) -> Path:
        """Where uploads and half-made files live until they are complete."""
        return self.var_dir / "scratch"


def _soundfont(path: Path) -> Path:
    """The whole path of a SoundFont. Raises ValueError for what is none."""
    from models.composer.render.soundfont import BadSoundFont, check

    path = path.expanduser().resolve()
    try:
        check(path)
    except BadSoundFont as error:
        raise ValueError(f"SOUNDFONT_PATH={path}: {error}") from None
    except OSError as error:
        raise ValueError(f"SOUNDFONT_PATH={path} cannot be read: {error.strerror}") from None
    return path


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def load(**overrides: Any) -> Settings:
    """Read the settings from the environment. Raises SettingsError naming each bad variable."""
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        lines = []
        for problem in error.errors():
            name = ".".join(str(part) for part in problem["loc"]).upper()
            given = f"={os.environ[name]!r}" if name in os.environ else ""
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"  {name}{given}: {message}" if name else f"  {message}")
        raise SettingsError("Tunesmith cannot start, a setting is wrong:\n" + "\n".join(lines)) from None
    settings.var_dir.mkdir(parents=True, exist_ok=True)
    settings.scratch_dir.mkdir(exist_ok=True)
    return settings
