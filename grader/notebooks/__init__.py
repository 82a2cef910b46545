"""Notebooks as text and as data: read, stripped, written, never run and never rendered.

Needs none of Jupyter's libraries: what a student sends is plain JSON with a size limit.
"""
