import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import t, { type Test } from "tap";
import { type Diagnosed, openCarrier, openOperator } from "../../carrier/client.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { decrypt, generatePrivateJwk, type JWK, readPrivateKey } from "../../protocol/encoding/tokens.ts";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { startTestBroker } from "../support/broker.ts";
import { provisionDevice } from "../support/provisioned-device.ts";
import { askWith, decided } from "../support/stage.ts";

const DEVICE = "asked-camera";
const CLI = join(PACKAGE_FOLDER, "dist", "cli", "matchlight.js");

/** Somebody who reads the answers of a camera at the broker. */
function startSpy(url: URL) {
  const heard: Buffer[] = [];
  const spy = openMqttClient({ url, clientId: "spy", subscribe: [topicsOf(DEFAULT_TOPICS, DEVICE).answer] });
  spy.start({
    connected: () => undefined,
    lost: () => undefined,
    message: (_topic, payload) => void heard.push(Buffer.from(payload)),
  });
  const decoded = () => {
    const parts = Buffer.concat(heard).toString("latin1").split(".");
    return parts.map((part) => Buffer.from(part, "base64url").toString("latin1")).join();
  };
  return { decoded, [Symbol.asyncDispose]: () => spy[Symbol.asyncDispose]() };
}

/** `matchlight fleet …` with a fleet file for one camera: its exit code, and what it printed. */
async function fleetCommands(folder: string, brokerUrl: URL, key: JWK, pin: string | undefined) {
  const fleetFile = join(folder, "fleet.json");
  const reach = { broker: brokerUrl.href };
  await writeFile(join(folder, "operator.jwk"), JSON.stringify(key));
  await writeFile(join(folder, "register.json"), JSON.stringify({ [DEVICE]: { device: DEVICE, shop: "Test", pin } }));
  await writeFile(
    fleetFile,
    JSON.stringify({
      enrolment: reach,
      operators: reach,
      bootstrap: reach,
      cameras: { ...reach, carrierKey: "none" },
      operatorKey: "operator.jwk",
      authority: { certificate: "none", key: "none" },
      register: "register.json",
    }),
  );
  return async (...args: readonly string[]) => {
    const child = promisify(execFile)(process.execPath, [CLI, "fleet", ...args, "--fleet", fleetFile]);
    const { stdout } = await child.catch((error: { stdout: string }) => error);
    return { code: child.child.exitCode, stdout };
  };
}

function holdDiagnostics(t: Test, diagnostics: Diagnosed["diagnostics"], jti: string | undefined): void {
  t.match(diagnostics, {
    iss: DEVICE,
    jti: jti,
    versions: { node: process.version, pack: { id: "synthetic-no-networks" } },
    health: { metrics: { connected: 1 } },
    settings: { command: ["MATCHLIGHT_TIMEOUT_MS"] },
  });
  t.ok(diagnostics?.settings.environment.includes("MATCHLIGHT_CHALLENGE"));
  t.ok(diagnostics?.settings.enrolment.includes("MATCHLIGHT_BROKER_URL"));
  t.ok(
    diagnostics?.findings.some(({ check }) => check === "disk"),
    "the doctor was asked",
  );
  const codes = diagnostics?.events.map(({ event }) => event) ?? [];
  for (const code of ["starting", "broker_connected", "request_accepted", "report_stored"])
    t.ok(codes.includes(code), code);
}

t.test("an operator sees how a camera is; who has the broker reads nothing, and nothing is personal", async (t) => {
  await using broker = await startTestBroker();
  const folder = t.testdir({});
  const { operator: key, carrier: carrierKey, start } = await provisionDevice(folder, DEVICE, broker.url);
  await using camera = await start({ MATCHLIGHT_CHALLENGE: "never", MATCHLIGHT_UNDO_AFTER_MS: "3000" });
  t.ok(await camera.logged("broker_connected"));
  await using spy = startSpy(broker.url);
  const photo = Buffer.from([0xff, 0xd8, 0xff, ...Buffer.from("the face of a person")]);
  const question = askWith(photo);
  await using carrier = await openCarrier({ brokerUrl: broker.url, device: DEVICE, key: carrierKey });
  const { claims: report } = await carrier.verify(question);
  t.equal(decided(report), "match");

  await using operator = await openOperator({ brokerUrl: broker.url, device: DEVICE, key });
  await operator.command({ type: "config_set", set: { MATCHLIGHT_TIMEOUT_MS: "8000" } });
  const { diagnostics, answer } = await operator.diagnose();
  holdDiagnostics(t, diagnostics, answer.jti);

  const text = JSON.stringify(diagnostics) ?? "";
  const { jti } = report as { readonly jti: string };
  for (const secret of [
    photo.toString("base64"),
    "the face",
    jti,
    question.purpose,
    question.consent.id,
    folder,
    broker.url.port,
  ]) {
    t.notOk(text.includes(secret), `nothing of ${secret.slice(0, 20)}`);
  }
  const stranger = await readPrivateKey(await generatePrivateJwk("sealing"), "sealing");
  await t.rejects(decrypt(answer.diagnostics ?? "", stranger), "another key decrypts nothing");
  const decoded = spy.decoded();
  t.ok(decoded.length > 1_000);
  t.ok(decoded.includes('"diagnostics":"'), "the spy has the answer");
  for (const code of ["request_accepted", "report_stored", "metrics", process.version]) {
    t.notOk(decoded.includes(code), `the spy does not read ${code}`);
  }

  const { kid: pin } = (await operator.identity()).signing;
  const fleet = await fleetCommands(folder, broker.url, key, pin);
  const asked = await fleet("diagnose", DEVICE);
  for (const words of ["Versions", "Findings of its doctor", "report_stored", process.version])
    t.match(asked.stdout, words);
  t.equal((await fleet("settings", DEVICE, "set", "MATCHLIGHT_FMR=0.005")).code, 1);
  const set = await fleet("settings", "--all", "set", "MATCHLIGHT_SPOOF_LIMIT=3");
  t.equal(set.code, 0, set.stdout);
  t.match(set.stdout, /MATCHLIGHT_SPOOF_LIMIT +│ 3 +│ 3 +│ command/, "desired against reported");
});
