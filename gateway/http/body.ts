import { parseJson } from "../../protocol/encoding/bounded-json.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import { HttpProblem } from "./problem.ts";

/** A photo in base64 and the little around it. */
export const BODY_BYTES = Math.ceil((LIMITS.referenceBytes * 4) / 3) + 16_384;
const DEPTH = 6;
/** Of what is not the photo. */
const REQUEST_BYTES = 16_384;

/** Reads a JSON body; a photo in it becomes bytes. Throws HttpProblem. */
export function readJsonBody(bytes: Buffer): unknown {
  const body = parse(bytes, BODY_BYTES);
  if (typeof body !== "object" || body === null || !("photo" in body)) return body;
  return { ...body, photo: typeof body.photo === "string" ? decodePhoto(body.photo) : body.photo };
}

/** Reads a form with the file `photo` and the JSON field `request`. Throws HttpProblem. */
export async function readFormBody(bytes: Buffer, contentType: string): Promise<unknown> {
  const form = await new Response(bytes as Buffer<ArrayBuffer>, { headers: { "content-type": contentType } })
    .formData()
    .catch((error: unknown) => invalid(`the form cannot be read: ${messageOf(error)}`));
  const [photo, request] = [form.get("photo"), form.get("request")];
  if (!(photo instanceof Blob)) return invalid("the form has no file named photo");
  if (typeof request !== "string") return invalid("the form has no field named request");
  const body = parse(request, REQUEST_BYTES);
  return { ...(body as object), photo: new Uint8Array(await photo.arrayBuffer()) };
}

function parse(text: Buffer | string, bytes: number): unknown {
  try {
    return parseJson(text, { bytes, depth: DEPTH });
  } catch (error) {
    return invalid(messageOf(error));
  }
}

function decodePhoto(text: string): Uint8Array {
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(text)) invalid("photo: it is no base64");
  return Buffer.from(text, "base64");
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function invalid(detail: string): never {
  throw new HttpProblem("invalid_request", detail);
}
