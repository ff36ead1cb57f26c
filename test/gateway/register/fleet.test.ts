import t from "tap";
import { countFleet, findInFleet, keepHealth, listFleet } from "../../../gateway/register/fleet.ts";
import { keepStatus, registerCameras } from "../../../gateway/register/register.ts";
import type { Health } from "../../../protocol/messages/metrics.ts";
import { openTestDatabase } from "../../support/test-database.ts";

const { database } = await openTestDatabase(t);

const health = (device: string, change: Partial<Health> = {}): Health => ({
  ...{ v: 1, device, state: "healthy", codes: [], atMs: 2_000, software: "0", metrics: { temperatureCelsius: 50 } },
  ...change,
});
const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString();

await registerCameras(database, [
  { device: "a-well", certificateEnds: inDays(90) },
  { device: "b-silent" },
  { device: "c-ending", certificateEnds: inDays(20) },
  { device: "d-hot" },
  { device: "e-faulty" },
]);
for (const device of ["a-well", "c-ending", "d-hot"])
  await keepStatus(database, { v: 1, device, state: "ready", faults: [] }, "registered");
await keepStatus(database, { v: 1, device: "e-faulty", state: "faulty", faults: ["camera_gone"] }, "registered");
await keepHealth(database, health("a-well"));
await keepHealth(database, health("d-hot", { state: "degraded", codes: ["too_hot"] }));

t.test("each camera says what somebody should look at", async (t) => {
  const all = await listFleet(database, { after: "", limit: 10, needing: false });
  t.same(Object.fromEntries(all.map(({ device, needs }) => [device, needs])), {
    "a-well": [],
    "b-silent": ["unknown"],
    "c-ending": ["certificate_ends"],
    "d-hot": ["degraded"],
    "e-faulty": ["faulty", "faults"],
  });
  t.same(await countFleet(database), { cameras: 5, needing: 4 });
});

t.test("those that need nobody are left out, page by page", async (t) => {
  const page = async (after: string) =>
    (await listFleet(database, { after, limit: 2, needing: true })).map(({ device }) => device);
  t.same(await page(""), ["b-silent", "c-ending"]);
  t.same(await page("c-ending"), ["d-hot", "e-faulty"]);
});

t.test("the last health is kept, and one that comes late changes nothing", async (t) => {
  await keepHealth(database, health("a-well", { atMs: 1_000, state: "unhealthy" }));
  t.match(await findInFleet(database, "a-well"), { health: { state: "healthy", metrics: { temperatureCelsius: 50 } } });
  const future = Date.now() + 86_400_000;
  await keepHealth(database, health("a-well", { atMs: future, state: "degraded" }));
  await keepHealth(database, health("a-well", { atMs: Date.now(), state: "healthy" }));
  t.match(
    await findInFleet(database, "a-well"),
    { health: { state: "healthy" } },
    "its clock was wrong, and is set now",
  );
  await keepHealth(database, health("stranger"));
  t.equal(await findInFleet(database, "stranger"), undefined, "a camera that is not registered is not made by it");
});
