"""Gradebooks of learning management systems: rosters in, files with scores out."""
