import type { Attribute, Constant, ElementType, Graph, GraphNode, Port, Values } from "../../models/onnx/graph.ts";
import { ATTRIBUTE_TYPES, ELEMENT_TYPES, MODEL } from "../../models/onnx/onnx-schema.ts";

const IR_VERSION = 8;
/** The file names its program. The bytes of a released network must not change, so this keeps the old name. */
const PRODUCER = "matchlight forge";

/** The element type of values. */
function typeOf(values: Values): ElementType {
  if (values instanceof Float32Array) return "float32";
  if (values instanceof BigInt64Array) return "int64";
  if (values instanceof Int32Array) return "int32";
  return values instanceof Int8Array ? "int8" : "uint8";
}

/** Writes a network as an ONNX file; the same graph gives the same bytes. */
export function writeOnnx(graph: Graph): Uint8Array {
  const model = {
    ir: IR_VERSION,
    producer: PRODUCER,
    opset: Object.entries(graph.opsets).map(([domain, version]) => ({ domain, version })),
    graph: {
      name: graph.name,
      node: graph.nodes.map(writeNode),
      initializer: [...graph.constants].map(([name, constant]) => writeTensor(constant, name)),
      input: graph.inputs.map(writePort),
      output: graph.outputs.map(writePort),
    },
  };
  return MODEL.encode(MODEL.fromObject(model)).finish();
}

function writeNode({ op, domain, inputs, outputs, attributes }: GraphNode): object {
  const attribute = Object.entries(attributes).map(([name, value]) => ({ name, ...writeAttribute(value) }));
  return { op, domain, input: inputs, output: outputs, attribute };
}

function writeAttribute(attribute: Attribute): object {
  const type = ATTRIBUTE_TYPES[attribute.kind];
  switch (attribute.kind) {
    case "float":
      return { type, f: attribute.value };
    case "int":
      return { type, i: attribute.value };
    case "string":
      return { type, s: new TextEncoder().encode(attribute.value) };
    case "tensor":
      return { type, t: writeTensor(attribute.value, "") };
    default:
      return { type, [attribute.kind]: attribute.value };
  }
}

function writeTensor({ shape, values }: Constant, name: string): object {
  const raw = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return { name, dims: shape, type: ELEMENT_TYPES[typeOf(values)], raw };
}

/** A port without a shape has a type that the runtime derives. */
function writePort({ name, type, shape }: Port): object {
  if (!type || !shape) return { name };
  return {
    name,
    type: { tensor: { element: ELEMENT_TYPES[type], shape: { dim: shape.map((value) => ({ value })) } } },
  };
}
