import { BASE64, decodeInPlace } from "../../protocol/encoding/base64.ts";
import { cutString, parseJson } from "../../protocol/encoding/bounded-json.ts";
import { LIMITS } from "../../protocol/messages/contract.ts";
import { HttpProblem } from "./problem.ts";

/** A photo in base64, and the other fields. */
export const BODY_BYTES = Math.ceil((LIMITS.referenceBytes * 4) / 3) + 16_384;
export const DEPTH = 6;
/** The limit for all fields without the photo. */
export const REQUEST_BYTES = 16_384;

/** Reads a JSON body. Its photo becomes bytes without becoming a string. Throws HttpProblem. */
export function readJsonBody(bytes: Buffer): unknown {
  const { json, content } = attempt(() => cutString(bytes, ["photo"], ""));
  const body = parse(json, content ? REQUEST_BYTES : BODY_BYTES);
  if (!content || typeof body !== "object" || body === null) return body;
  const photo = attempt(() => decodeInPlace(content, BASE64), "photo: ");
  return { ...body, photo };
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

function parse(text: Uint8Array | string, bytes: number): unknown {
  return attempt(() => parseJson(text, { bytes, depth: DEPTH }));
}

function attempt<T>(work: () => T, where = ""): T {
  try {
    return work();
  } catch (error) {
    return invalid(`${where}${messageOf(error)}`);
  }
}

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

function invalid(detail: string): never {
  throw new HttpProblem("invalid_request", detail);
}
