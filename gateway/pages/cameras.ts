/// <reference lib="dom" />
import { html } from "../../guide/drawing/nodes.ts";
import { element, place } from "./nodes.ts";
import type { Words } from "./words.ts";

/** A camera, as the gateway lists it. */
export interface ShownCamera {
  readonly camera: string;
  readonly shop: string | null;
  readonly state: "ready" | "busy" | "faulty" | "offline" | "unknown";
}

export interface CameraChoice {
  readonly chosen: () => string | undefined;
  show(cameras: readonly ShownCamera[]): void;
  translate(words: Words): void;
}

const KEPT = "matchlight-camera";

/** Lets staff choose the camera of this counter, and shows its state. */
export function openCameraChoice(changed: () => void): CameraChoice {
  const select = element("camera", HTMLSelectElement);
  const state = place("camera-state");
  let cameras: readonly ShownCamera[] = [];
  let words: Words | undefined;
  const showState = () => {
    const now = cameras.find(({ camera }) => camera === select.value)?.state;
    state.className = `state ${now ?? ""}`;
    state.textContent = words?.page.format("camera_state", now ?? "none") ?? "";
  };
  select.addEventListener("change", () => {
    sessionStorage.setItem(KEPT, select.value);
    showState();
    changed();
  });
  return {
    chosen: () => select.value || undefined,
    show(now) {
      const names = now.map(({ camera }) => camera);
      const isNew = names.join() !== cameras.map(({ camera }) => camera).join();
      cameras = now;
      place("choose-camera").hidden = names.length === 0;
      state.hidden = false;
      if (isNew) {
        const wanted = select.value || sessionStorage.getItem(KEPT);
        select.replaceChildren(...names.map((name) => html("option", { value: name }, [name])));
        if (wanted !== null && names.includes(wanted)) select.value = wanted;
        changed();
      }
      showState();
    },
    translate(now) {
      words = now;
      showState();
    },
  };
}
