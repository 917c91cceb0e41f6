// Everything that the Hum page and a transcription need: two dozen files that no other page loads.
import "/static/js/elements/pitch-trace.js";
import "/static/js/elements/hum-recorder.js";
import "/static/js/elements/melody-roll.js";
import "/static/js/elements/hum-player.js";
import "/static/js/elements/sheet-music.js";
import "/static/js/elements/song-maker.js";
import "/static/js/elements/hum-studio.js";
import "/static/js/pages/hum.js";
