import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Page } from "playwright-core";
import t from "tap";
import { chipPhoto } from "../../cli/demo/chip.ts";
import { PACKAGE_FOLDER } from "../../device/process/package-folder.ts";
import type { MatchlightGuide } from "../../guide/element.ts";
import { LEAST_MS } from "../../guide/pacing.ts";
import { DEFAULT_TOPICS, HINTS, topicsOf } from "../../protocol/messages/contract.ts";
import { openMqttClient } from "../../protocol/mqtt/client.ts";
import { type AimFilm, makeAimFilms } from "../support/aim-films.ts";
import { findings, keepShot, noBrowser, openBrowser, openPage } from "../support/browser.ts";
import { media } from "../support/media.ts";
import { type Shop, setShop } from "../support/shop.ts";
import { readText } from "../support/sources.ts";

/**
 * The counter's page in a real browser, against gateway, broker, database and a camera that plays films: what staff and
 * customers see, how soon, and what does not travel.
 */
const skip = process.env["MATCHLIGHT_TEST_PAGES"] ? noBrowser : "npm run pages";

const CONDITIONS = ["as_filmed", "dark", "far", "off_to_the_side", "turned_90", "turned_180"] as const;

/** The pictures of README and docs/GATEWAY.md, made by `npm run page-pictures`. */
const PICTURES: Readonly<Record<string, string>> = {
  consent: "counter",
  "aim-as_filmed-en": "counter-aim",
  "two-people-ended": "counter-result",
  fleet: "fleet",
  "fleet-one": "fleet-camera",
};

type Catalogues = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
const catalogues: Catalogues = Object.fromEntries(
  ["en", "zh-CN"].map((language) => [language, JSON.parse(readText(`guide/catalogues/${language}.json`))]),
);
const words = (language: string, group: string, name: string) => catalogues[language]?.[group]?.[name] ?? "";

/** What is seen of the customer's element, and when. */
interface Noted {
  readonly titles: { readonly text: string; readonly atMs: number }[];
  readonly delays: number[];
}

let shop: Shop;
let page: Page;
let errors: readonly string[];
let films: Readonly<Record<(typeof CONDITIONS)[number], AimFilm>>;
let photos: Readonly<Record<"same" | "other", string>>;

t.before(async () => {
  if (skip) return;
  const folder = t.testdir({});
  films = await makeAimFilms(folder, CONDITIONS);
  photos = { same: join(folder, "same.jpg"), other: join(folder, "other.jpg") };
  await writeFile(photos.same, await chipPhoto(media.path("franck_02221.jpg")));
  await writeFile(photos.other, await chipPhoto(media.path("cage.jpg")));
  shop = await setShop(t, media.path("franck.mp4"), join(folder, "camera"));
  const registration = { method: "PUT", headers: { "content-type": "application/json" }, body: '{"shop":"north"}' };
  await shop.ask(`/v1/cameras/${shop.camera}`, "fleet", registration);
  ({ page, errors } = await openPage(await openBrowser(t), `${shop.url}/counter`, {
    viewport: { width: 1280, height: 800 },
    locale: "zh-CN",
  }));
});

const customer = () => page.locator("#customer");
const staff = () => page.locator("#staff");
/** The words of the element are below its shadow root. */
const staffText = () => staff().evaluate((guide) => guide.shadowRoot?.textContent ?? "");
const title = () => customer().getByRole("heading");
const says = (text: string, withinMs = 20_000) => title().filter({ hasText: text }).waitFor({ timeout: withinMs });
const choose = (language: string) => page.selectOption("#language", language);

async function keep(name: string): Promise<void> {
  t.same(await findings(page), [], `axe-core finds nothing: ${name}`);
  await keepShot(page, `page-${name}`);
  if (name in PICTURES && process.env["MATCHLIGHT_TEST_PAGES"] === "pictures")
    await page.screenshot({ path: join(PACKAGE_FOLDER, "docs", "pictures", `${PICTURES[name]}.png`) });
}

/** Notes every title of the customer's element, and how old a message of the camera is when it has been painted. */
function note(): Promise<void> {
  return customer().evaluate((guide: MatchlightGuide) => {
    const noted: Noted = { titles: [], delays: [] };
    Object.assign(globalThis, { noted });
    const heading = guide.shadowRoot?.querySelector("h1");
    const look = () => noted.titles.push({ text: heading?.textContent ?? "", atMs: performance.now() });
    if (heading) new MutationObserver(look).observe(heading, { childList: true });
    for (const name of ["aim", "progress"] as const) {
      const { set } = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(guide), name) ?? {};
      Object.defineProperty(guide, name, {
        configurable: true,
        set(value: { readonly atMs?: number } | null) {
          set?.call(guide, value);
          const atMs = value?.atMs;
          if (atMs === undefined) return;
          requestAnimationFrame(() => setTimeout(() => noted.delays.push(Date.now() - atMs)));
        },
      });
    }
  });
}

const noted = (): Promise<Noted> => page.evaluate("noted");

async function begin(photo: string): Promise<void> {
  await page.setInputFiles("#photo", photo);
  await page.click("#begin");
  await says(words("en", "scene", "consent"));
}

const agree = () =>
  customer()
    .getByRole("button", { name: words("en", "action", "agree") })
    .click();
const ended = () => page.locator("#next:visible").waitFor({ timeout: 40_000 });
const lastRow = (code: RegExp) =>
  page.locator("#last tbody tr:first-child").filter({ hasText: code }).waitFor({ timeout: 10_000 });

t.test("staff sign in with a token, which does not stay in the address", { skip }, async (t) => {
  await page.locator("#token").waitFor();
  await keep("sign-in");
  await page.fill("#token", "a.b.c");
  await page.keyboard.press("Enter");
  await page.getByRole("alert").filter({ hasText: "令牌无效" }).waitFor();
  await keep("sign-in-refused");
  await page.fill("#token", await shop.token("shop:south"));
  await page.keyboard.press("Enter");
  await page.locator("#camera-state").filter({ hasText: "没有本营业厅的摄像头" }).waitFor();
  await page.click("#sign-out");
  await page.locator("#token").waitFor();
  await page.goto("about:blank");
  await page.goto(`${shop.url}/counter#token=${await shop.token("shop:north")}`);
  await page.locator("#camera-state.ready").waitFor();
  t.equal(page.url(), `${shop.url}/counter`);
  await keep("idle");
  await note();
});

t.test("staff aim: words in two languages, and the outline where the detector has the face", { skip }, async (t) => {
  const expected = {
    as_filmed: ["aim", "good"],
    dark: ["hint", "more_light"],
    far: ["hint", "come_closer"],
    off_to_the_side: ["hint", "move_to_the_middle"],
    turned_90: ["aim", "good"],
    turned_180: ["aim", "good"],
  } as const;
  for (const condition of CONDITIONS) {
    const [group, name] = expected[condition];
    shop.setFilm(films[condition].path);
    await choose("zh-CN");
    await page.click("#aim");
    await says(words("zh-CN", group, name));
    await keep(`aim-${condition}-zh`);
    await choose("en");
    await says(words("en", group, name));
    if (condition.startsWith("turned")) {
      const how = condition === "turned_90" ? "on its side" : "upside down";
      t.match(await customer().locator(".more").textContent(), how);
    }
    const { box } = films[condition];
    t.equal(box === undefined, condition === "dark", "in the dark nobody is found");
    if (box) {
      const drawn = await outline();
      t.ok(farthest(drawn, box) <= 0.05, `${condition}: ${JSON.stringify({ drawn, box })}`);
    }
    await keep(`aim-${condition}-en`);
    await page.click("#aim-stop");
    await says(words("en", "scene", "idle"));
  }
});

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The drawn outline as shares of the drawn view on the screen, with the mirror and the tilt of the head taken off. */
function outline(): Promise<Box> {
  return customer().evaluate((guide: MatchlightGuide) => {
    const part = (name: string) => guide.shadowRoot?.querySelector<SVGGraphicsElement>(`svg.aim ${name}`);
    const onScreen = (shape: SVGGraphicsElement) => {
      const tilt = shape.getAttribute("transform");
      shape.removeAttribute("transform");
      const [{ x, y, width, height }, matrix] = [shape.getBBox(), shape.getScreenCTM()];
      if (tilt !== null) shape.setAttribute("transform", tilt);
      const [a, b] = [new DOMPoint(x, y), new DOMPoint(x + width, y + height)].map((at) =>
        at.matrixTransform(matrix ?? undefined),
      );
      if (!a || !b) throw new Error("it is not on the screen");
      return {
        left: Math.min(a.x, b.x),
        right: Math.max(a.x, b.x),
        top: Math.min(a.y, b.y),
        bottom: Math.max(a.y, b.y),
      };
    };
    const [view, drawn] = [part(".view"), part(".outline")];
    if (!view || !drawn) throw new Error("nothing is drawn");
    const [all, face] = [onScreen(view), onScreen(drawn)];
    const [width, height] = [all.right - all.left, all.bottom - all.top];
    return {
      x: (all.right - face.right) / width,
      y: (face.top - all.top) / height,
      width: (face.right - face.left) / width,
      height: (face.bottom - face.top) / height,
    };
  });
}

/** How far an edge is from where it should be, at most, as a share of the box. */
function farthest(drawn: Box, box: Box): number {
  const off = (a: number, b: number, size: number) => Math.abs(a - b) / size;
  return Math.max(
    off(drawn.x, box.x, box.width),
    off(drawn.x + drawn.width, box.x + box.width, box.width),
    off(drawn.y, box.y, box.height),
    off(drawn.y + drawn.height, box.y + box.height, box.height),
  );
}

t.test("the right person is a match for staff, and a thank-you for the customer", { skip }, async (t) => {
  shop.setFilm(media.path("franck.mp4"));
  await begin(photos.same);
  await keep("consent");
  await agree();
  await says(words("en", "scene", "looking"));
  await keep("looking");
  await ended();
  t.equal(await title().textContent(), words("en", "scene", "done"));
  t.equal(await staff().getByRole("heading").textContent(), words("en", "decision", "match"));
  await keep("match");
});

const SMALL_SCREENS = [
  { width: 320, height: 568 },
  { width: 360, height: 740 },
  { width: 844, height: 390 },
] as const;

t.test("on small screens both answers are in sight, and the next that a keyboard reaches", { skip }, async (t) => {
  await page.click("#next");
  for (const size of SMALL_SCREENS) {
    await page.setViewportSize(size);
    await page.setInputFiles("#photo", photos.same);
    await page.focus("#begin");
    await page.keyboard.press("Enter");
    await says(words("en", "scene", "consent"));
    for (const name of ["agree", "decline"]) {
      const answer = customer().getByRole("button", { name: words("en", "action", name) });
      const box = await answer.boundingBox();
      const card = await page.locator(".stage").boundingBox();
      if (!box || !card) throw new Error("nothing is drawn");
      const [top, bottom] = [Math.max(0, card.y), Math.min(size.height, card.y + card.height)];
      t.ok(box.y >= top && box.y + box.height <= bottom, `${name} is in sight: ${JSON.stringify({ size, box, card })}`);
      await page.keyboard.press("Tab");
      t.ok(await answer.evaluate((node) => node.matches(":focus")), `${name} is the next`);
    }
    await keep(`consent-${size.width}`);
    await page.click("#stop");
    t.equal(await page.evaluate("document.activeElement.id"), "begin", "the focus is not lost with the button");
  }
  await page.setViewportSize({ width: 1280, height: 800 });
});

t.test("somebody else's card: the customer reads nothing of it, staff what to do", { skip }, async (t) => {
  await begin(photos.other);
  await agree();
  await ended();
  t.equal(await title().textContent(), words("en", "scene", "staff"));
  t.match(await staffText(), words("en", "decision_staff", "no_match"));
  await keep("no-match");
});

t.test("two people: staff read why it ended, and what helps", { skip }, async (t) => {
  shop.setFilm(media.path("two.mjpeg"));
  await begin(photos.same);
  await agree();
  await says(words("en", "hint", "one_person_only"));
  await keep("two-people");
  await ended();
  t.match(await staffText(), words("en", "reason_staff", "two_faces"));
  await lastRow(/two_faces/);
  await keep("two-people-ended");
});

t.test("a customer declines before and during the verification", { skip }, async (t) => {
  const before = shop.messages.length;
  await begin(photos.same);
  await customer()
    .getByRole("button", { name: words("en", "action", "decline") })
    .click();
  await says(words("en", "scene", "declined"));
  t.notOk(
    shop.messages.slice(before).some(({ topic }) => topic.endsWith("/report")),
    "nothing was asked",
  );
  await keep("declined-before");
  shop.setFilm(films.dark.path);
  await begin(photos.same);
  await agree();
  await says(words("en", "hint", "more_light"));
  await keep("dark");
  await customer()
    .getByRole("button", { name: words("en", "action", "stop") })
    .click();
  await ended();
  await lastRow(/declined/);
  await keep("declined");
});

t.test("the connection is lost and comes back: the verification went on meanwhile", { skip }, async (t) => {
  shop.setFilm(films.far.path);
  await begin(photos.same);
  await agree();
  await says(words("en", "hint", "come_closer"));
  shop.way.set("down");
  await says(words("en", "scene", "lost"));
  t.match(await customer().locator(".more").textContent(), words("en", "scene", "lost_more"));
  await keep("lost");
  await sleep(500);
  shop.way.set("clear");
  await ended();
  t.equal(await title().textContent(), words("en", "scene", "staff"));
  await lastRow(/poor_quality|timeout/);
  await page.click("#next");
  await says(words("en", "scene", "idle"));
});

t.test("a hint stays for at least 1.5 s, unless the verification ends", { skip }, async (t) => {
  const { titles } = await noted();
  const isHint = (text: string) =>
    HINTS.some((hint) => text === words("en", "hint", hint) && text !== words("en", "scene", "looking"));
  const hints = titles.flatMap(({ text, atMs }, i) => {
    const next = titles[i + 1];
    return isHint(text) && next && isHint(next.text) ? [{ text, tookMs: next.atMs - atMs }] : [];
  });
  for (const { text, tookMs } of hints) t.ok(tookMs >= LEAST_MS - 20, `${text}: ${Math.round(tookMs)} ms`);
  t.ok(
    titles.some(({ text }) => isHint(text)),
    "hints were shown",
  );
});

t.test("words are on the page within 250 ms of the camera's time stamp, at p95", { skip }, async (t) => {
  shop.setFilm(films.as_filmed.path);
  await page.click("#aim");
  await says(words("en", "aim", "good"));
  // What was noted before has the time of axe-core and of screenshots in it.
  const [from, fromMessage] = [(await noted()).delays.length, shop.messages.length];
  const late = await latenesses(15_000);
  const delays = (await noted()).delays.slice(from);
  await page.click("#aim-stop");
  const atBroker = shop.messages
    .slice(fromMessage)
    .flatMap(({ topic, payload, atMs }) =>
      /\/(aim|progress)$/.test(topic) ? [atMs - JSON.parse(payload.toString()).atMs] : [],
    );
  const [p95, median, baseline] = [at(delays, 0.95), at(delays, 0.5), at(late, 0.95)];
  t.comment(
    `${delays.length} messages: p50 ${median} ms, p95 ${p95} ms; at the broker, p95 ${at(atBroker, 0.95)} ms; a bare timer, p95 ${baseline} ms`,
  );
  t.ok(delays.length > 50, `${delays.length} messages`);
  // A bare timer is at most 25 ms late where the processors are free.
  t.ok(p95 <= 250 * Math.max(1, baseline / 25), `p95 ${p95} ms, baseline ${baseline} ms`);
});

/** How late a bare timer of this process is, ms: the machine's own share of every delay. */
async function latenesses(forMs: number): Promise<readonly number[]> {
  const late: number[] = [];
  for (const untilMs = Date.now() + forMs; Date.now() < untilMs; ) {
    const dueMs = Date.now() + 50;
    await sleep(50);
    late.push(Date.now() - dueMs);
  }
  return late;
}

function at(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

t.test("nothing that came from the camera is a picture, in any form", { skip }, async (t) => {
  const traffic = {
    broker: Buffer.concat(shop.messages.map(({ payload }) => payload)),
    http: Buffer.concat(shop.answers),
  };
  const photo = await readFile(photos.same);
  const pictures = [photo, ...Object.values(films).flatMap(({ frames }) => frames)];
  for (const [name, bytes] of Object.entries(traffic)) {
    t.ok(bytes.length > 10_000, `${name}: ${bytes.length} bytes to search`);
    t.notOk(bytes.includes(Buffer.from([0xff, 0xd8, 0xff])), `${name}: no JPEG`);
    t.notOk(bytes.includes("/9j/"), `${name}: no JPEG in base64`);
    t.notOk(bytes.includes(Buffer.from([0x89, 0x50, 0x4e, 0x47])), `${name}: no PNG`);
    for (const picture of pictures) {
      const middle = Buffer.from(picture).subarray(picture.length >> 1, (picture.length >> 1) + 24);
      for (const form of ["base64", "base64url", "hex"] as const) t.notOk(bytes.includes(middle.toString(form)), form);
      t.notOk(bytes.includes(middle), `${name}: no frame as it is`);
    }
  }
  for (const { payload } of shop.messages.filter(({ topic }) => topic.endsWith("/aim"))) {
    t.ok(payload.length < 700);
    t.notMatch(payload.toString("latin1"), /[A-Za-z0-9+/_-]{48}/);
  }
});

/** Cameras that say of themselves what a fleet's page must show, beside the one that is there. */
async function announceFleet(): Promise<void> {
  const day = 86_400_000;
  const put = (camera: string, body: object) => {
    const headers = { "content-type": "application/json" };
    return shop.ask(`/v1/cameras/${camera}`, "fleet", { method: "PUT", headers, body: JSON.stringify(body) });
  };
  const inDays = (days: number) => new Date(Date.now() + days * day + 3_600_000).toISOString();
  await put(shop.camera, { shop: "north", certificateEnds: inDays(300) });
  await put("counter-2", { shop: "north", certificateEnds: inDays(12) });
  await put("counter-3", { shop: "south", certificateEnds: inDays(200) });
  await put("counter-4", { shop: "south" });
  await using client = openMqttClient({ url: shop.broker.url, clientId: "others", subscribe: [] });
  await new Promise<void>((done) =>
    client.start({ connected: () => done(), lost: () => undefined, message: () => undefined }),
  );
  const say = (device: string, channel: "status" | "health", message: object) => {
    const payload = JSON.stringify({ v: 1, device, ...message });
    return client.publish({ topic: topicsOf(DEFAULT_TOPICS, device)[channel], payload, qos: 1, retain: true });
  };
  const health = { atMs: Date.now(), software: "0.2.0", metrics: { temperatureCelsius: 83.5, uptimeSeconds: 86_000 } };
  await say("counter-2", "status", { state: "ready", faults: [] });
  await say("counter-2", "health", { ...health, state: "degraded", codes: ["too_hot"] });
  await say("counter-3", "status", { state: "faulty", faults: ["camera_gone"] });
}

t.test(
  "whoever looks after the fleet sees which cameras need somebody, and one camera's health",
  { skip },
  async (t) => {
    await announceFleet();
    await page.click("#sign-out");
    await page.goto(`${shop.url}/fleet`);
    await page.fill("#token", await shop.token("shop:north"));
    await page.keyboard.press("Enter");
    await page.getByRole("alert").filter({ hasText: "does not allow" }).waitFor();
    await page.fill("#token", await shop.token("fleet"));
    await page.keyboard.press("Enter");
    await page.getByText("4 cameras, 3 of them need you").waitFor({ timeout: 20_000 });
    const names = () => page.locator("#cameras tbody th").allTextContents();
    t.same(await names(), ["counter-1", "counter-2", "counter-3", "counter-4"]);
    t.match(await page.locator("#cameras tbody tr").nth(1).textContent(), /north.*too_hot.*12 days/);
    await keep("fleet");
    await page.check("#needing");
    await page.locator("#cameras tbody th").filter({ hasText: "counter-1" }).waitFor({ state: "detached" });
    t.same(await names(), ["counter-2", "counter-3", "counter-4"]);
    await choose("zh-CN");
    await page.getByText("共 4 台摄像头，其中 3 台需要处理").waitFor();
    await keep("fleet-needing-zh");
    await choose("en");
    await page.getByRole("link", { name: "counter-2" }).click();
    await page.getByText("temperatureCelsius").waitFor();
    t.match(await page.locator("#facts").textContent(), /health is degraded, its certificate ends soon/);
    await keep("fleet-one");
    await page.getByRole("link", { name: "All cameras" }).click();
    await page.uncheck("#needing");
    await page.getByRole("link", { name: shop.camera }).click();
    await page.getByText("framesTotal").waitFor();
  },
);

t.test("the page's policy refuses nothing of it, and no script wrote an error", { skip }, async (t) => {
  // The browser itself writes of a token that is refused, and of a connection that is lost.
  const unexpected = errors.filter((error) => !/Failed to load resource/.test(error));
  t.same(unexpected, []);
});
