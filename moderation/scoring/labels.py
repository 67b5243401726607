"""The names of what the shipped checkpoint scores: Detoxify's, in the order of its outputs."""

LABELS = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
)
