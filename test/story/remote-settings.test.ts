import { readFile } from "node:fs/promises";
import { join } from "node:path";
import t from "tap";
import { openOperator } from "../../carrier/client.ts";
import { followChange } from "../../cli/fleet/remote/follow.ts";
import type { ReportedClaims } from "../../protocol/messages/command-contract.ts";
import { freePort, makeAuthority, startMosquitto, startTestBroker } from "../support/broker.ts";
import { provisionDevice } from "../support/provisioned-device.ts";

const DEVICE = "moved-camera";
/** A connection must hold for a quarter of it: longer than the second in which a report from before a change may be as young. */
const BOUND_MS = 5_000;
const environment = { MATCHLIGHT_UNDO_AFTER_MS: String(BOUND_MS) };

t.test(
  "a change that loses the broker is undone by itself, also after SIGKILL; one that reaches it stays",
  async (t) => {
    await using first = await startTestBroker();
    await using second = await startTestBroker();
    const { operator: key, start } = await provisionDevice(t.testdir({}), DEVICE, first.url);
    const at = (brokerUrl: URL, topics?: string) =>
      openOperator({ brokerUrl, device: DEVICE, key, ...(topics ? { topics } : {}) });
    /** What the camera says of itself next. */
    const reported = async (brokerUrl: URL, isWanted: (claims: ReportedClaims) => boolean, topics?: string) => {
      for (const late = Date.now() + 30_000; Date.now() < late; ) {
        await using operator = await at(brokerUrl, topics);
        const claims = await operator.reported().catch(() => undefined);
        if (claims && isWanted(claims)) return claims;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error("the camera did not say it in time");
    };
    const nowhere = `mqtt://127.0.0.1:${await freePort()}`;
    const move = async (set: Record<string, string>) => {
      await using operator = await at(first.url);
      return await operator.command({ type: "config_set", set });
    };
    const isUndone = ({ undone }: ReportedClaims) => undone !== undefined;
    {
      await using camera = await start(environment);
      t.ok(await camera.logged("broker_connected"));
      const bad = await move({ MATCHLIGHT_BROKER_URL: "http://x", MATCHLIGHT_TOPICS: "y", MATCHLIGHT_DEVICE_ID: "z" });
      t.match(
        bad.problems?.map(({ code }) => code),
        ["invalid_value", "invalid_value", "not_changeable"],
      );
      t.equal(bad.pending, undefined);

      const lost = await move({ MATCHLIGHT_BROKER_URL: nowhere, MATCHLIGHT_TIMEOUT_MS: "8000" });
      t.match(lost, { outcome: "done", pending: { jti: lost.jti, secondsLeft: BOUND_MS / 1_000 } });
      t.match(lost.config, { MATCHLIGHT_BROKER_URL: { value: nowhere, from: "command" } });
      const back = await reported(first.url, isUndone);
      t.match(back.undone, { jti: lost.jti, code: "broker_not_reached", names: ["MATCHLIGHT_BROKER_URL"] });
      t.match(back.config, {
        MATCHLIGHT_BROKER_URL: { value: first.url.href.replace(/\/$/, ""), from: "default" },
        MATCHLIGHT_TIMEOUT_MS: { from: "default" },
      });
      t.equal(back.pending, undefined);

      await move({ MATCHLIGHT_BROKER_URL: nowhere });
      t.ok(await camera.logged("settings_changed"));
      await camera.kill("SIGKILL");
    }
    await using camera = await start(environment);
    t.match(await reported(first.url, isUndone), { undone: { code: "broker_not_reached" } }, "also across a SIGKILL");

    const topics = "shops/{device}/{channel}";
    await using here = await at(first.url);
    await using there = await at(second.url, topics);
    const change = { MATCHLIGHT_BROKER_URL: second.url.href, MATCHLIGHT_TOPICS: topics };
    const stays = await followChange([here, there], await here.command({ type: "config_set", set: change }));
    if (!stays) throw new Error("the camera is at neither broker");
    t.match(stays.config, { MATCHLIGHT_TOPICS: { value: topics, from: "command" } });
    t.equal(stays.undone, undefined);
    await camera.kill("SIGTERM");
    await using again = await start(environment);
    t.ok(await again.logged("broker_connected"));
    await using operator = await at(second.url, topics);
    t.match((await operator.command({ type: "config_reset" })).pending, { secondsLeft: BOUND_MS / 1_000 });
    const home = await reported(
      first.url,
      ({ config, pending }) => !pending && config["MATCHLIGHT_TOPICS"]?.from === "default",
    );
    t.equal(home.undone, undefined, "what was set can be taken back");
  },
);

t.test(
  "a camera goes to a broker over TLS only with that one's authority, which can be changed while it runs",
  async (t) => {
    await using ours = await makeAuthority();
    await using theirs = await makeAuthority();
    const [near, far] = [await freePort(), await freePort()];
    const listener = (port: number, { folder }: { readonly folder: string }) =>
      `listener ${port} 127.0.0.1\ncertfile ${folder}/broker.crt\nkeyfile ${folder}/broker.key\n`;
    // mosquitto started by root would change to a user that cannot read the keys.
    const user = process.getuid?.() === 0 ? "user root\n" : "";
    const broker = await startMosquitto(undefined, listener(near, ours) + listener(far, theirs) + user);
    if (!broker) return t.pass("mosquitto is not installed");
    await using _broker = broker;
    const tls = await ours.certificate(DEVICE);
    const url = (port: number) => new URL(`mqtts://127.0.0.1:${port}`);
    const { operator: key, start } = await provisionDevice(t.testdir({}), DEVICE, url(near), tls);
    await using camera = await start(environment);
    t.ok(await camera.logged("broker_connected"));
    await using operator = await openOperator({ brokerUrl: broker.url, device: DEVICE, key });
    const change = async (set: Record<string, string>) => {
      const ended = await followChange([operator], await operator.command({ type: "config_set", set }));
      if (!ended)
        throw new Error(`the camera reports no end of the change; it said ${JSON.stringify(camera.lines.slice(-3))}`);
      return ended;
    };
    const MATCHLIGHT_BROKER_URL = url(far).href;
    const alone = await change({ MATCHLIGHT_BROKER_URL });
    t.match(alone.undone, { code: "broker_not_reached" }, "ours does not vouch for their broker");
    const authority = await readFile(join(theirs.folder, "ca.crt"), "utf8");
    const moved = await change({ MATCHLIGHT_BROKER_URL, MATCHLIGHT_BROKER_CA: authority });
    t.equal(moved.undone, undefined);
    t.match(moved.config, { MATCHLIGHT_BROKER_URL: { from: "command" }, MATCHLIGHT_BROKER_CA: { from: "command" } });
    const lost = await change({ MATCHLIGHT_BROKER_CA: tls.ca ?? "" });
    t.match(lost.undone, { names: ["MATCHLIGHT_BROKER_CA"] }, "an authority that does not vouch is undone");
    const both = await change({ MATCHLIGHT_BROKER_CA: `${authority}${tls.ca}` });
    t.equal(both.undone, undefined, "two authorities, while one takes over from the other");
    return undefined;
  },
);
