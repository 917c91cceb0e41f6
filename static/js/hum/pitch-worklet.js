// Runs the detector on the audio thread and posts its readings with their time on the context's clock.
import { PitchDetector } from "/static/js/hum/pitch-detector.js";

registerProcessor("pitch", class extends AudioWorkletProcessor {
  detector = new PitchDetector(sampleRate);

  process([[samples]]) {
    if (!samples) return true; // the microphone is not there yet
    const readings = this.detector.push(samples);
    // The clock shows the beginning of this block, which is the end of what was pushed before it.
    const origin = currentTime - (this.detector.seen - samples.length) / sampleRate;
    if (readings.length) this.port.postMessage(readings.map((reading) => ({ ...reading, time: origin + reading.time })));
    return true;
  }
});
