// Where a recording lies on the clock of the context that listened to it. Browsers tell of the start of a recording some
// hundredths of a second late or early, which would put a metronome's beat beside the voice; the loudness that was followed
// live is laid over that of the recording instead.
const RATE = 16000; // Hz at which the recording is looked at
const WINDOW = 0.043; // seconds, as the detector's
const SPAN = 20; // seconds that are compared
const FARTHEST = 0.3; // seconds between what the browser says and what is true
const STEP = 0.002;
const CLEAR = 0.5; // of the usual difference: a place that fits no better than that is no place
const FAINT = 1e-4; // RMS that counts as silence

// ``readings`` have time and level, times on the same clock as ``guess``, which is the start as the browser told it.
export async function beginning(blob, readings, guess) {
  const sound = await new OfflineAudioContext(1, 1, RATE).decodeAudioData(await blob.arrayBuffer()).catch(() => null);
  if (!sound) return guess;
  const loudness = envelope(sound.getChannelData(0));
  const heard = readings
    .filter(({ time }) => time > guess + FARTHEST && time < guess + SPAN)
    .map(({ time, level }) => [time - guess, Math.log(level + FAINT)]);
  const places = [];
  for (let shift = -FARTHEST; shift <= FARTHEST; shift += STEP) places.push([difference(heard, loudness, shift), shift]);
  places.sort((a, b) => a[0] - b[0]);
  const [least, shift] = places[0];
  return least < CLEAR * places[Math.floor(places.length / 2)][0] ? guess - shift : guess;
}

// The logarithm of the loudness around each second.
function envelope(samples) {
  const power = new Float64Array(samples.length + 1);
  for (let at = 0; at < samples.length; at += 1) power[at + 1] = power[at] + samples[at] ** 2;
  return (seconds) => {
    const from = Math.max(0, Math.min(samples.length - 1, Math.round((seconds - WINDOW / 2) * RATE)));
    const to = Math.max(from + 1, Math.min(samples.length, Math.round((seconds + WINDOW / 2) * RATE)));
    return Math.log(Math.sqrt((power[to] - power[from]) / (to - from)) + FAINT);
  };
}

// How much the two differ, apart from how loud they are as a whole.
function difference(heard, loudness, shift) {
  let [sum, squares] = [0, 0];
  for (const [time, level] of heard) {
    const apart = level - loudness(time + shift);
    sum += apart;
    squares += apart * apart;
  }
  return squares / heard.length - (sum / heard.length) ** 2;
}
