"""Small random checkpoints in the structure of Detoxify's official files, made on the spot."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from tokenizers.trainers import BpeTrainer, UnigramTrainer, WordPieceTrainer
from transformers import (
    AlbertConfig,
    AlbertForSequenceClassification,
    BertConfig,
    BertForSequenceClassification,
    PreTrainedConfig,
    PreTrainedModel,
    RobertaConfig,
    RobertaForSequenceClassification,
    XLMRobertaConfig,
    XLMRobertaForSequenceClassification,
)

from moderation.scoring.checkpoints.digest import sha256_of
from moderation.scoring.compiling.reference_texts import REFERENCE_TEXTS

# As the official files call them: Detoxify renames the first, second and last on loading.
CLASSES = ["toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate"]
LABELS = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_attack")
UNBIASED_CLASSES = [
    "toxicity",
    "severe_toxicity",
    "obscene",
    "identity_attack",
    "insult",
    "threat",
    "sexual_explicit",
]
ARCHITECTURES = ("bert", "albert", "roberta", "xlm-roberta")
_SIZES = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 64,
}


def make_model(
    folder: Path,
    architecture: str = "bert",
    *,
    model_type: str | None = None,
    classes: Sequence[str] = CLASSES,
    outputs: int | None = None,
) -> Path:
    """A folder like `home/` with a random model of the architecture, wide in its scores.

    `outputs` may be more than there are classes, as in the files of the unbiased models.
    """
    folder.mkdir(parents=True)
    tokenizer, config, network_class, names = _RECIPES[architecture]()
    config.num_labels = outputs or len(classes)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": names[1], "model_max_length": 64, **_SPECIALS[architecture]})
    )
    torch.manual_seed(7)
    network = network_class(config)
    _spread(network)
    config.save_pretrained(folder)
    state = {
        name: t.half() if t.is_floating_point() else t for name, t in network.state_dict().items()
    }
    # The older files hold this too, though nothing reads it any more.
    ids = torch.arange(config.max_position_embeddings)[None]
    state[f"{network.base_model_prefix}.embeddings.position_ids"] = ids
    arch = {
        "model_type": model_type or str(folder),
        "model_name": names[0],
        "tokenizer_name": names[1],
        "num_classes": config.num_labels,
    }
    page = {"arch": {"args": arch}, "dataset": {"args": {"classes": list(classes)}}}
    torch.save({"config": page, "state_dict": state}, folder / "checkpoint.ckpt")
    write_manifest(folder)
    return folder


def write_manifest(folder: Path, **changes: object) -> None:
    """The folder's manifest, with the checkpoint's true hash unless told otherwise."""
    manifest = {
        "name": "tiny",
        "sha256": sha256_of(folder / "checkpoint.ckpt"),
        "languages": ["en"],
        "presets": {"balanced": {"toxicity": 0.5}},
    }
    (folder / "manifest.json").write_text(json.dumps({**manifest, **changes}))


def _spread(network: PreTrainedModel) -> None:
    """Make scores differ between texts, so that agreeing with a wrong one is no accident."""
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if parameter.dim() > 1 and "embedding" not in name:
                parameter.mul_(10.0)


Recipe = tuple[Tokenizer, PreTrainedConfig, type[PreTrainedModel], tuple[str, str]]


def _bert() -> Recipe:
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(
        REFERENCE_TEXTS, WordPieceTrainer(vocab_size=400, special_tokens=specials)
    )
    tokenizer.post_processor = _frame(tokenizer, "[CLS]", "[SEP]")
    config = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), max_position_embeddings=64, pad_token_id=0, **_SIZES
    )
    return (
        tokenizer,
        config,
        BertForSequenceClassification,
        ("BertForSequenceClassification", "BertTokenizer"),
    )


def _albert() -> Recipe:
    tokenizer = _unigram(["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = _frame(tokenizer, "[CLS]", "[SEP]")
    config = AlbertConfig(
        vocab_size=tokenizer.get_vocab_size(),
        embedding_size=16,
        max_position_embeddings=64,
        pad_token_id=0,
        **_SIZES,
    )
    return (
        tokenizer,
        config,
        AlbertForSequenceClassification,
        ("AlbertForSequenceClassification", "AlbertTokenizer"),
    )


def _roberta() -> Recipe:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    tokenizer.train_from_iterator(
        REFERENCE_TEXTS,
        BpeTrainer(
            vocab_size=500,
            special_tokens=specials,
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        ),
    )
    tokenizer.post_processor = _frame(tokenizer, "<s>", "</s>")
    config = RobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=66,
        pad_token_id=1,
        type_vocab_size=1,
        **_SIZES,
    )
    return (
        tokenizer,
        config,
        RobertaForSequenceClassification,
        ("RobertaForSequenceClassification", "RobertaTokenizer"),
    )


def _xlm_roberta() -> Recipe:
    tokenizer = _unigram(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.post_processor = _frame(tokenizer, "<s>", "</s>")
    config = XLMRobertaConfig(
        vocab_size=tokenizer.get_vocab_size(),
        max_position_embeddings=66,
        pad_token_id=1,
        type_vocab_size=1,
        **_SIZES,
    )
    return (
        tokenizer,
        config,
        XLMRobertaForSequenceClassification,
        ("XLMRobertaForSequenceClassification", "XLMRobertaTokenizer"),
    )


def _unigram(specials: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(
        REFERENCE_TEXTS,
        UnigramTrainer(vocab_size=400, special_tokens=specials, unk_token="<unk>"),
    )
    return tokenizer


def _frame(tokenizer: Tokenizer, first: str, last: str) -> processors.TemplateProcessing:
    return processors.TemplateProcessing(
        single=f"{first} $A {last}",
        pair=f"{first} $A {last} $B {last}",
        special_tokens=[(token, tokenizer.token_to_id(token)) for token in (first, last)],
    )


_RECIPES: dict[str, Callable[[], Recipe]] = {
    "bert": _bert,
    "albert": _albert,
    "roberta": _roberta,
    "xlm-roberta": _xlm_roberta,
}
_SPECIALS = {
    "bert": {
        "pad_token": "[PAD]",
        "unk_token": "[UNK]",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    },
    "albert": {
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "cls_token": "[CLS]",
        "sep_token": "[SEP]",
        "mask_token": "[MASK]",
    },
    "roberta": {
        "pad_token": "<pad>",
        "unk_token": "<unk>",
        "cls_token": "<s>",
        "sep_token": "</s>",
        "bos_token": "<s>",
        "eos_token": "</s>",
        "mask_token": "<mask>",
    },
}
_SPECIALS["xlm-roberta"] = _SPECIALS["roberta"]
