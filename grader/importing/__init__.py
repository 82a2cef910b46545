"""Assignments of other systems, turned into ours as far as they go.

Nothing of what is read is executed or imported: notebooks are JSON, Python is parsed. Whatever
cannot be carried over becomes a finding with its file and line; nothing is dropped in silence.
"""
