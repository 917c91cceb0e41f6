// Plays one sound at a time. A pause before the sound has begun is no error: the browser tells of it as an AbortError.

export async function play(audio) {
  for (const other of document.querySelectorAll("audio")) if (other !== audio) other.pause();
  try {
    await audio.play();
  } catch (error) {
    if (error.name !== "AbortError") throw error;
  }
}
