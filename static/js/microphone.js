// One recording from the microphone, as music wants it: without the filters that browsers put on speech.
const MUSIC = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
const LEVEL_FFT = 1024;
const SHOWN = 1.5; // times the peak: a voice that fills the meter does not clip yet
const ENDINGS = { mp4: "m4a", ogg: "ogg", webm: "webm" };

export function canRecord() {
  return Boolean(navigator.mediaDevices && window.MediaRecorder);
}

// A file name that fits what a browser records.
export function recordingName(blob) {
  const kind = Object.keys(ENDINGS).find((one) => blob.type.includes(one)) ?? "webm";
  return `recording.${ENDINGS[kind]}`;
}

export class Take {
  // Asks for the microphone; refused, it throws what the browser says.
  static async open() {
    return new Take(await navigator.mediaDevices.getUserMedia({ audio: MUSIC }));
  }

  constructor(stream) {
    this.stream = stream;
    this.context = new AudioContext();
    this.context.resume(); // the gesture may be long ago when the browser asked first
    this.source = this.context.createMediaStreamSource(stream);
    this.analyser = this.context.createAnalyser();
    this.analyser.fftSize = LEVEL_FFT;
    this.source.connect(this.analyser);
    this.samples = new Float32Array(LEVEL_FFT);
    this.began = null; // on the context's clock; the microphone may need a moment to wake
  }

  // Records until ``stop``, or until the microphone is gone; the promise is kept with the sound.
  record() {
    const pieces = [];
    this.recorder = new MediaRecorder(this.stream);
    this.recorder.addEventListener("start", () => (this.began = this.context.currentTime));
    this.recorder.addEventListener("dataavailable", (event) => pieces.push(event.data));
    const sound = new Promise((resolve) => {
      this.recorder.addEventListener("stop", () => {
        this.close();
        resolve(new Blob(pieces, { type: this.recorder.mimeType }));
      });
    });
    this.recorder.start();
    return sound;
  }

  stop() {
    if (this.recorder?.state === "recording") this.recorder.stop();
  }

  // Lets go of the microphone.
  close() {
    if (this.closed) return;
    this.closed = true;
    this.stream.getTracks().forEach((track) => track.stop());
    this.context.close();
  }

  get seconds() {
    return this.began === null ? 0 : this.context.currentTime - this.began;
  }

  get level() {
    this.analyser.getFloatTimeDomainData(this.samples);
    return Math.min(1, Math.max(...this.samples.map(Math.abs)) * SHOWN);
  }

  // Seconds between a sound that is scheduled here and the same sound, heard and sung to, in the recording.
  get delay() {
    const { latency = 0 } = this.stream.getAudioTracks()[0].getSettings();
    return (this.context.outputLatency || this.context.baseLatency || 0) + latency;
  }
}
