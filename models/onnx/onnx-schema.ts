import protobuf from "protobufjs";

/** The used part of the ONNX format: messages and field numbers of onnx.proto3 (ONNX, IR version 8). */
const SCHEMA = `
syntax = "proto3";
message Model { int64 ir = 1; string producer = 2; Graph graph = 7; repeated Opset opset = 8; }
message Opset { string domain = 1; int64 version = 2; }
message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5;
  repeated ValueInfo input = 11; repeated ValueInfo output = 12; }
message Node { repeated string input = 1; repeated string output = 2; string op = 4; repeated Attribute attribute = 5;
  string domain = 7; }
message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; Tensor t = 5; repeated float floats = 7;
  repeated int64 ints = 8; int32 type = 20; }
message Tensor { repeated int64 dims = 1; int32 type = 2; string name = 8; bytes raw = 9; }
message ValueInfo { string name = 1; Type type = 2; }
message Type { TensorType tensor = 1; }
message TensorType { int32 element = 1; Shape shape = 2; }
message Shape { repeated Dimension dim = 1; }
message Dimension { int64 value = 1; }
`;

/** ONNX's numbers of the used element types (TensorProto.DataType). */
export const ELEMENT_TYPES = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7 } as const;

/** ONNX's numbers of attribute types (AttributeProto.AttributeType). */
export const ATTRIBUTE_TYPES = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

/** An ONNX file. */
export const MODEL = protobuf.parse(SCHEMA).root.lookupType("Model");
