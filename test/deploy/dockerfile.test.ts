import { existsSync } from "node:fs";
import { join } from "node:path";
import { DockerfileParser, type JSONInstruction } from "dockerfile-ast";
import t from "tap";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import { imageEnvironment } from "../support/balena.ts";
import { readText } from "../support/sources.ts";

const file = DockerfileParser.parse(readText("deploy/Dockerfile"));
const all = file.getInstructions();
const [build = [], final = []] = file.getFROMs().map((from, i, froms) => {
  const next = froms[i + 1]?.getRange().start.line ?? Number.POSITIVE_INFINITY;
  return all.filter(
    (one) => one.getRange().start.line >= from.getRange().start.line && one.getRange().start.line < next,
  );
});
const of = (stage: typeof all, keyword: string) => stage.filter((one) => one.getKeyword() === keyword);
const argumentsOf = (stage: typeof all, keyword: string) =>
  of(stage, keyword).map((one) => one.getArguments().map((argument) => argument.getValue()));

t.test("two stages on the official multi-arch images, named by version", async (t) => {
  t.same(
    file.getFROMs().map((from) => from.getImage()),
    ["node:24-bookworm", "node:24-bookworm-slim"],
  );
  t.equal(
    of(all, "FROM").some((one) => /--platform/.test(one.getTextContent())),
    false,
    "each platform builds its own",
  );
});

t.test("what is shipped is only copied: nothing runs, and no shell reads a line", async (t) => {
  t.same(of(final, "RUN"), []);
  for (const keyword of ["CMD", "ENTRYPOINT"]) {
    const [instruction] = of(final, keyword);
    t.ok((instruction as JSONInstruction).getJSONStrings().length > 0, `${keyword} is a list, not a line of a shell`);
  }
  t.match(of(final, "HEALTHCHECK")[0]?.getTextContent(), /CMD \["node", .*"health"\]$/);
  for (const copy of of(final, "COPY")) t.match(copy.getTextContent(), /--from=build/);
});

t.test("not root at run time, unless compose says so and gives it up at once", async (t) => {
  t.same(argumentsOf(final, "USER"), [["node"]]);
  const places = ["USER", "ENTRYPOINT"].map((keyword) => of(final, keyword)[0]?.getRange().start.line ?? 0);
  t.ok((places[0] ?? 0) < (places[1] ?? 0));
  const enter = readText("deploy/image/enter.ts");
  t.match(enter, "becomeUser(");
  t.ok(
    enter.indexOf("becomeUser(") < enter.indexOf('import("../../cli/matchlight.ts")'),
    "root ends before the program begins",
  );
  t.same(
    [...enter.matchAll(/^import .* from "(\.[^"]+)"/gm)].map(([, path]) => path),
    ["./become.ts", "./prepare.ts"],
  );
});

t.test("packages come from the lock file, and those of the product only", async (t) => {
  const runs = of(build, "RUN").map((one) => one.getTextContent());
  t.match(runs[0], /npm ci --ignore-scripts/);
  t.ok(runs.some((run) => /npm prune --omit=dev/.test(run)));
  t.ok(
    runs.some((run) => /build:native/.test(run) && /npm run -s build/.test(run)),
    "addons and program are built here",
  );
  for (const run of runs) t.notMatch(run, / \/(?!\/)\w/, "paths of a RUN are relative: the board follows them too");
});

t.test("whatever is copied into the build is let through, and nothing of the tests or of a data folder", async (t) => {
  const lines = readText(".dockerignore")
    .split("\n")
    .filter((line) => line && !line.startsWith("#"));
  t.equal(lines[0], "*", "nothing is sent that is not named");
  const named = lines.filter((line) => line.startsWith("!")).map((line) => line.slice(1));
  for (const path of named.filter((one) => !one.includes("*"))) t.ok(existsSync(join(PACKAGE_FOLDER, path)), path);
  for (const path of ["package-lock.json", ".npmrc", "tsconfig.json", "drivers"]) t.ok(named.includes(path), path);
  for (const path of ["test", "data", "docs", ".git", "keys"]) t.notOk(named.includes(path), path);
});

t.test("the image's own settings are settings", async (t) => {
  const environment = imageEnvironment();
  t.equal(environment.get("MATCHLIGHT_DATA_DIR"), "/data");
  t.equal(environment.get("TMPDIR"), "/run/matchlight", "in the runtime folder, for the root is read-only");
  t.same(argumentsOf(final, "VOLUME"), [["/data"]]);
});
