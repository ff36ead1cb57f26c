import type { Page } from "playwright-core";
import t from "tap";
import type { MatchlightGuide } from "../../guide/element.ts";
import { LEAST_MS } from "../../guide/pacing.ts";
import type { Notice, ReportView } from "../../guide/scene.ts";
import {
  type Aim,
  aimSchema,
  HINTS,
  type Hint,
  type Progress,
  type RefusalCode,
} from "../../protocol/messages/contract.ts";
import { findings, keepShot, noBrowser, openBrowser, openPage, serveElement } from "../support/browser.ts";
import { readText } from "../support/sources.ts";

/** What a page gives the element. */
interface Given {
  readonly ask?: Notice;
  readonly progress?: Pick<Progress, "stage" | "hint">;
  readonly report?: ReportView;
  readonly refusal?: { readonly code: RefusalCode };
  readonly aim?: Aim;
  readonly connected?: boolean;
}

const AIM = { v: 1, jti: "aim-00000001", atMs: 1 } as const;
const FACE = {
  face: { x: 700, y: 130, width: 300, height: 400 },
  points: [
    { x: 790, y: 290 },
    { x: 910, y: 290 },
    { x: 850, y: 360 },
    { x: 800, y: 430 },
    { x: 900, y: 430 },
  ],
  eyeDistance: 120,
  light: { face: 0.1, behind: 0.3, evenness: 0.9 },
  sharpness: 0.5,
  pose: { yaw: 4, pitch: 2, roll: 6 },
};
const FRAME = { width: 1280, height: 720 };
const OFF_AIM = aimSchema.parse({
  ...AIM,
  ...FACE,
  frame: FRAME,
  rotation: 90,
  seen: "one",
  hint: "move_to_the_middle",
});

/** The hints that have no time limit. */
const HINTS_TO_READ = HINTS.filter((hint) => !hint.startsWith("turn_"));

const hinted = (hint: Hint): Given => ({ progress: { stage: "hint", hint } });

/** The views that are no hint, by the name under which their picture is kept. */
const VIEWS: Readonly<Record<string, Given>> = {
  idle: {},
  consent: { ask: { id: "notice-1" } },
  waiting: { progress: { stage: "accepted" } },
  looking: { progress: { stage: "looking" } },
  match: { report: { decision: "match" } },
  "no-match": { report: { decision: "no_match" } },
  inconclusive: { report: { decision: "inconclusive", reason: "poor_quality", detail: "InterEyeDistance" } },
  declined: { report: { decision: "inconclusive", reason: "declined" } },
  refused: { refusal: { code: "locked" } },
  lost: { connected: false },
  "aim-off": { aim: OFF_AIM },
  "aim-nobody": { aim: { ...AIM, frame: FRAME, rotation: 0, seen: "nobody", hint: "step_in_front" } },
};

const guideOf = (page: Page) => page.locator("matchlight-guide");

async function show(page: Page, given: Given): Promise<void> {
  await guideOf(page).evaluate((guide: MatchlightGuide, { ask, ...properties }) => {
    guide.reset();
    if (ask) guide.ask(ask);
    Object.assign(guide, { connected: true, ...properties });
  }, given);
}

const attribute = (page: Page, name: string, value: string) =>
  guideOf(page).evaluate((guide, [key, text]) => guide.setAttribute(key, text), [name, value] as const);

const title = (page: Page) => page.getByRole("heading").textContent();

const wordsIn = (language: string) => JSON.parse(readText(`guide/catalogues/${language}.json`));

const skip = noBrowser;
let page: Page;
let errors: readonly string[] = [];

t.before(async () => {
  if (skip) return;
  const url = await serveElement(t, 'lang="en"');
  ({ page, errors } = await openPage(await openBrowser(t), url));
  await page.getByText("Welcome").waitFor();
});

t.test("axe-core finds nothing in any view, for customers and staff, in English and Chinese", { skip }, async (t) => {
  for (const [audience, language] of [
    ["customer", "zh-CN"],
    ["staff", "en"],
  ] as const) {
    await attribute(page, "lang", language);
    await attribute(page, "audience", audience);
    await page.locator(`.text:lang(${language})`).waitFor();
    for (const [name, given] of Object.entries(VIEWS)) {
      await show(page, given);
      t.same(await findings(page), [], `${audience} ${name}`);
      await keepShot(page, `${audience}-${name}`);
    }
  }
});

t.test(
  "each hint has its words and its picture in every language, and nothing of it is too long",
  { skip },
  async (t) => {
    await attribute(page, "audience", "customer");
    for (const language of ["zh-TW", "zh-CN", "en"]) {
      await attribute(page, "lang", language);
      await page.locator(`.text:lang(${language})`).waitFor();
      await show(page, hinted("turn_left"));
      t.same(await findings(page), [], `${language}: hints differ in nothing but words and picture`);
      for (const hint of HINTS) {
        await show(page, hinted(hint));
        t.equal(await title(page), wordsIn(language).hint[hint]);
        t.equal(await page.locator(`svg.${hint}`).count(), 1, hint);
        t.equal(await page.locator(".guide").evaluate((node) => node.scrollHeight > node.clientHeight), false, hint);
        if (language === "zh-CN") await keepShot(page, `hint-${hint}`);
      }
    }
  },
);

t.test("nothing begins before the customer agrees, and a keyboard is enough to decline", { skip }, async (t) => {
  await show(page, { ask: { id: "notice-7" } });
  await guideOf(page).evaluate((guide) => {
    for (const name of ["consent", "decline"]) {
      guide.addEventListener(name, (event) => {
        guide.dataset["seen"] = `${name} ${JSON.stringify((event as CustomEvent).detail)}`;
      });
    }
  });
  const seen = () => guideOf(page).getAttribute("data-seen");
  const focused = () =>
    guideOf(page).evaluate((guide: MatchlightGuide) => guide.shadowRoot?.activeElement?.textContent);
  await page.keyboard.press("Tab");
  t.equal(await focused(), "I agree");
  t.equal(await seen(), null);
  await page.keyboard.press("Enter");
  t.match(await seen(), /^consent \{"notice":"notice-7","at":\d+\}$/);
  t.equal(await title(page), "One moment, please");
  await page.keyboard.press("Tab");
  t.equal(await focused(), "Stop", "the focus was not lost with the button");
  await page.keyboard.press("Space");
  t.equal(await seen(), "decline {}");
  t.equal(await title(page), "That is fine");
  await page.keyboard.press("Enter");
  t.equal(await seen(), "decline {}", "a second press does nothing");
});

t.test(
  "a hint stays 1.5 s on the screen, however fast the camera changes its mind; a result comes at once",
  { skip },
  async (t) => {
    const shown = await guideOf(page).evaluate(async (guide: MatchlightGuide, hints) => {
      const heading = guide.shadowRoot?.querySelector("h1");
      const seen: { text: string; atMs: number }[] = [];
      const observer = new MutationObserver(() =>
        seen.push({ text: heading?.textContent ?? "", atMs: performance.now() }),
      );
      if (heading) observer.observe(heading, { childList: true });
      guide.reset();
      // The welcome, the first hint and the two after it.
      for (let at = 0; seen.length < 4; at += 1) {
        guide.progress = { stage: "hint", hint: hints[at % hints.length] ?? null };
        await new Promise((done) => setTimeout(done, 70));
      }
      guide.report = { decision: "match" };
      await Promise.resolve();
      return seen;
    }, HINTS_TO_READ);
    const hints = shown.slice(1);
    for (const [i, { text, atMs }] of hints.slice(0, -2).entries()) {
      t.ok((hints[i + 1]?.atMs ?? 0) - atMs >= LEAST_MS - 5, `${text} was shown for 1.5 s`);
    }
    t.equal(hints.length, 4, "three hints and the result");
    t.equal(hints.at(-1)?.text, "Thank you, that is all");
  },
);

t.test("a turn of the head is shown at once, and so is what follows it", { skip }, async (t) => {
  const shown = await guideOf(page).evaluate((guide: MatchlightGuide) => {
    guide.reset();
    return (["hold_still", "turn_left", "look_at_the_camera", "hold_still"] as const).map((hint) => {
      guide.progress = { stage: "hint", hint };
      return guide.shadowRoot?.querySelector("h1")?.textContent;
    });
  });
  const words = wordsIn("en").hint;
  t.same(shown, [words.hold_still, words.turn_left, words.look_at_the_camera, words.look_at_the_camera]);
});

t.test("the words are a live region that stays, and only what changes is written", { skip }, async (t) => {
  await show(page, hinted("more_light"));
  const status = await page.getByRole("status").elementHandle();
  await show(page, hinted("hold_still"));
  t.equal(await status?.evaluate((node) => node.isConnected && node.textContent), "Please hold still");
});

t.test("without connection people wait; when it is back, the words are those of before", { skip }, async (t) => {
  await show(page, hinted("come_closer"));
  await guideOf(page).evaluate((guide: MatchlightGuide) => {
    guide.connected = false;
  });
  t.equal(await title(page), "One moment, please");
  await guideOf(page).evaluate((guide: MatchlightGuide) => {
    guide.connected = true;
  });
  t.equal(await title(page), "Please come a little closer");
});

t.test("the aim is drawn as in a mirror, and each bar says in a word what it means", { skip }, async (t) => {
  await show(page, { aim: OFF_AIM });
  const view = await page.locator("svg.aim .view").boundingBox();
  const outline = await page.locator("svg.aim .outline").boundingBox();
  t.ok(view && outline, "drawn");
  const middle = view && outline ? (outline.x + outline.width / 2 - view.x) / view.width : Number.NaN;
  const { x, width } = FACE.face;
  t.ok(Math.abs(middle - (1 - (x + width / 2) / FRAME.width)) < 0.01, String(middle));
  t.same(await page.locator(".bars .word").allTextContents(), ["good", "too low", "good"]);
  t.equal(
    await page.locator(".more").textContent(),
    "The camera is mounted on its side. It turns the picture by itself.",
  );
});

t.test("it speaks only where it is asked to, each thing once", { skip }, async (t) => {
  await page.evaluate(() => {
    speechSynthesis.speak = ({ text, lang }) => {
      document.body.dataset["said"] = `${document.body.dataset["said"] ?? ""}|${lang}: ${text}`;
    };
  });
  const said = () => page.locator("body").getAttribute("data-said");
  await show(page, hinted("turn_left"));
  t.equal(await said(), null);
  await attribute(page, "speech", "");
  await show(page, hinted("turn_left"));
  await guideOf(page).evaluate((guide: MatchlightGuide) => {
    guide.progress = { stage: "hint", hint: "turn_left" };
  });
  t.match(await said(), /^\|en: Turn your head to your left\|en: Welcome[^|]*\|en: Turn your head to your left$/);
});

t.test("reduced motion stops what moves, and forced colours leave everything visible", { skip }, async (t) => {
  await show(page, hinted("turn_left"));
  const moving = () => page.locator("svg.turn_left").evaluate((node) => node.getAnimations({ subtree: true }).length);
  t.ok((await moving()) > 0);
  await page.emulateMedia({ reducedMotion: "reduce", forcedColors: "active", colorScheme: "dark" });
  t.equal(await moving(), 0);
  t.same(await findings(page), []);
  await keepShot(page, "forced-colors-hint");
  for (const name of ["consent", "aim-off"]) {
    await show(page, VIEWS[name] ?? {});
    await keepShot(page, `forced-colors-${name}`);
  }
  await page.emulateMedia({ reducedMotion: null, forcedColors: null, colorScheme: null });
});

t.test("narrow and low screens show the whole", { skip }, async (t) => {
  for (const [width, height] of [
    [360, 640],
    [800, 480],
    [1080, 1920],
  ] as const) {
    await page.setViewportSize({ width, height });
    await show(page, VIEWS["consent"] ?? {});
    await keepShot(page, `consent-${width}x${height}`);
    t.ok(await page.locator(".guide").evaluate((node) => node.scrollWidth <= node.clientWidth), `${width}`);
    const drawn = await page.locator("svg.consent").boundingBox();
    const words = await page.locator(".text").boundingBox();
    const beside = drawn && words && drawn.x + drawn.width <= words.x;
    t.ok(drawn && words && (beside || drawn.y + drawn.height <= words.y), `${width}: words are not drawn over`);
    t.same(await findings(page), [], `${width}`);
  }
});

t.test("its policy refuses nothing of it, and no script wrote an error", { skip }, async (t) => t.same(errors, []));
