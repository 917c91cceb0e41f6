"""From a performance to what a musician reads: grid, voices, measures, spelling."""
