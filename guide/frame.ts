import type { Aim, Hint } from "../protocol/messages/contract.ts";
import { isDrawn, type Sign } from "./drawing/pictograms.ts";
import { canDecline, type Ending, type Notice, type Scene } from "./scene.ts";
import type { Messages } from "./words/messages.ts";

/** The audience: the customer, or the staff, who may know the reason and the remedy. */
export type Audience = "customer" | "staff";

export type Action = "agree" | "decline" | "stop";

/** The content of the screen as words and names. The element only draws it. */
export interface Frame {
  readonly picture: Hint | Sign | Aim;
  readonly title: string;
  readonly more: string;
  /** The lines of the consent notice. */
  readonly lines: readonly string[];
  readonly actions: readonly Action[];
  readonly details: readonly Detail[];
}

export interface Detail {
  readonly label: string;
  readonly text: string;
  readonly code?: true;
}

/** The screen of a scene for an audience. Without a connection the screen says to wait, but a result stays. Pure. */
export function frameOf(scene: Scene, audience: Audience, connected: boolean, messages: Messages): Frame {
  if (!connected && scene.kind !== "ended") return { ...plain("lost", messages), actions: actionsOf(scene) };
  const frame = audience === "staff" ? staffFrame(scene, messages) : customerFrame(scene, messages);
  return { ...frame, actions: actionsOf(scene) };
}

function actionsOf(scene: Scene): readonly Action[] {
  if (scene.kind === "consent") return ["agree", "decline"];
  return canDecline(scene) ? ["stop"] : [];
}

function plain(sign: Sign, messages: Messages): Frame {
  const title = messages.format("scene", sign);
  const more = messages.has("scene", `${sign}_more`) ? messages.format("scene", `${sign}_more`) : "";
  return { picture: sign, title, more, lines: [], actions: [], details: [] };
}

function customerFrame(scene: Scene, messages: Messages): Frame {
  switch (scene.kind) {
    case "idle":
    case "waiting":
      return plain(scene.kind, messages);
    case "consent":
      return { ...plain("consent", messages), lines: linesOf(scene.notice, messages) };
    case "looking":
      return lookingFrame(scene.hint, scene.advised, messages);
    case "ended":
      return plain(signOf(scene.ending), messages);
    case "refused":
      return plain("staff", messages);
    case "aim":
      return aimFrame(scene.aim, messages);
  }
}

function linesOf(notice: Notice, messages: Messages): readonly string[] {
  return (
    notice.lines ?? ["on_the_device", "nothing_kept", "free_choice"].map((name) => messages.format("consent", name))
  );
}

function lookingFrame(hint: Hint | null, advised: boolean, messages: Messages): Frame {
  if (hint === null) return plain(advised ? "good" : "looking", messages);
  return { ...plain("looking", messages), picture: hint, title: messages.format("hint", hint), more: "" };
}

/** No match and no decision look the same to the customer, so that bystanders learn nothing. */
function signOf({ decision, reason }: Ending): Sign {
  if (decision === "match") return "done";
  return reason === "declined" ? "declined" : "staff";
}

function staffFrame(scene: Scene, messages: Messages): Frame {
  const frame = customerFrame(scene, messages);
  switch (scene.kind) {
    case "looking":
      return scene.hint === null ? frame : { ...frame, details: adviceOf("hint", scene.hint, messages) };
    case "ended":
      return endedFrame(scene.ending, frame, messages);
    case "refused": {
      const title = known("refusal", scene.code, messages);
      return { ...frame, title, more: "", details: adviceOf("refusal", scene.code, messages) };
    }
    default:
      return frame;
  }
}

/** No score is shown, because it would help an attacker with faces or masks. */
function endedFrame(ending: Ending, frame: Frame, messages: Messages): Frame {
  const { decision, reason, detail } = ending;
  const title = messages.format("decision", decision);
  if (reason === undefined) return { ...frame, title, more: messages.format("decision_staff", decision) };
  const more = known("reason", reason, messages);
  const code = detail === undefined ? reason : `${reason}: ${detail}`;
  return { ...frame, title, more, details: adviceOf("reason", reason, messages, code) };
}

/** The remedy for staff, and the code itself for a telephone call. */
function adviceOf(group: string, name: string, messages: Messages, code = name): readonly Detail[] {
  return [
    { label: messages.format("label", "do"), text: known(`${group}_staff`, name, messages) },
    { label: messages.format("label", "code"), text: code, code: true },
  ];
}

/** A newer contract may have codes that this version does not know. The contract says how to handle them. */
function known(group: string, name: string, messages: Messages): string {
  return messages.has(group, name) ? messages.format(group, name) : messages.format("unknown", group);
}

function aimFrame(aim: Aim, messages: Messages): Frame {
  const { face, hint = null, rotation = 0 } = aim;
  const title =
    hint !== null && isDrawn(hint)
      ? messages.format("hint", hint)
      : messages.format("aim", face === undefined ? "nobody" : "good");
  const more = rotation === 0 ? "" : messages.format("aim", "rotated", { degrees: rotation });
  const details = hint === null ? [] : adviceOf("hint", hint, messages);
  return { picture: aim, title, more, lines: [], actions: [], details };
}
