import { join } from "node:path";
import t from "tap";
import { playGateway } from "../../../cli/demo/gateway.ts";
import type { Screen } from "../../../cli/demo/screen.ts";
import { fakePhoto } from "../../support/gateway.ts";
import { startPostgres } from "../../support/postgres.ts";
import { darkLight } from "../../support/stage.ts";
import { syntheticCamera, syntheticInference } from "../../support/synthetic.ts";

// With a real film, real networks and the embedded database, CI runs it as `npm run demo -- --gateway`.
t.test("a photo is posted, events stream, a signed report is fetched and verified, and a webhook comes", async (t) => {
  const photo = join(t.testdir({ "photo.jpg": fakePhoto() }), "photo.jpg");
  const lines: string[] = [];
  const show = (text = "") => void lines.push(text);
  const screen: Screen = { light: darkLight, line: show, heading: show };
  const postgres = await startPostgres();
  if (postgres) t.teardown(() => postgres[Symbol.asyncDispose]());
  const settings = postgres ? { MATCHLIGHT_DATABASE_URL: postgres.url.href } : {};
  // Slow enough that the events are followed before the verification ends.
  const own = { camera: syntheticCamera(1_000), inference: syntheticInference() };
  const { status, events, report, webhook } = await playGateway({ film: "/none", photo, own, settings }, screen);
  t.equal(status, 202);
  t.equal(webhook, "verification.ended");
  t.equal(events[0], "state");
  t.equal(events.at(-1), "ended");
  t.ok(events.includes("progress"));
  t.match(report, { iss: "counter-1", seq: 1 });
  t.equal(lines.filter((line) => /^\d\/\d /.test(line)).length, 6, "each step has its heading");
});
