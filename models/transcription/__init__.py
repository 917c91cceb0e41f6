"""From a voice to notes: pitch, notes, and the musical rules that are applied to them.

One stage a file: `pitch` follows the fundamental frequency (`mixture` does so where a band plays), `evidence` makes of
it and of the spectrum what the note network hears, `segment` finds notes; `tuning`, `timing`, `scale` and `simplify`
are the rules, `form` compares the melody with itself, `melody` applies the rules in turn, and `playing` plays.
"""
