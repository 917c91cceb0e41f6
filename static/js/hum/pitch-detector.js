// Follows the pitch of one voice by McLeod's method (McLeod and Wyvill, 2005): the normalised square difference of a
// short window with itself, and its first high peak. The sound is thinned to about 16 kHz first, as a voice's
// fundamental lies far below.
const RATE = 16000; // Hz, about, that is listened to
const WINDOW = 0.043; // seconds: nearly three periods of the lowest pitch
const HOP = 0.016; // seconds between two readings
const LOWEST = 65; // Hz
const HIGHEST = 1100;
const CLEAR = 0.8; // of 1, below which there is no pitch
const FIRST_PEAK = 0.9; // of the highest peak; the first one that comes so near is the period
const QUIET = 0.003; // RMS, full scale 1, below which there is no voice
const TAPS = 8; // of the filter, for each sample that is left out, on either side of one

export class PitchDetector {
  constructor(sampleRate) {
    this.sampleRate = sampleRate;
    this.step = Math.max(1, Math.round(sampleRate / RATE));
    this.rate = sampleRate / this.step;
    this.filter = lowPass(this.step);
    this.input = new Float32Array(this.filter.length); // the latest samples, a ring
    this.seen = 0;
    this.window = new Float32Array(Math.round(WINDOW * this.rate));
    this.hop = Math.round(HOP * this.rate);
    this.filled = 0;
    this.alike = new Float32Array(Math.ceil(this.rate / LOWEST) + 2);
  }

  // Takes the samples that follow and gives the readings that are complete with them: time in seconds from the first
  // sample of all to the middle of the window, midi with decimals or null, clarity and level.
  push(samples) {
    const readings = [];
    for (const sample of samples) {
      this.input[this.seen % this.input.length] = sample;
      this.seen += 1;
      if (this.seen % this.step) continue;
      this.window[this.filled] = this.filtered();
      this.filled += 1;
      if (this.filled < this.window.length) continue;
      const late = (this.window.length * this.step) / 2 + (this.filter.length - 1) / 2;
      readings.push({ time: (this.seen - late) / this.sampleRate, ...this.read() });
      this.window.copyWithin(0, this.hop);
      this.filled -= this.hop;
    }
    return readings;
  }

  filtered() {
    const { input, filter } = this;
    let sum = 0;
    for (let tap = 0; tap < filter.length; tap += 1) {
      sum += filter[tap] * input[(this.seen - 1 - tap + input.length) % input.length];
    }
    return sum;
  }

  read() {
    const level = Math.sqrt(this.window.reduce((sum, x) => sum + x * x, 0) / this.window.length);
    if (level < QUIET) return { midi: null, clarity: 0, level };
    this.compare();
    const lag = this.period();
    if (!lag) return { midi: null, clarity: 0, level };
    const [exact, clarity] = this.vertex(lag);
    const hertz = this.rate / exact;
    const sung = clarity >= CLEAR && hertz >= LOWEST && hertz <= HIGHEST;
    return { midi: sung ? 69 + 12 * Math.log2(hertz / 440) : null, clarity, level };
  }

  // How alike the window is to itself, shifted by each lag: 1 is the same, -1 the opposite.
  compare() {
    const { window, alike } = this;
    let power = 2 * window.reduce((sum, x) => sum + x * x, 0);
    for (let lag = 0; lag < alike.length; lag += 1) {
      let product = 0;
      for (let at = 0; at + lag < window.length; at += 1) product += window[at] * window[at + lag];
      alike[lag] = power > 0 ? (2 * product) / power : 0;
      power -= window[lag] ** 2 + window[window.length - 1 - lag] ** 2;
    }
  }

  // The lag of the first high peak: one peak counts between each rise above zero and the next fall below it.
  period() {
    const { alike } = this;
    const peaks = [];
    let lag = 1;
    while (lag < alike.length && alike[lag] > 0) lag += 1;
    for (let best = 0; lag < alike.length - 1; lag += 1) {
      if (alike[lag] <= 0) best = 0;
      else if (alike[lag] > alike[lag - 1] && alike[lag] >= alike[lag + 1] && alike[lag] > best) {
        if (best) peaks.pop();
        peaks.push(lag);
        best = alike[lag];
      }
    }
    const highest = peaks.reduce((most, peak) => Math.max(most, alike[peak]), 0);
    return peaks.find((peak) => alike[peak] >= FIRST_PEAK * highest);
  }

  // The top of the parabola through a peak and its neighbours: the lag with decimals, and the height.
  vertex(lag) {
    const [before, peak, after] = this.alike.subarray(lag - 1, lag + 2);
    const bend = before - 2 * peak + after;
    const shift = bend ? (before - after) / (2 * bend) : 0;
    return [lag + shift, Math.min(1, peak - ((before - after) * shift) / 4)];
  }
}

// A low-pass filter for taking every ``step``-th sample: a sinc under a Hann window.
function lowPass(step) {
  if (step === 1) return new Float32Array([1]);
  const half = TAPS * step;
  const taps = Float32Array.from({ length: 2 * half + 1 }, (_, index) => {
    const x = ((index - half) * 0.9) / step;
    return (x ? Math.sin(Math.PI * x) / (Math.PI * x) : 1) * (0.5 + 0.5 * Math.cos((Math.PI * (index - half)) / (half + 1)));
  });
  const sum = taps.reduce((all, tap) => all + tap, 0);
  return taps.map((tap) => tap / sum);
}
