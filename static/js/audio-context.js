// The page's one audio context: browsers allow few, and start none before a gesture.
let shared = null;

export function audioContext() {
  shared ??= new AudioContext();
  return shared;
}
