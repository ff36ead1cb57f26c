#!/usr/bin/env node
// Runs the golden vectors with a JOSE library, a JSON Schema validator and the published files: none of Matchlight's code.
// It is also the shortest complete reader of the contract there is; a carrier in another language can follow it line by line.
import { createHash, scryptSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { calculateJwkThumbprint, compactDecrypt, compactVerify, importJWK } from "jose";

const docs = new URL("../../docs/", import.meta.url);
const json = (path) => JSON.parse(readFileSync(new URL(path, docs), "utf8"));
const ajv = new Ajv({ strict: false, validateFormats: false });
const valid = (name) => ajv.compile(json(`schemas/${name}.json`));
const [isRequest, isReport, isRefusal, isCancelled] = ["request", "report", "refusal", "cancelled"].map(valid);
const [isReceipt, isCommand] = ["receipt", "command"].map(valid);
const [isEnrolment, isApproval] = ["enrolment", "approval"].map(valid);
const { now, device, keys, requests, receipts, commands, operated, enrolments, approvals, answers, chains } =
  json("vectors/vectors.json");

const publicOf = ({ d: _, ...jwk }) => jwk;
const carrier = await importJWK(publicOf(keys.carrier), "EdDSA");
const signing = await importJWK(publicOf(keys.signing), "EdDSA");
const operator = await importJWK(publicOf(keys.operator), "EdDSA");
const sealing = await importJWK(keys.sealing, "ECDH-ES");

async function claimsOf(token, key, typ) {
  const { payload, protectedHeader } = await compactVerify(token, key, { algorithms: ["EdDSA"] });
  if (protectedHeader.typ !== typ) throw new Error(`typ ${protectedHeader.typ}`);
  return JSON.parse(new TextDecoder().decode(payload));
}

/** What a camera makes of a message: "accepted", or the code of its refusal. */
async function readRequest(message) {
  if (!/^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]+\.[\w-]+$/.test(message)) return "malformed";
  const options = { keyManagementAlgorithms: ["ECDH-ES"], contentEncryptionAlgorithms: ["A256GCM"] };
  const opened = await compactDecrypt(message, sealing, options).catch(() => undefined);
  if (!opened) return "cannot_open";
  const token = new TextDecoder().decode(opened.plaintext);
  const claims = await claimsOf(token, carrier, "matchlight-request+jwt").catch(() => undefined);
  if (!claims) return "bad_signature";
  if (claims.type === "verify" && !claims.consent) return "no_consent";
  if (!isRequest(claims)) return "invalid_claims";
  return readTimes(claims);
}

/** Whether signed claims are for this camera, and now. */
function readTimes(claims, mostSeconds = 600) {
  if (claims.aud !== device) return "wrong_audience";
  if (claims.iat > now + 60) return "from_future";
  if (claims.exp <= now - 60 || claims.exp - claims.iat > mostSeconds || claims.exp <= claims.iat) return "expired";
  return "accepted";
}

/** What an operator makes of an enrolment, which is signed by the key that it names. */
async function readEnrolment({ token, code }) {
  const [, body = ""] = token.split(".");
  if (!body) return "refused";
  const named = JSON.parse(Buffer.from(body, "base64url").toString());
  if (!isEnrolment(named)) return "refused";
  const key = await importJWK(named.signing, "EdDSA").catch(() => undefined);
  const claims = key && (await claimsOf(token, key, "matchlight-enrolment+jwt").catch(() => undefined));
  if (!claims) return "refused";
  for (const jwk of [claims.signing, claims.sealing])
    if (jwk.kid !== (await calculateJwkThumbprint(jwk))) return "refused";
  const { letters, digits } = codeOf(claims.signing.kid);
  return code && (code.letters !== letters || code.digits !== digits) ? `the code is ${letters}` : "accepted";
}

/** What people compare: 50 bits of a slow hash of the signing key's thumbprint. */
function codeOf(kid) {
  const options = { N: 16_384, r: 8, p: 1, maxmem: 32 * 1_024 * 1_024 };
  const value = scryptSync(kid, "matchlight enrolment code 2", 8, options).readBigUInt64BE() >> 14n;
  const letter = (i) => "0123456789ABCDEFGHJKMNPQRSTVWXYZ"[Number((value >> BigInt(45 - 5 * i)) & 31n)];
  const letters = Array.from({ length: 10 }, (_, i) => letter(i)).join("");
  const digits = String(value % 10n ** 15n).padStart(15, "0");
  return { letters: `${letters.slice(0, 5)}-${letters.slice(5)}`, digits: digits.match(/.{3}/g).join("-") };
}

/** What a camera makes of an approval of its enrolment. */
async function readApproval(message) {
  const opened = await compactDecrypt(message, sealing).catch(() => undefined);
  if (!opened) return "cannot_open";
  const token = new TextDecoder().decode(opened.plaintext);
  const claims = await claimsOf(token, operator, "matchlight-approval+jwt").catch(() => undefined);
  if (!claims) return "bad_signature";
  if (!isApproval(claims)) return "invalid_claims";
  if (claims.aud !== device) return "wrong_audience";
  const mine = createHash("sha256").update(enrolments[0].token).digest("base64url");
  return claims.enrolment === mine ? readTimes(claims, 3_600) : "other_enrolment";
}

/** What a camera makes of a receipt on the request topic. */
async function readReceipt(message) {
  const claims = await claimsOf(message, carrier, "matchlight-receipt+jwt").catch(() => undefined);
  if (!claims) return "bad_signature";
  return isReceipt(claims) ? readTimes(claims) : "invalid_claims";
}

/** What a camera without an operator makes of a command: the carrier may ask for reports again, and nothing else. */
async function readCommand(message) {
  const { type } = JSON.parse(Buffer.from(message.split(".")[1], "base64url").toString());
  if (type !== "report_resend") return "management_off";
  const claims = await claimsOf(message, carrier, "matchlight-command+jwt").catch(() => undefined);
  if (!claims) return "bad_signature";
  // That it asks for 1 to 500 reports, no schema can say.
  const count = claims.to - claims.from + 1;
  return isCommand(claims) && count >= 1 && count <= 500 ? readTimes(claims) : "invalid_claims";
}

/** What a camera makes of a command of the operator whom it trusts. */
async function readOperated(message) {
  const claims = await claimsOf(message, operator, "matchlight-command+jwt").catch(() => undefined);
  if (!claims) return "bad_signature";
  // How many settings one command may set, and that a point is on its curve, no schema can say.
  if (!isCommand(claims) || Object.keys(claims.set ?? {}).length > 16) return "invalid_claims";
  if (claims.to && !(await importJWK(claims.to, "ECDH-ES").catch(() => undefined))) return "invalid_claims";
  return readTimes(claims);
}

/** What a carrier makes of a token on the report topic. */
async function readAnswer(token) {
  const report = await claimsOf(token, signing, "matchlight-report+jwt").catch(() => undefined);
  if (report) return isReport(report) && report.iss === device ? "report" : "forged";
  const refusal = await claimsOf(token, signing, "matchlight-refusal+jwt").catch(() => undefined);
  if (refusal) return isRefusal(refusal) && refusal.iss === device ? "refusal" : "forged";
  const cancelled = await claimsOf(token, signing, "matchlight-cancelled+jwt").catch(() => undefined);
  return cancelled && isCancelled(cancelled) && cancelled.iss === device ? "cancelled" : "forged";
}

/** Whether reports are one chain: in order, none missing, each naming the digest of the one before. */
async function readChain(tokens) {
  let before;
  for (const token of tokens) {
    const { seq, prev } = await claimsOf(token, signing, "matchlight-report+jwt");
    if (before && seq <= before.seq) return "reordered";
    if (before && seq > before.seq + 1) {
      const rest = await Promise.all(tokens.map((one) => claimsOf(one, signing, "matchlight-report+jwt")));
      return rest.some((one) => one.seq === before.seq + 1) ? "reordered" : `missing ${before.seq + 1}`;
    }
    if (before && prev !== before.digest) return "changed";
    before = { seq, digest: createHash("sha256").update(token).digest("base64url") };
  }
  return "whole";
}

let failed = 0;
for (const [kind, vectors, read] of [
  ["request", requests, ({ message }) => readRequest(message)],
  ["receipt", receipts, ({ message }) => readReceipt(message)],
  ["command", commands, ({ message }) => readCommand(message)],
  ["command of the operator", operated, ({ message }) => readOperated(message)],
  ["enrolment", enrolments, readEnrolment],
  ["approval", approvals, ({ message }) => readApproval(message)],
  ["answer", answers, ({ token }) => readAnswer(token)],
  ["chain", chains, ({ tokens }) => readChain(tokens)],
]) {
  for (const vector of vectors) {
    const found = await read(vector);
    if (found !== vector.expect) failed++;
    process.stdout.write(`${found === vector.expect ? "ok    " : "FAILED"} ${kind}: ${vector.name}: ${found}\n`);
  }
}
process.stdout.write(`${failed === 0 ? "all vectors agree" : `${failed} vectors disagree`}\n`);
process.exitCode = failed === 0 ? 0 : 1;
