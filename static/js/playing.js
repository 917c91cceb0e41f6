// Plays one sound at a time, be it an audio element or a mix of stems. A pause before the sound has begun is no error:
// the browser tells of it as an AbortError.

export async function play(sound) {
  document.dispatchEvent(new CustomEvent("sound-starts", { detail: sound }));
  for (const other of document.querySelectorAll("audio")) if (other !== sound) other.pause();
  try {
    await sound.play();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}
