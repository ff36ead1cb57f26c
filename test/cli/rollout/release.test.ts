import t from "tap";
import { releaseCommands } from "../../../cli/rollout/release.ts";

t.test("balena's commands: a tenth, the others that are named, all; and the way back", async (t) => {
  const devices = Array.from({ length: 20 }, (_, i) => `uuid-${i}`);
  const said = releaseCommands({ balenaFleet: "shops", commit: "new", before: "old", devices });
  const at = (words: string) => said.findIndex((one) => one.startsWith(words));
  const between = (from: string, to: string) => said.slice(at(from) + 1, at(to));
  t.same(between("# once", "# 1"), ["balena fleet pin shops old"]);
  t.same(between("# 1", "# 2"), ["balena device pin uuid-0 new", "balena device pin uuid-1 new"]);
  t.equal(between("# 2", "# 3").length, 18);
  t.equal(between("# 3", "# back")[0], "balena fleet pin shops new");
  t.equal(said[at("# back") + 1], "balena fleet pin shops old");
  const one = releaseCommands({ balenaFleet: "shops", commit: "new", before: "old", devices: ["uuid-0"] });
  t.ok(one.includes("balena device pin uuid-0 new"), "one at least");
});
