"""Scoring with a compiled folder: onnxruntime, tokenizers and numpy, never torch."""
