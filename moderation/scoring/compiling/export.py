"""From a loaded checkpoint to an ONNX graph: texts' tokens in, probabilities out.

Imports torch and onnx: for compiling only, never while serving.
"""

import logging
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.matmul_nbits_quantizer import (
    DefaultWeightOnlyQuantConfig,
    MatMulNBitsQuantizer,
)
from transformers import PreTrainedModel

_MOST_TEXTS = 4096
# Accuracy level 4: the inputs are taken in 8 bits too.
_IN_BLOCKS = DefaultWeightOnlyQuantConfig(
    block_size=128, is_symmetric=True, accuracy_level=4, bits=8
)
# It tells of every node it looks at.
logging.getLogger("onnxruntime.quantization.matmul_nbits_quantizer").setLevel(logging.WARNING)


class _Probabilities(torch.nn.Module):
    """The network with Detoxify's sigmoid behind it."""

    def __init__(self, network: PreTrainedModel) -> None:
        super().__init__()
        self.network = network

    def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        logits = self.network(input_ids=input_ids, attention_mask=attention_mask).logits
        return torch.sigmoid(logits)


def export_graph(network: PreTrainedModel, path: Path, *, max_tokens: int) -> None:
    """Write the float graph: `input_ids` and `attention_mask` (texts × tokens, int64) to
    `scores` (texts × labels, float32, 0..1)."""
    ids = torch.full((2, 8), 5, dtype=torch.int64)
    mask = torch.ones_like(ids)
    mask[1, 4:] = 0
    texts = torch.export.Dim("texts", min=1, max=_MOST_TEXTS)
    tokens = torch.export.Dim("tokens", min=2, max=max_tokens)
    shape = {0: texts, 1: tokens}
    torch.onnx.export(
        _Probabilities(network).train(mode=False),
        (ids, mask),
        str(path),
        input_names=["input_ids", "attention_mask"],
        output_names=["scores"],
        dynamic_shapes=(shape, shape),
        dynamo=True,
        external_data=False,
        verbose=False,
    )


def quantise_graph(source: Path, target: Path) -> None:
    """Write the graph with 8-bit matrices and with embeddings in half precision.

    Inputs get one scale for a whole run, which is fastest. The layers that narrow get one for
    every 128 values: their inputs, just out of the activation function, are too uneven.
    """
    graph = onnx.load(str(source))
    # The exporter transposes some weights after noting their shapes; the notes are wrong then.
    del graph.graph.value_info[:]
    _halve_embeddings(graph)
    quantize_dynamic(
        graph,
        str(target),
        op_types_to_quantize=["MatMul"],
        per_channel=True,
        weight_type=QuantType.QInt8,
        nodes_to_exclude=[*_narrowing_layers(graph), *_head(graph)],
    )
    in_blocks = MatMulNBitsQuantizer(onnx.load(str(target)), algo_config=_IN_BLOCKS)
    in_blocks.process()
    onnx.save(in_blocks.model.model, str(target))


def _head(model: ModelProto) -> list[str]:
    """The names of the last small layers, before and after the quantiser renames them."""
    names = [node.name for node in model.graph.node if node.op_type == "Gemm"]
    return [*names, *(f"{name}_MatMul" for name in names)]


def _narrowing_layers(model: ModelProto) -> list[str]:
    """The names of the products with a matrix that has more rows than columns."""
    narrowing = {
        tensor.name
        for tensor in model.graph.initializer
        if len(tensor.dims) == 2 and tensor.dims[0] > tensor.dims[1]
    }
    return [
        node.name
        for node in model.graph.node
        if node.op_type == "MatMul" and not narrowing.isdisjoint(node.input)
    ]


def _halve_embeddings(model: ModelProto) -> None:
    """Keep tables of embeddings in 16 bits, and widen only the rows that are looked up."""
    tables = {
        tensor.name: tensor
        for tensor in model.graph.initializer
        if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) == 2
    }
    nodes = list(model.graph.node)
    del model.graph.node[:]
    for node in nodes:
        model.graph.node.append(node)
        if node.op_type == "Gather" and node.input[0] in tables:
            table = tables[node.input[0]]
            half = numpy_helper.to_array(table).astype(np.float16)
            table.CopyFrom(numpy_helper.from_array(half, table.name))
            model.graph.node.append(_widen(model.graph.node[-1]))


def _widen(lookup: NodeProto) -> NodeProto:
    """Rename the lookup's output and answer the node that turns it into what it was."""
    wide = lookup.output[0]
    lookup.output[0] = f"{wide}_half"
    return helper.make_node("Cast", [lookup.output[0]], [wide], to=TensorProto.FLOAT)
