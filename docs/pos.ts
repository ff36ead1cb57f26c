/**
 * Verifies one customer through the carrier's gateway, by a client that is generated from the gateway's description:
 *
 *     npx -p @hey-api/openapi-ts@0.95.0 -p typescript@6.0.3 openapi-ts -i http://127.0.0.1:8080/openapi.json -o client
 *
 * Usage: node pos.js <gateway> <token> <camera> <photo> [json|form|cancel]. `form` sends the photo as a file of a form,
 * `cancel` asks and cancels at once. Prints the end of the verification; exit code 1 for a problem, whose code it prints.
 */
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { client } from "./client/client.gen.js";
import {
  type AskForVerificationErrors,
  type AskForVerificationResponses,
  askForVerification,
  cancelVerification,
  getVerification,
  listCameras,
  type Problem,
} from "./client/index.js";

const [gateway = "", token = "", camera = "", photo = "", how = "json"] = process.argv.slice(2);
client.setConfig({ baseUrl: gateway.replace(/\/$/, ""), auth: token });

/** The answer. Throws the problem, which says why there is none. */
function answer<T>({ data, error }: { readonly data?: T; readonly error?: Problem }): T {
  if (data === undefined) throw error;
  return data;
}

const consent = { id: "c-17", at: Math.floor(Date.now() / 1000), notice: "notice-1" };
const request = { purpose: "sim-registration", consent };

/** The same Idempotency-Key asks once, however often it is sent: send it again when the connection breaks. */
async function ask(bytes: Buffer<ArrayBuffer>) {
  const headers = { "Idempotency-Key": randomUUID() };
  if (how !== "form")
    return askForVerification({ path: { camera }, headers, body: { ...request, photo: bytes.toString("base64") } });
  const form = new FormData();
  form.set("photo", new Blob([bytes]), "id-card.jpg");
  form.set("request", JSON.stringify(request));
  return client.post<AskForVerificationResponses, AskForVerificationErrors>({
    url: "/v1/cameras/{camera}/verifications",
    path: { camera },
    security: [{ scheme: "bearer", type: "http" }],
    headers: { ...headers, "Content-Type": null },
    body: form,
    bodySerializer: null,
  });
}

async function verify() {
  const { cameras } = answer(await listCameras());
  const { state } = cameras.find((one) => one.camera === camera) ?? { state: "unknown" };
  const { id } = answer(await ask(await readFile(photo)));
  if (how === "cancel") answer(await cancelVerification({ path: { id }, body: { because: "declined" } }));
  return { cameraWas: state, ...answer(await getVerification({ path: { id }, query: { wait: 30 } })) };
}

const result = await verify().catch((problem: Problem) => {
  process.exitCode = 1;
  return problem;
});
process.stdout.write(`${JSON.stringify(result)}\n`);
