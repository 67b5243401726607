"""From a float graph whose weights lie on a grid to one that multiplies in 8 bits.

Every token's inputs are quantised by themselves, so a text's score does not depend on what else
is in a run. Imports onnx: for compiling only, never while serving.
"""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

# GELU never answers less than this; what narrows a network stands behind one.
_LEAST_OF_GELU = -0.17
_SMALLEST_SCALE = 1e-9
# What the names of matrices end in that stay in full precision (see balance.py).
_EXACT = ".exact"


def quantise_graph(source: Path, target: Path, *, steps: int) -> None:
    """Write the graph with 8-bit matrices and with embeddings in half precision.

    Weights lie on -steps..steps for each output already. The float graph's `MatMul`s with a
    constant matrix change; the last small layers, which are `Gemm`s, do not.
    """
    model = onnx.load(str(source))
    # The exporter transposes some weights after noting their shapes; the notes are wrong then.
    del model.graph.value_info[:]
    _halve_embeddings(model, only_exactly=False)
    _share_constants(model)
    _Quantiser(model, steps).run()
    model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.save(model, str(target))


def halve_embeddings(path: Path) -> None:
    """Keep the float graph's embeddings in 16 bits where that loses nothing, as in a checkpoint
    saved in half precision."""
    model = onnx.load(str(path))
    del model.graph.value_info[:]
    _halve_embeddings(model, only_exactly=True)
    onnx.save(model, str(path))


class _Quantiser:
    """Replaces products of one graph in place."""

    def __init__(self, model: ModelProto, steps: int) -> None:
        self._graph = model.graph
        self._steps = steps
        self._matrices = {
            tensor.name: numpy_helper.to_array(tensor)
            for tensor in model.graph.initializer
            if tensor.data_type == TensorProto.FLOAT and len(tensor.dims) == 2
        }
        self._stored: set[str] = set()
        self._widths: set[int] = set()

    def run(self) -> None:
        """Replace every product with a constant matrix but those with columns kept exact."""
        nodes = list(self._graph.node)
        del self._graph.node[:]
        self._prepare()
        for node in nodes:
            if node.op_type == "MatMul" and self._is_rounded(node.input[1]):
                self._replace(node)
            else:
                self._graph.node.append(node)
        kept = [t for t in self._graph.initializer if t.name not in self._stored]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _is_rounded(self, matrix: str) -> bool:
        return matrix in self._matrices and not matrix.endswith(_EXACT)

    def _prepare(self) -> None:
        """What all products share: constants, the number of tokens, and a zero for each token."""
        self._add("q_rows", np.array([1], dtype=np.int64))
        self._add("q_one", np.float32(1))
        self._add("q_least_scale", np.float32(_SMALLEST_SCALE))
        self._add("q_middle", np.uint8(128))
        self._add("q_nought", np.uint8(0))
        self._add("q_symmetric", np.float32(1 / 127))
        self._add("q_positive", np.float32(1 / 255))
        self._add("q_shift", np.float32(-_LEAST_OF_GELU))
        texts = self._graph.input[0].name
        self._node("Shape", [texts], "q_texts")
        self._node("Size", [texts], "q_size")
        self._node("Reshape", ["q_size", "q_rows"], "q_tokens")
        self._node("Expand", ["q_middle", "q_tokens"], "q_middles")
        self._node("Expand", ["q_nought", "q_tokens"], "q_noughts")

    def _replace(self, product: NodeProto) -> None:
        """x·W as scale(x) · (whole(x) · whole(W)) · scale(W), with a scale for each token."""
        inputs, weights = product.input
        name, (columns, outputs) = product.output[0], self._matrices[weights].shape
        sums = self._store_weights(weights)
        self._add(f"q_flat_{columns}", np.array([-1, columns], dtype=np.int64))
        self._node("Reshape", [inputs, f"q_flat_{columns}"], f"{name}_x")
        narrows = columns > outputs
        zero = self._quantise_narrowing(name) if narrows else self._quantise(name)
        self._node(
            "MatMulIntegerToFloat",
            [f"{name}_whole", f"{weights}_whole", "q_one", f"{weights}_scale", zero],
            f"{name}_unscaled",
            domain="com.microsoft",
        )
        self._node("Unsqueeze", [f"{name}_scale", "q_rows"], f"{name}_column")
        answer = self._node("Mul", [f"{name}_unscaled", f"{name}_column"], f"{name}_y")
        if narrows:
            self._add(f"{name}_moved", (sums * _LEAST_OF_GELU).astype(np.float32))
            answer = self._node("Add", [answer, f"{name}_moved"], f"{name}_back")
        self._node("Reshape", [answer, self._shape(outputs)], name)

    def _shape(self, outputs: int) -> str:
        """Texts × tokens × outputs."""
        if outputs not in self._widths:
            self._widths.add(outputs)
            self._add(f"q_outputs_{outputs}", np.array([outputs], dtype=np.int64))
            self._node("Concat", ["q_texts", f"q_outputs_{outputs}"], f"q_shape_{outputs}", axis=0)
        return f"q_shape_{outputs}"

    def _quantise(self, name: str) -> str:
        """Tokens on -127..127 around 128, by their largest value; answers what stands for 0."""
        self._node("Abs", [f"{name}_x"], f"{name}_size")
        self._to_whole(name, f"{name}_x", f"{name}_size", "q_symmetric", "q_middles")
        return "q_middle"

    def _quantise_narrowing(self, name: str) -> str:
        """Tokens on 0..255 from GELU's least value up; answers what stands for 0."""
        moved = self._node("Add", [f"{name}_x", "q_shift"], f"{name}_positive")
        self._to_whole(name, moved, moved, "q_positive", "q_noughts")
        return "q_nought"

    def _to_whole(self, name: str, values: str, sizes: str, step: str, zeros: str) -> None:
        self._node("ReduceMax", [sizes, "q_rows"], f"{name}_largest", keepdims=0)
        self._node("Mul", [f"{name}_largest", step], f"{name}_step")
        self._node("Max", [f"{name}_step", "q_least_scale"], f"{name}_scale")
        self._node("QuantizeLinear", [values, f"{name}_scale", zeros], f"{name}_whole", axis=0)

    def _store_weights(self, name: str) -> npt.NDArray[np.float32]:
        """Keep the matrix as whole numbers and scales; answers what its columns sum up to."""
        matrix = self._matrices[name]
        scale = np.maximum(np.abs(matrix).max(axis=0) / self._steps, 1e-12).astype(np.float32)
        whole = np.rint(matrix / scale).astype(np.int8)
        if name not in self._stored:
            self._add(f"{name}_whole", whole)
            self._add(f"{name}_scale", scale)
            self._stored.add(name)
        sums: npt.NDArray[np.float32] = (whole * scale).sum(axis=0)
        return sums

    def _add(self, name: str, value: npt.NDArray[np.generic] | np.generic) -> None:
        if all(tensor.name != name for tensor in self._graph.initializer):
            self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def _node(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._graph.node.append(
            helper.make_node(operation, inputs, [output], name=output, **attributes)
        )
        return output


def _share_constants(model: ModelProto) -> None:
    """Give equal constants one name, so that the runtime sees which nodes do the same.

    Layers with a common input are balanced alike, and their input is then rounded once.
    """
    first: dict[tuple[object, ...], str] = {}
    renamed: dict[str, str] = {}
    for tensor in list(model.graph.initializer):
        digest = hashlib.sha256(numpy_helper.to_array(tensor).tobytes()).digest()
        kept = first.setdefault((tensor.data_type, *tensor.dims, digest), tensor.name)
        if kept != tensor.name:
            renamed[tensor.name] = kept
            model.graph.initializer.remove(tensor)
    for node in model.graph.node:
        node.input[:] = [renamed.get(name, name) for name in node.input]


def _halve_embeddings(model: ModelProto, *, only_exactly: bool) -> None:
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
            exact = numpy_helper.to_array(table)
            half = exact.astype(np.float16)
            if only_exactly and not np.array_equal(half, exact):
                continue
            table.CopyFrom(numpy_helper.from_array(half, table.name))
            model.graph.node.append(_widen(model.graph.node[-1]))


def _widen(lookup: NodeProto) -> NodeProto:
    """Rename the lookup's output and answer the node that turns it into what it was."""
    wide = lookup.output[0]
    lookup.output[0] = f"{wide}_half"
    return helper.make_node("Cast", [lookup.output[0]], [wide], to=TensorProto.FLOAT)
