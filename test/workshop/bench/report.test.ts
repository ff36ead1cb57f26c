import t from "tap";
import type { Measured } from "../../../workshop/bench/bench.ts";
import type { Pass } from "../../../workshop/bench/messages.ts";
import { describeBench } from "../../../workshop/bench/report.ts";
import { benchTables } from "../../../workshop/bench/tables.ts";

const took = (ms: number) => ({ wallMs: ms * 2, cpuMs: ms });
const ours = (times: number): Pass => ({
  decode: took(times),
  detect: took(3 * times),
  landmarks: took(times),
  quality: took(times),
  liveness: took(times),
  embed: took(times),
  embedder: took(times),
  frame: took(8 * times),
});
const measured = (name: string, pass: Pass): Measured => ({
  entry: { name, what: `what ${name} is`, setup: { kind: "human", folder: "" } },
  rounds: [
    [pass, pass],
    [pass, pass],
  ],
  residentBytes: 100e6,
});
const verification = { verdictMs: 700, decision: "match", looked: 4, used: 3, residentBytes: 90e6 };
const raw = {
  measured: [measured("int8", ours(1)), measured("fp32", ours(3)), measured("human", { frame: took(80) })],
  verified: [{ pack: "int8", runs: [verification, verification] }],
};

t.test("stages, ratios and verifications come out as they were put in", async (t) => {
  const { contenders, ratios, verifications } = describeBench(raw);
  const quality = contenders[0]?.stages.find(({ stage }) => stage === "quality");
  t.equal(quality?.cpuMs.median, 1);
  t.same(
    contenders[2]?.stages.map(({ stage }) => stage),
    ["frame"],
    "a peer has no stages",
  );
  const ratio = (what: RegExp) => ratios.find((one) => what.test(one.what))?.cpu.median;
  t.equal(ratio(/same outputs: human/), 10, "1 + 3 + 1 + 1 + 1 + 1 of ours to 80");
  t.equal(ratio(/first frame.* human/), 10);
  t.equal(ratio(/embedder/), 3);
  t.equal(ratio(/face-api|TensorFlow/), undefined, "nothing is said of who was not measured");
  t.match(verifications, [{ pack: "int8", decisions: ["match"], residentMegabytes: 90 }]);
});

t.test("the tables name every contender", async (t) => {
  const report = describeBench(raw);
  const [frames] = benchTables(report);
  t.same(frames?.rows[2], ["what human is", "160 (160–160)", "80.0 (80.0–80.0)", "100"]);
});
