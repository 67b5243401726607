"""The recipe of the shipped checkpoint: data, training, calibration, presets, figures.

Nothing here runs while serving; it needs `requirements.txt` in this folder.
"""
