import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { readHealth, readIdentity, readStatus } from "../../carrier/answers.ts";
import { DEFAULT_TOPICS, readTopic, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { type Attention, coloured } from "../console/colour.ts";
import { exiting } from "../console/exit.ts";
import { readJson } from "../console/files.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { addRollout } from "../rollout/rollout.ts";
import { type BrokerFlags, brokerOptions, readTls } from "./broker-options.ts";
import { addApproving } from "./enrolment/approve.ts";
import { addRenew } from "./enrolment/renew.ts";
import { attentionOf, isWell, REGISTER_FILE, type Register, type Row, rowOf, type Seen } from "./fleet-row.ts";
import { writeKeyPair } from "./key-pair.ts";
import { addDiagnose } from "./remote/diagnose.ts";
import { addSettings } from "./remote/settings.ts";

interface Flags extends BrokerFlags {
  readonly register?: string;
  readonly json?: boolean;
}

/** The time for retained messages. A thousand devices need some time. */
const LISTEN_MS = 2_000;

/** `matchlight fleet`: all devices of a broker, from their retained messages. */
export function addFleet(program: Command): void {
  const fleet = program.command("fleet").description("List the cameras of a broker, and enrol new ones.");
  fleet
    .command("keygen")
    .description("Make the operator's signing key: operator.private.jwk (keep it secret) and operator.public.jwk.")
    .requiredOption("--out <folder>", "the folder to write the two files to")
    .action(({ out }: { readonly out: string }) =>
      writeKeyPair(out, "operator", "cameras get it when they enrol, or as MATCHLIGHT_OPERATOR_KEY"),
    );
  addApproving(fleet);
  addRenew(fleet);
  addSettings(fleet);
  addDiagnose(fleet);
  addRollout(fleet);
  brokerOptions(fleet.command("list", { isDefault: true }))
    .description(
      "List all cameras of a broker (the default): state, release, model pack, health, and whether they are registered.",
    )
    .option("--register <file>", "the register from `carrier enrol`: cameras must have its names and pins")
    .option("--json", "print a JSON line for each camera")
    .addHelpText(
      "after",
      `
Key: registered; ANOTHER, not the registered key; NOT REGISTERED, a camera that is not in the register; NOT SHOWN, a
registered camera without a valid identity; - without a register.
Exit code: 0 all cameras work, 1 one is offline, faulty, unhealthy, or not registered, 3 no camera was seen.`,
    )
    .action(exiting(list));
}

async function list(flags: Flags): Promise<number> {
  const register = flags.register ? await readJson<Register>(flags.register, REGISTER_FILE) : undefined;
  const seen = await listen(flags);
  const names = [...new Set([...seen.keys(), ...Object.keys(register ?? {})])].sort();
  if (names.length === 0) {
    const template = flags.topics ?? DEFAULT_TOPICS;
    throw new Error(`no camera was seen at ${flags.broker.host} under ${template}; check --broker and --topics`);
  }
  const rows = names.map((name) => rowOf(name, seen.get(name) ?? {}, register));
  if (flags.json) for (const row of rows) print(JSON.stringify(row));
  else
    printTable(
      ["camera", "state", "release", "pack", "health", "key"],
      rows.map((row) => Object.values(inColour(row))),
    );
  return rows.every(isWell) ? 0 : 1;
}

/** Colours the cells that need attention. */
function inColour(row: Row): Row {
  const marked = (words: string, attention: Attention | undefined) => (attention ? coloured(words, attention) : words);
  const { state, health, key } = attentionOf(row);
  return {
    ...row,
    state: marked(row.state, state),
    health: marked(row.health, health),
    key: marked(row.key, key),
  };
}

async function listen(flags: Flags): Promise<ReadonlyMap<string, Seen>> {
  const template = flags.topics ?? DEFAULT_TOPICS;
  const { identity, status, health } = topicsOf(template, "+");
  const seen = new Map<string, Seen>();
  const readers: Readonly<Record<string, (device: string, payload: Uint8Array) => Promise<Partial<Seen>>>> = {
    identity: async (device, payload) => defined("identity", await readIdentity(payload, device)),
    status: async (_, payload) => defined("status", readStatus(payload)),
    health: async (_, payload) => defined("health", readHealth(payload)),
  };
  await using broker = openMqttClient({
    url: flags.broker,
    clientId: `fleet-${process.pid}`,
    subscribe: [identity, status, health],
    tls: await readTls(flags),
  });
  let trouble: Error | undefined;
  let isGranted = false;
  broker.start({
    connected: () => undefined,
    granted() {
      isGranted = true;
    },
    denied(error) {
      trouble = error;
    },
    lost(error) {
      trouble = error;
    },
    async message(topic, bytes) {
      const from = readTopic(template, topic);
      const reader = from && Object.hasOwn(readers, from.channel) ? readers[from.channel] : undefined;
      if (!from || !reader) return;
      const known = seen.get(from.device) ?? {};
      seen.set(from.device, known);
      Object.assign(known, await reader(from.device, bytes).catch(() => ({})));
    },
  });
  await sleep(LISTEN_MS);
  if (!isGranted)
    throw new Error(`the broker at ${flags.broker.host} cannot be heard: ${trouble?.message ?? "no answer"}`);
  return seen;
}

function defined<K extends keyof Seen>(name: K, value: Seen[K] | undefined): Partial<Seen> {
  return value === undefined ? {} : { [name]: value };
}
