import { randomUUID } from "node:crypto";
import t from "tap";
import type { VerifiedReport } from "../../../carrier/client.ts";
import { archiveReports } from "../../../gateway/archive/archive.ts";
import { registerCameras } from "../../../gateway/register/register.ts";
import { answerOf } from "../../../gateway/verifications/answer.ts";
import { findVerification, keepRefusal, noteAsked, stateOf } from "../../../gateway/verifications/verifications.ts";
import type { ReportClaims } from "../../../protocol/messages/contract.ts";
import { signingDevice } from "../../support/signing-device.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const CAMERA = "counter-1";
const { database } = await openTestDatabase(t);
const device = await signingDevice(CAMERA);
await registerCameras(database, [{ device: CAMERA }]);

const EVERY_CAMERA = { fleet: true, cameras: [], shops: [] };
const note = (id: string, digest: string, fingerprint = "f") =>
  noteAsked(database, { device: CAMERA, id, fingerprint, digest, askedBy: "test", answerBy: new Date() });

async function shown(id: string, now = new Date()) {
  const found = await findVerification(database, EVERY_CAMERA, id);
  return found && answerOf(found, stateOf(found, now));
}

t.test("a verification stays reported when its report is removed from the archive", async (t) => {
  const id = randomUUID();
  await note(id, "d");
  const token = await device.report({ jti: id });
  const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()) as ReportClaims;
  await archiveReports(database, [{ claims, token } as VerifiedReport]);
  const later = new Date(Date.now() + 86_400_000);
  t.match(await shown(id, later), { state: "reported", report: token, decision: "match" });
  await database.run("delete from reports");
  t.same(await shown(id, later), { id, camera: CAMERA, state: "reported" });
});

t.test("a refusal of a request that seemed to fail at the broker is the result of its repetition", async (t) => {
  const id = randomUUID();
  t.ok(await note(id, "first"));
  t.ok(await note(id, "second"), "as long as nothing is known, it is sent again");
  await keepRefusal(database, { v: 1, iss: CAMERA, iat: 1, code: "busy", because: "", digest: "second" });
  t.notOk(await note(id, "third"));
  t.match(await shown(id), { state: "refused", refusal: { code: "busy" } });
});
