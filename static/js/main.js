// Loads the custom elements; each improves a piece of HTML that works without it.
import "/static/js/elements/theme-switch.js";
import "/static/js/elements/tap-tempo.js";
import "/static/js/elements/seed-dice.js";
import "/static/js/elements/job-progress.js";
import "/static/js/elements/wave-form.js";
import "/static/js/elements/piano-roll.js";
import "/static/js/elements/spectrum-view.js";
import "/static/js/elements/stem-mixer.js";
import "/static/js/elements/track-player.js";
import "/static/js/elements/time-lanes.js";
import "/static/js/elements/tempo-choice.js";
import "/static/js/elements/file-drop.js";
import "/static/js/elements/sound-recorder.js";
import "/static/js/elements/live-list.js";
import "/static/js/pages/create.js";
import "/static/js/pages/listen.js";
import "/static/js/pages/job.js";
