"""The pages: one file each, server-rendered. Scripts only add to them; every form works without."""

from app.pages.alike import alike
from app.pages.create import create
from app.pages.hum import hum
from app.pages.library import shelves
from app.pages.listen import listen
from app.pages.map import atlas_page
from app.pages.notes import notes
from app.pages.queue import queue
from app.pages.tracks import tracks

blueprints = [create, hum, notes, listen, shelves, alike, atlas_page, queue, tracks]
