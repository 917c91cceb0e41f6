"""A MIDI file in the composer's terms: beats, key, who plays what, chords. Used for training and for users' files."""
