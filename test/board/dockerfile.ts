import { chown, cp, lstat, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { type Copy, DockerfileParser, type Env, type Instruction, type JSONInstruction } from "dockerfile-ast";
import { contextFiles } from "./context.ts";
import { run } from "./tools.ts";

/** What an image says of how it is run, beside its files. */
export interface ImageConfig {
  readonly workdir: string;
  readonly env: Readonly<Record<string, string>>;
  readonly user: string;
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly healthcheck: readonly string[];
  readonly volumes: readonly string[];
  readonly stopSignal: string;
}

/** One stage as far as it has been followed. */
interface Stage extends ImageConfig {
  readonly name: string | undefined;
  readonly root: string;
}

export interface FollowOptions {
  readonly dockerfile: string;
  /** The folder that a builder would be sent, as .dockerignore lets it. */
  readonly context: string;
  /** Where the stages' roots are made. */
  readonly work: string;
  /** Puts into an empty folder what stands for a base image. */
  readonly base: (image: string, root: string) => Promise<void>;
  /** The environment of every RUN, beside the stage's own. */
  readonly runEnv: NodeJS.ProcessEnv;
  readonly tell: (text: string) => void;
}

const SCRATCH = {
  workdir: "/",
  env: {},
  user: "root",
  entrypoint: [],
  cmd: [],
  healthcheck: [],
  volumes: [],
  stopSignal: "SIGTERM",
};

/**
 * Follows the instructions of a Dockerfile, as they are parsed, into folders: what Docker would do, without Docker. An
 * instruction that is not known here is an error, so that nothing is passed over. A RUN runs on this machine, in the
 * stage's folder and not locked into it: its paths must be relative. Gives the last stage.
 */
export async function followDockerfile(options: FollowOptions): Promise<ImageConfig & { readonly root: string }> {
  const stages: Stage[] = [];
  for (const instruction of DockerfileParser.parse(await readFile(options.dockerfile, "utf8")).getInstructions()) {
    const text = instruction.getTextContent().replace(/\s+/g, " ");
    options.tell(text.length > 100 ? `${text.slice(0, 100)}…` : text);
    if (instruction.getKeyword() === "FROM") {
      stages.push(await begin(instruction, stages.length, options));
    } else {
      const stage = stages.pop();
      if (!stage) throw new Error(`${text}: before any FROM`);
      stages.push(await follow(instruction, stage, stages, options));
    }
  }
  const last = stages.at(-1);
  if (!last) throw new Error(`${options.dockerfile} has no FROM`);
  return last;
}

async function begin(from: Instruction, index: number, { work, base }: FollowOptions): Promise<Stage> {
  const [image = "", as, name] = argumentsOf(from);
  const root = join(work, `stage-${index}`);
  await mkdir(root, { recursive: true });
  await base(image, root);
  return { ...SCRATCH, root, name: as?.toUpperCase() === "AS" ? name : undefined };
}

async function follow(
  instruction: Instruction,
  stage: Stage,
  earlier: readonly Stage[],
  options: FollowOptions,
): Promise<Stage> {
  const words = argumentsOf(instruction);
  switch (instruction.getKeyword()) {
    case "WORKDIR": {
      const workdir = resolve(stage.workdir, words[0] ?? "");
      await mkdir(join(stage.root, workdir), { recursive: true });
      return { ...stage, workdir };
    }
    case "COPY":
      await copy(instruction as Copy, stage, earlier, options);
      return stage;
    case "RUN":
      await runIn(instruction, stage, options);
      return stage;
    case "ENV": {
      const pairs = (instruction as Env).getProperties().map((one) => [one.getName(), one.getValue() ?? ""]);
      return { ...stage, env: { ...stage.env, ...Object.fromEntries(pairs) } };
    }
    case "USER":
      return { ...stage, user: words[0] ?? "" };
    case "ENTRYPOINT":
      return { ...stage, entrypoint: listOf(instruction), cmd: [] };
    case "CMD":
      return { ...stage, cmd: listOf(instruction) };
    case "HEALTHCHECK":
      return { ...stage, healthcheck: JSON.parse(words.slice(1).join(" ")) };
    case "VOLUME":
      return { ...stage, volumes: [...stage.volumes, ...words] };
    case "STOPSIGNAL":
      return { ...stage, stopSignal: words[0] ?? "" };
    case "LABEL":
      return stage;
    default:
      throw new Error(`${instruction.getTextContent()}: not known here; teach test/board/dockerfile.ts`);
  }
}

/** Docker's rules: a folder gives its content; several sources, or a target that ends in a slash, mean a folder. */
async function copy(instruction: Copy, stage: Stage, earlier: readonly Stage[], options: FollowOptions): Promise<void> {
  const words = argumentsOf(instruction);
  const [sources, target = ""] = [words.slice(0, -1), words.at(-1)];
  const flag = (name: string) =>
    instruction
      .getFlags()
      .find((one) => one.getName() === name)
      ?.getValue() ?? undefined;
  const to = join(stage.root, resolve(stage.workdir, target));
  const intoFolder = sources.length > 1 || target.endsWith("/");
  const from = flag("from");
  if (from === undefined) {
    await copyContext(sources, to, intoFolder, options.context);
    return;
  }
  const origin = earlier.find(({ name }) => name === from);
  if (!origin) throw new Error(`COPY --from=${from}: there is no such stage`);
  for (const source of sources) {
    const path = join(origin.root, resolve("/", source));
    const isFile = (await lstat(path)).isFile();
    const place = isFile && intoFolder ? join(to, basename(path)) : to;
    await mkdir(isFile ? dirname(place) : place, { recursive: true });
    await cp(path, place, { recursive: true, verbatimSymlinks: true });
    const owner = flag("chown");
    if (owner) await chownAll(place, await idsOf(stage.root, owner));
  }
}

async function copyContext(
  sources: readonly string[],
  to: string,
  intoFolder: boolean,
  context: string,
): Promise<void> {
  const files = await contextFiles(context);
  for (const source of sources) {
    const chosen = source === "." ? files : files.filter((path) => path === source || path.startsWith(`${source}/`));
    if (chosen.length === 0) throw new Error(`COPY ${source}: .dockerignore lets nothing of it through`);
    for (const path of chosen) {
      const place = placeOf(path, source, to, intoFolder);
      await mkdir(dirname(place), { recursive: true });
      await cp(join(context, path), place);
    }
  }
}

/** Where a file of a source goes. Pure. */
function placeOf(path: string, source: string, to: string, intoFolder: boolean): string {
  if (path !== source) return join(to, source === "." ? path : relative(source, path));
  return intoFolder ? join(to, basename(path)) : to;
}

async function runIn(instruction: Instruction, stage: Stage, { runEnv }: FollowOptions): Promise<void> {
  const command = (instruction.getRawArgumentsContent() ?? "").replace(/\\\n/g, " ");
  if (/(^|\s)\/\w/.test(command)) throw new Error(`RUN ${command}: an absolute path would be this machine's`);
  await run("sh", ["-ec", command], { cwd: join(stage.root, stage.workdir), env: { ...runEnv, ...stage.env } });
}

async function idsOf(root: string, owner: string): Promise<readonly [uid: number, gid: number]> {
  const [user, group = user] = owner.split(":");
  const idIn = async (file: string, name: string | undefined) => {
    const lines = (await readFile(join(root, "etc", file), "utf8")).split("\n").map((line) => line.split(":"));
    return Number(lines.find(([known]) => known === name)?.[2]);
  };
  return [await idIn("passwd", user), await idIn("group", group)];
}

async function chownAll(path: string, [uid, gid]: readonly [number, number]): Promise<void> {
  await chown(path, uid, gid);
  if (!(await lstat(path)).isDirectory()) return;
  for (const name of await readdir(path)) await chownAll(join(path, name), [uid, gid]);
}

function argumentsOf(instruction: Instruction): readonly string[] {
  return instruction.getArguments().map((argument) => argument.getValue());
}

function listOf(instruction: Instruction): readonly string[] {
  return (instruction as JSONInstruction).getJSONStrings().map((one) => one.getValue().replace(/^"|"$/g, ""));
}
