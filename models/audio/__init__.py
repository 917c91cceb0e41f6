"""Audio files in and out: the only package that knows file formats.

Audio in memory is float32 of shape (channels, samples), full scale 1.0, with its sample rate in Hz beside it.
Whatever a file holds, reading it gives audio or raises `models.spec.BadInput` with a sentence for the user;
the content decides what a file is, never its name. Light to import: the web process uses it.
"""

from models.audio.finding import SUFFIXES, audio_files
from models.audio.mixdown import resample, to_mono, to_stereo
from models.audio.reading import Info, TooLong, decode, probe
from models.audio.recording import LONG, Recording
from models.audio.retag import NoTags, write_tags
from models.audio.tags import read_tags
from models.audio.writing import FORMATS, Format, encode, transcode

__all__ = [
    "FORMATS",
    "LONG",
    "SUFFIXES",
    "Format",
    "Info",
    "NoTags",
    "Recording",
    "TooLong",
    "audio_files",
    "decode",
    "encode",
    "probe",
    "read_tags",
    "resample",
    "to_mono",
    "to_stereo",
    "transcode",
    "write_tags",
]
