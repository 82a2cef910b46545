"""Release homework with proof, grade submissions with a verdict that student code cannot reach."""

__version__ = "0.1.0"
