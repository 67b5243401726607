"""From a float graph whose weights lie on a grid to one that multiplies in 8 bits.

Every token's inputs are quantised by themselves, so a text's score does not depend on what else
is in a run. Imports onnx: for compiling only, never while serving.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
from onnx import ModelProto, NodeProto, TensorProto, helper, numpy_helper

# GELU never answers less than this; what narrows a network stands behind one.
_LEAST_OF_GELU = -0.17
_SMALLEST_SCALE = 1e-9


def quantise_graph(source: Path, target: Path, *, steps: int) -> None:
    """Write the graph with 8-bit matrices and with embeddings in half precision.

    Weights lie on -steps..steps for each output already. The float graph's `MatMul`s with a
    constant matrix change; the last small layers, which are `Gemm`s, do not.
    """
    model = onnx.load(str(source))
    # The exporter transposes some weights after noting their shapes; the notes are wrong then.
    del model.graph.value_info[:]
    _halve_embeddings(model, only_exactly=False)
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
        self._made: dict[str, npt.NDArray[np.float32]] = {}

    def run(self) -> None:
        """Replace every product with a constant matrix."""
        nodes = list(self._graph.node)
        del self._graph.node[:]
        self._constants()
        for node in nodes:
            if node.op_type == "MatMul" and node.input[1] in self._matrices:
                self._replace(node)
            else:
                self._graph.node.append(node)
        kept = [t for t in self._graph.initializer if t.name not in self._made]
        del self._graph.initializer[:]
        self._graph.initializer.extend(kept)

    def _constants(self) -> None:
        self._add("q_rows", np.array([1], dtype=np.int64))
        self._add("q_one", np.float32(1))
        self._add("q_least_scale", np.float32(_SMALLEST_SCALE))
        self._add("q_middle", np.uint8(128))
        self._add("q_nought", np.uint8(0))
        self._add("q_symmetric", np.float32(1 / 127))
        self._add("q_positive", np.float32(1 / 255))
        self._add("q_shift", np.float32(-_LEAST_OF_GELU))

    def _replace(self, product: NodeProto) -> None:
        """x·W as scale(x) · (whole(x) · whole(W)) · scale(W), with a scale for each token."""
        inputs, weights = product.input
        name, (columns, outputs) = product.output[0], self._matrices[weights].shape
        sums = self._store_weights(weights)
        self._add(f"{name}_flat", np.array([-1, columns], dtype=np.int64))
        self._add(f"{name}_outputs", np.array([outputs], dtype=np.int64))
        self._node("Reshape", [inputs, f"{name}_flat"], f"{name}_x")
        zero = self._quantise_narrowing(name) if columns > outputs else self._quantise(name)
        self._node(
            "MatMulIntegerToFloat",
            [f"{name}_whole", f"{weights}_whole", "q_one", f"{weights}_scale", zero],
            f"{name}_unscaled",
            domain="com.microsoft",
        )
        self._node("Unsqueeze", [f"{name}_scale", "q_rows"], f"{name}_column")
        answer = f"{name}_y"
        self._node("Mul", [f"{name}_unscaled", f"{name}_column"], answer)
        if columns > outputs:
            self._add(f"{name}_moved", (sums * _LEAST_OF_GELU).astype(np.float32))
            answer = self._node("Add", [answer, f"{name}_moved"], f"{name}_back")
        self._node("Shape", [inputs], f"{name}_texts", start=0, end=-1)
        self._node("Concat", [f"{name}_texts", f"{name}_outputs"], f"{name}_shape", axis=0)
        self._node("Reshape", [answer, f"{name}_shape"], name)

    def _quantise(self, name: str) -> str:
        """Tokens on -127..127 around 128, by their largest value; answers what stands for 0."""
        self._node("Abs", [f"{name}_x"], f"{name}_size")
        self._scale(name, f"{name}_size", "q_symmetric")
        self._to_whole(name, f"{name}_x", "q_middle")
        return "q_middle"

    def _quantise_narrowing(self, name: str) -> str:
        """Tokens on 0..255 from GELU's least value up; answers what stands for 0."""
        self._node("Add", [f"{name}_x", "q_shift"], f"{name}_positive")
        self._scale(name, f"{name}_positive", "q_positive")
        self._to_whole(name, f"{name}_positive", "q_nought")
        return "q_nought"

    def _scale(self, name: str, sizes: str, step: str) -> None:
        self._node("ReduceMax", [sizes, "q_rows"], f"{name}_largest", keepdims=0)
        self._node("Mul", [f"{name}_largest", step], f"{name}_step")
        self._node("Max", [f"{name}_step", "q_least_scale"], f"{name}_scale")

    def _to_whole(self, name: str, values: str, zero: str) -> None:
        self._node("Shape", [f"{name}_scale"], f"{name}_tokens")
        self._node("Expand", [zero, f"{name}_tokens"], f"{name}_zeros")
        self._node(
            "QuantizeLinear", [values, f"{name}_scale", f"{name}_zeros"], f"{name}_whole", axis=0
        )

    def _store_weights(self, name: str) -> npt.NDArray[np.float32]:
        """Keep the matrix as whole numbers and scales; answers what its columns sum up to."""
        if name not in self._made:
            matrix = self._matrices[name]
            largest = np.abs(matrix).max(axis=0)
            scale = np.maximum(largest / self._steps, 1e-12).astype(np.float32)
            whole = np.rint(matrix / scale).astype(np.int8)
            self._add(f"{name}_whole", whole)
            self._add(f"{name}_scale", scale)
            self._made[name] = (whole * scale).sum(axis=0)
        return self._made[name]

    def _add(self, name: str, value: npt.NDArray[np.generic] | np.generic) -> None:
        self._graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def _node(self, operation: str, inputs: list[str], output: str, **attributes: Any) -> str:
        self._graph.node.append(
            helper.make_node(operation, inputs, [output], name=output, **attributes)
        )
        return output


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
