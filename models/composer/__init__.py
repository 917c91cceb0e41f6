"""The composer: from a request to a `models.spec.Score`, and from a score to sound."""
