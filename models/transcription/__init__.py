"""From a voice to notes: pitch, notes, and the musical rules that are applied to them.

One stage a file: `pitch` follows the fundamental frequency, `evidence` makes of it and of the spectrum what the note
network hears, `segment` finds notes, `tuning`, `tempo`, `quantise`, `scale` and `simplify` are the rules, `form`
compares the melody with itself, and `melody` runs the stages one after the other.
"""
