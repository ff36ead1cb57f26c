import { openSerialiser } from "../../protocol/common/serialiser.ts";
import { digest, type JWK } from "../../protocol/encoding/tokens.ts";
import type {
  AnswerClaims,
  CommandClaims,
  CommandRefusalCode,
  ReportedClaims,
} from "../../protocol/messages/command-contract.ts";
import { CONTRACT_VERSION } from "../../protocol/messages/contract.ts";
import {
  type CommandReader,
  CommandRefusal,
  readCommand,
  readPackToken,
} from "../../protocol/readers/command-reader.ts";
import { readChunk } from "../../protocol/readers/pack-chunk.ts";
import type { Packs } from "../packs/installed-packs.ts";
import type { Log } from "../process/log.ts";
import { VERSION } from "../process/version.ts";
import { withoutPaths } from "../process/without-paths.ts";
import { type Change, type Store, StoreError } from "../storage/store.ts";
import type { Configuration } from "./settings/configuration.ts";
import { SettingsRefusal } from "./settings/overrides.ts";

/** Carries out commands and takes chunks of packs, and reports what is in force. */
export interface Management {
  /** Both resolve when the message has been handled. */
  command(message: Uint8Array): Promise<void>;
  chunk(message: Uint8Array): Promise<void>;
  /** The configuration and packs in force, published at each connection. */
  reported(): Promise<ReportedClaims>;
  /** Resolves when no command is being carried out. */
  idle(): Promise<void>;
}

interface ManagementParts {
  readonly reader: CommandReader;
  readonly store: Store;
  readonly configuration: Configuration;
  readonly packs: Packs;
  readonly log: Log;
  readonly answer: (claims: AnswerClaims) => Promise<void>;
  /** Sends reports again, in one step with other changes. Throws StoreError. */
  readonly resend: (from: number, to: number, also: readonly Change[]) => Promise<void>;
  /** The diagnostics of the device, signed and encrypted to this key. */
  readonly diagnose: (jti: string, to: JWK) => Promise<string>;
  /** Called when what is in force may have changed. */
  readonly changed: () => void;
  /** Asks to open the device's parts again, after the answers so far have been sent. */
  readonly reopen: () => void;
}

/** Identifies a command in answers: its id and the digest of its message. */
interface Mark {
  readonly jti?: string | undefined;
  readonly digest: string;
}

type Ending = Pick<AnswerClaims, "outcome" | "code" | "because" | "problems" | "diagnostics">;

export function openManagement(parts: ManagementParts): Management {
  /** The offer that the chunks belong to: the last one that wanted any. */
  let offered: Mark | undefined;
  const diagnosed = rememberInMemory(DIAGNOSES);

  const command = async (message: Uint8Array) => {
    const unread = { digest: digest(message) };
    const claims = await readCommand(message, parts.reader).catch((error) => refused(parts, unread, error));
    if (!claims) return;
    const mark = { ...unread, jti: claims.jti };
    const done = (parts.store.get(keyOf(claims.jti)) as Done | undefined) ?? diagnosed.get(claims);
    await attempt(parts, mark, async () => {
      if (done) return repeated(parts, claims, done);
      const ending = await carryOut(parts, claims);
      if (ending.outcome === "working") offered = mark;
      if (claims.type === "diagnose") diagnosed.add(claims);
      return ending;
    });
  };
  const chunk = async (message: Uint8Array) => {
    const [read, mark] = [readChunk(message), offered];
    if (!read || !mark) return;
    await attempt(parts, mark, async () => {
      const outcome = await parts.packs.take(read);
      return outcome === "unwanted" ? undefined : { outcome };
    });
  };
  const inTurn = openSerialiser();
  return {
    command: (message) => inTurn(() => command(message)),
    chunk: (message) => inTurn(() => chunk(message)),
    reported: async () => ({ v: CONTRACT_VERSION, ...named(parts), software: VERSION, ...(await inForce(parts)) }),
    idle: () => inTurn(async () => undefined),
  };
}

/** Does the work and answers. An error becomes an answer, never a crash. */
async function attempt(parts: ManagementParts, mark: Mark, work: () => Promise<Ending | undefined>): Promise<void> {
  try {
    const ending = await work();
    if (ending) await sendAnswer(parts, mark, ending);
  } catch (error) {
    await refused(parts, mark, error);
  }
}

async function refused(parts: ManagementParts, mark: Mark, error: unknown): Promise<undefined> {
  const { code, because, problems, jti = mark.jti } = refusalOf(error);
  parts.log.warn({ event: "command_refused", code, jti, reason: because });
  if (code === "failed") parts.log.error({ event: "command_failed", err: error });
  await sendAnswer(
    parts,
    { ...mark, jti },
    {
      outcome: "refused",
      code,
      because: withoutPaths(because),
      ...(problems
        ? { problems: problems.map((one) => ({ ...one, because: withoutPaths(one.because).slice(0, 200) })) }
        : {}),
    },
  );
}

interface Described {
  readonly code: CommandRefusalCode;
  readonly because: string;
  readonly jti?: string | undefined;
  readonly problems?: SettingsRefusal["problems"];
}

function refusalOf(error: unknown): Described {
  const because = (error instanceof Error ? error.message : String(error)).slice(0, 500);
  if (error instanceof SettingsRefusal) return { code: error.code, because, problems: error.problems };
  if (error instanceof CommandRefusal) return { code: error.code, because, jti: error.jti };
  return { code: error instanceof StoreError ? "storage_failed" : "failed", because };
}

async function sendAnswer(parts: ManagementParts, { jti, digest }: Mark, ending: Ending): Promise<void> {
  const marked = { digest, ...(jti === undefined ? {} : { jti }) };
  const claims = { v: CONTRACT_VERSION, ...named(parts), ...marked, ...ending, ...(await inForce(parts)) } as const;
  await parts.answer(claims).catch((error: unknown) => {
    parts.log.debug({ event: "unsent", reason: String(error) });
  });
  if (ending.outcome === "done") parts.changed();
}

async function carryOut(parts: ManagementParts, claims: CommandClaims): Promise<Ending> {
  const ending = await doIt(parts, claims, remembering(parts, claims, { outcome: "done" }));
  parts.log.info({ event: "command_done", type: claims.type, jti: claims.jti, outcome: ending.outcome });
  return ending;
}

async function doIt(parts: ManagementParts, claims: CommandClaims, also: readonly Change[]): Promise<Ending> {
  const { configuration, packs, reader } = parts;
  const { jti } = claims;
  switch (claims.type) {
    case "config_set":
      if (await configuration.set(claims.set, { jti, also })) parts.reopen();
      return { outcome: "done" };
    case "config_reset":
      if (await configuration.reset(claims.names, { jti, also })) parts.reopen();
      return { outcome: "done" };
    case "diagnose":
      return { outcome: "done", diagnostics: await parts.diagnose(claims.jti, claims.to) };
    case "report_resend":
      await parts.resend(claims.from, claims.to, also);
      return { outcome: "done" };
    case "pack_activate":
      await packs.activate(claims.hash, also);
      return { outcome: "done" };
    case "pack_rollback":
      await packs.rollBack(also);
      return { outcome: "done" };
    case "pack_offer": {
      const pack = await readPackToken(claims.pack, reader.publisher, claims.jti);
      return { outcome: await packs.offer(pack, claims.pack, also) };
    }
  }
}

/** The answer to a repeated command. The state of an offered pack is read anew, because its chunks change it. */
async function repeated({ packs, reader }: ManagementParts, claims: CommandClaims, done: Done): Promise<Ending> {
  if (claims.type !== "pack_offer") return done.ending;
  const { hash } = await readPackToken(claims.pack, reader.publisher, claims.jti);
  const { ready, incoming } = await packs.reported();
  if (ready.includes(hash)) return { outcome: "done" };
  if (incoming?.hash === hash) return { outcome: "working" };
  throw new CommandRefusal("unknown_pack", hash, claims.jti);
}

/** A command that was carried out. If it comes again, it is only answered. */
interface Done {
  readonly expSeconds: number;
  readonly ending: Ending;
}

/** A command that is repeated after this time is refused as expired, also with a slightly wrong clock. */
const REMEMBERED_SECONDS = 86_400;
const REMEMBERED_MOST = 1_000;

/** More than a camera can answer in the ten minutes in which a command is valid. */
const DIAGNOSES = 1_000;

/** The latest diagnoses, without their answers. They are in memory, because a failing disk must be diagnosed, too. */
function rememberInMemory(most: number) {
  const known = new Map<string, Done>();
  return {
    get: ({ jti }: CommandClaims) => known.get(jti),
    add({ jti, exp }: CommandClaims): void {
      known.set(jti, { expSeconds: exp, ending: { outcome: "done" } });
      for (const oldest of known.keys()) if (known.size > most) known.delete(oldest);
    },
  };
}

const keyOf = (jti: string) => `command/${jti}`;

/** The changes that store a command and forget old ones. They are written in one step with the effect of the command. */
function remembering(
  { store, reader }: ManagementParts,
  { jti, exp }: CommandClaims,
  ending: Ending,
): readonly Change[] {
  const kept = store
    .range("command/", "command0", 2 * REMEMBERED_MOST)
    .map(([key, done]) => ({ key, expSeconds: (done as Done).expSeconds }))
    .sort((a, b) => b.expSeconds - a.expSeconds);
  const before = reader.clock.wallMs() / 1000 - REMEMBERED_SECONDS;
  const gone = kept.filter(({ expSeconds }, i) => expSeconds < before || i >= REMEMBERED_MOST - 1);
  return [
    { type: "put", key: keyOf(jti), value: { expSeconds: exp, ending } satisfies Done },
    ...gone.map(({ key }) => ({ type: "del", key }) as const),
  ];
}

async function inForce({ configuration, packs }: ManagementParts) {
  return { config: configuration.reported(), packs: await packs.reported(), ...configuration.change() };
}

function named({ reader }: ManagementParts) {
  return { iss: reader.device, iat: Math.floor(reader.clock.wallMs() / 1000) };
}
