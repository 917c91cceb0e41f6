"""The pages: one file each, server-rendered. Scripts only add to them; every form works without."""

from app.pages.create import create
from app.pages.listen import listen
from app.pages.notes import notes
from app.pages.queue import queue
from app.pages.tracks import tracks

blueprints = [create, notes, listen, queue, tracks]
