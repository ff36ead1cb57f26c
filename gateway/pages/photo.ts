/// <reference lib="dom" />
import { html } from "../../guide/drawing/nodes.ts";
import { element, place } from "./nodes.ts";
import type { Words } from "./words.ts";

/** The chosen photo of the ID card. It exists only in this page's memory. */
export interface PhotoChoice {
  readonly chosen: () => Blob | undefined;
  /** Forgets the photo before the next customer. */
  forget(): void;
  translate(words: Words): void;
}

const SAMPLES = "/gateway/pages/samples";

/** Lets staff choose a file, or a sample if the gateway has any. */
export async function openPhotoChoice(changed: () => void): Promise<PhotoChoice> {
  const input = element("photo", HTMLInputElement);
  const samples: readonly string[] = await (await fetch(`${SAMPLES}.json`)).json();
  const buttons = samples.map((name) => html("button", { type: "button", "aria-pressed": "false" }, [name]));
  place("samples").replaceChildren(...buttons);
  let words: Words | undefined;
  let photo: Blob | undefined;
  let name = "";
  const show = () => {
    place("photo-name").textContent = photo ? name : (words?.page.format("verify", "none") ?? "");
    void draw(photo);
  };
  const choose = (blob: Blob | undefined, called: string, pressed?: HTMLElement) => {
    [photo, name] = [blob, called];
    for (const one of buttons) one.setAttribute("aria-pressed", String(one === pressed));
    show();
    changed();
  };
  input.addEventListener("change", () => {
    const [file] = input.files ?? [];
    choose(file, file?.name ?? "");
  });
  for (const [i, one] of buttons.entries()) {
    one.addEventListener("click", async () => {
      const answer = await fetch(`${SAMPLES}/${samples[i]}.jpg`);
      input.value = "";
      choose(await answer.blob(), one.textContent ?? "", one);
    });
  }
  return {
    chosen: () => photo,
    forget() {
      input.value = "";
      choose(undefined, "");
    },
    translate(now) {
      words = now;
      for (const [i, one] of buttons.entries()) one.textContent = now.page.format("sample", samples[i] ?? "");
      element("preview", HTMLCanvasElement).setAttribute("aria-label", now.page.format("verify", "photo"));
      show();
    },
  };
}

/** Draws the photo on a canvas, so that the page's content policy can forbid pictures from other addresses. */
async function draw(photo: Blob | undefined): Promise<void> {
  const canvas = element("preview", HTMLCanvasElement);
  const context = canvas.getContext("2d");
  const picture = photo && (await createImageBitmap(photo).catch(() => undefined));
  context?.clearRect(0, 0, canvas.width, canvas.height);
  if (!picture) return;
  const scale = Math.max(canvas.width / picture.width, canvas.height / picture.height);
  const [width, height] = [picture.width * scale, picture.height * scale];
  context?.drawImage(picture, (canvas.width - width) / 2, (canvas.height - height) / 2, width, height);
  picture.close();
}
