import t from "tap";
import { diagnosticsOf, sealDiagnostics } from "../../../device/management/diagnostics.ts";
import { generatePrivateJwk, readPrivateKey } from "../../../protocol/encoding/tokens.ts";
import { COMMAND_LIMITS } from "../../../protocol/messages/command-contract.ts";
import { DIAGNOSTICS_LIMITS, diagnosticsSchema } from "../../../protocol/messages/diagnostics.ts";
import type { Health } from "../../../protocol/messages/metrics.ts";

const health: Health = { v: 1, device: "c", state: "healthy", codes: [], atMs: 0, software: "1", metrics: {} };
const sources = {
  device: "camera",
  wallMs: 1_700_000_000_000,
  health,
  environment: { MATCHLIGHT_CARRIER_KEY: "a secret value", MATCHLIGHT_FMR: "0.001" },
  enrolment: [],
  command: [],
};

t.test("however much there is to say, it fits into an answer, and names no path and no value", async (t) => {
  const finding = { check: "disk", level: "ok", found: `5 MB at /data/ledger ${"€".repeat(300)}`, next: "" } as const;
  const event = (at: number) => ({ event: "e".repeat(60), level: "info", at, times: 1 });
  const claims = diagnosticsOf("command-1", {
    ...sources,
    findings: Array.from({ length: 60 }, () => finding),
    events: Array.from({ length: 300 }, (_, at) => event(at)),
  });
  t.ok(diagnosticsSchema.safeParse(claims).success);
  t.ok(claims.findings.length > 0 && claims.findings.length <= DIAGNOSTICS_LIMITS.findings);
  const [signing, to] = await Promise.all(
    (["signing", "sealing"] as const).map(async (use) => readPrivateKey(await generatePrivateJwk(use), use)),
  );
  if (!signing || !to) throw new Error("no keys");
  const sealed = await sealDiagnostics(claims, signing, to.public);
  t.ok(sealed.length <= COMMAND_LIMITS.diagnosticsLetters, String(sealed.length));
  t.notMatch(JSON.stringify(claims), /ledger|a secret value/);
  t.same(claims.settings.environment, ["MATCHLIGHT_CARRIER_KEY"], "a default is not set");
});

t.test("of many events the newest stay", async (t) => {
  const events = Array.from({ length: 300 }, (_, at) => ({ event: "unsent", level: "info", at, times: 1 }));
  const { events: kept } = diagnosticsOf("command-1", { ...sources, findings: [], events });
  t.equal(kept.length, DIAGNOSTICS_LIMITS.events);
  t.equal(kept.at(-1)?.at, 299);
});
