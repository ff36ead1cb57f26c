import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { promisify } from "node:util";
import { Ajv } from "ajv";
import t from "tap";
import { parse } from "yaml";
import { readAnswer } from "../../carrier/answers.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { readKeySet, readPrivateKey } from "../../protocol/encoding/tokens.ts";
import { type ApprovalReader, type ApprovalRefusal, readApproval } from "../../protocol/identity/approval.ts";
import { enrolmentCode, readEnrolment } from "../../protocol/identity/enrolment.ts";
import type { Identity } from "../../protocol/messages/contract.ts";
import { checkChain } from "../../protocol/messages/report-chain.ts";
import { type CommandRefusal, readCommand } from "../../protocol/readers/command-reader.ts";
import { isReceipt, readReceipt } from "../../protocol/readers/receipt-reader.ts";
import { type Reader, type Refusal, readRequest } from "../../protocol/readers/request-reader.ts";
import { asyncApi } from "../support/asyncapi.ts";
import { jsonSchemas } from "../support/json-schemas.ts";
import { readText } from "../support/sources.ts";
import type { Vectors } from "../support/vectors.ts";

const require = createRequire(import.meta.url);
const run = promisify(execFile);

t.test("docs/schemas and docs/asyncapi.yaml are what the code says; `npm run contract` writes them", async (t) => {
  const made = Object.keys(jsonSchemas()).map((name) => `${name}.json`);
  t.same(readdirSync(join(PACKAGE_FOLDER, "docs", "schemas")).sort(), made.sort(), "and no others are left");
  for (const [name, schema] of Object.entries(jsonSchemas())) {
    t.same(JSON.parse(readText(`docs/schemas/${name}.json`)), JSON.parse(JSON.stringify(schema)), name);
  }
  t.equal(readText("docs/asyncapi.yaml"), asyncApi());
});

t.test("docs/asyncapi.yaml is valid AsyncAPI 3, by the published schema", async (t) => {
  const specification = require("@asyncapi/specs/schemas/3.0.0-without-$id.json");
  const validate = new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(specification);
  t.ok(validate(parse(readText("docs/asyncapi.yaml"))), JSON.stringify(validate.errors?.slice(0, 3)));
  t.notOk(validate({ asyncapi: "3.0.0", channels: 1 }), "the schema does refuse what is wrong");
});

t.test("every schema that a message names is there", async (t) => {
  const named = [...readText("docs/asyncapi.yaml").matchAll(/\.\/schemas\/(\w+)\.json/g)].map(([, name = ""]) => name);
  for (const name of ["request", "report", "refusal", "progress", "status", "identity"])
    t.ok(named.includes(name), name);
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of named) t.ok(ajv.compile(JSON.parse(readText(`docs/schemas/${name}.json`))), name);
});

const vectors: Vectors = JSON.parse(readText("docs/vectors/vectors.json"));

t.test("the golden vectors pass with a JOSE library and the schemas only", async (t) => {
  const script = join(PACKAGE_FOLDER, "test", "vectors", "check.mjs");
  const { stdout } = await run(process.execPath, [script]);
  t.match(stdout, /all vectors agree\n$/);
  const imports = [...readText("test/vectors/check.mjs").matchAll(/ from "([^"]+)"/g)].map(([, name = ""]) => name);
  t.same(
    imports.filter((name) => !name.startsWith("node:")),
    ["ajv", "jose"],
  );
});

const codeOf = (read: Promise<unknown>) =>
  read.then(
    () => "accepted",
    (refusal: Refusal | CommandRefusal | ApprovalRefusal) => refusal.code,
  );

t.test("the golden vectors pass with this code", async (t) => {
  const { keys, now, device } = vectors;
  const sealing = await readPrivateKey(keys.sealing, "sealing");
  const signing = (await readPrivateKey(keys.signing, "signing")).public;
  const carrier = await readKeySet((await readPrivateKey(keys.carrier, "signing")).public);
  const reader: Reader = { device, sealing, carrier, clock: { wallMs: () => now * 1000 }, clockIsSet: () => true };
  for (const { name, message, expect } of vectors.requests) {
    t.equal(await codeOf(readRequest(Buffer.from(message), reader)), expect, name);
  }
  for (const { name, message, expect } of vectors.receipts) {
    t.ok(isReceipt(Buffer.from(message)), name);
    t.equal(await codeOf(readReceipt(Buffer.from(message), reader)), expect, name);
  }
  const commands = { ...reader, operator: undefined, publisher: undefined };
  for (const { name, message, expect } of vectors.commands)
    t.equal(await codeOf(readCommand(Buffer.from(message), commands)), expect, name);
  const operator = await readKeySet((await readPrivateKey(keys.operator, "signing")).public);
  for (const { name, message, expect } of vectors.operated)
    t.equal(await codeOf(readCommand(Buffer.from(message), { ...commands, operator })), expect, name);
  const identity = { device, signing } as unknown as Identity;
  for (const { name, token, expect } of vectors.answers)
    t.equal((await readAnswer(token, identity)).kind, expect, name);
  for (const { name, tokens, expect } of vectors.chains) {
    const { findings } = await checkChain(tokens, await readKeySet(signing));
    const [first] = findings;
    const found = first?.kind === "missing" ? `missing ${first.fromSeq}` : (first?.kind ?? "whole");
    t.equal(found, expect, name);
  }
});

t.test("the golden vectors of enrolment pass with this code", async (t) => {
  const { keys, now, device } = vectors;
  for (const { name, token, expect, code } of vectors.enrolments) {
    const read = await readEnrolment(token).catch(() => undefined);
    t.equal(read ? "accepted" : "refused", expect, name);
    if (code) t.same(await enrolmentCode(read?.signing.kid ?? ""), code, name);
  }
  const sealing = await readPrivateKey(keys.sealing, "sealing");
  const operator = await readKeySet((await readPrivateKey(keys.operator, "signing")).public);
  const enrolment = vectors.enrolments[0]?.token ?? "";
  const waiting: ApprovalReader = { device, sealing, operator, enrolment, wallMs: () => now * 1000 };
  for (const { name, message, expect } of vectors.approvals)
    t.equal(await codeOf(readApproval(Buffer.from(message), waiting)), expect, name);
});
