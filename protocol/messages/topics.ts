/**
 * The topics of one device. `request`, `command`, `chunk` and `approval` come in; all others go out; `status`, `identity`,
 * `reported` and `health` are retained.
 */
export interface Topics {
  readonly request: string;
  readonly progress: string;
  readonly aim: string;
  readonly report: string;
  readonly status: string;
  readonly identity: string;
  readonly command: string;
  readonly chunk: string;
  readonly answer: string;
  readonly reported: string;
  readonly health: string;
  readonly enrolment: string;
  readonly approval: string;
}

/** How topics are made: levels joined by `/`, among them `{device}` and `{channel}` once each. */
export const DEFAULT_TOPICS = "matchlight/v1/{device}/{channel}";

const TOPIC_LEVEL = /^[A-Za-z0-9._$-]+$/;

/** Whether a text is such a template: up to 12 levels of plain letters, so that there is nothing to misunderstand. */
export function isTopicTemplate(text: string): boolean {
  const levels = text.split("/");
  const [devices, channels] = ["{device}", "{channel}"].map((one) => levels.filter((level) => level === one).length);
  const words = levels.filter((level) => !["{device}", "{channel}"].includes(level));
  return devices === 1 && channels === 1 && levels.length <= 12 && words.every((word) => TOPIC_LEVEL.test(word));
}

/** The topics of one device, or with `+` for its name the filters for those of all. */
export function topicsOf(template: string, device: string): Topics {
  const at = (channel: string) => template.replace("{device}", () => device).replace("{channel}", channel);
  return {
    request: at("request"),
    progress: at("progress"),
    aim: at("aim"),
    report: at("report"),
    status: at("status"),
    identity: at("identity"),
    command: at("command"),
    chunk: at("chunk"),
    answer: at("answer"),
    reported: at("reported"),
    health: at("health"),
    enrolment: at("enrolment"),
    approval: at("approval"),
  };
}

/** Which device and channel a topic belongs to; undefined when it was not made by this template. */
export function readTopic(template: string, topic: string): { device: string; channel: string } | undefined {
  const [levels, parts] = [template.split("/"), topic.split("/")];
  const fits =
    levels.length === parts.length && levels.every((level, i) => level.startsWith("{") || level === parts[i]);
  const at = (place: string) => parts[levels.indexOf(place)] ?? "";
  return fits ? { device: at("{device}"), channel: at("{channel}") } : undefined;
}

/** Stands in the place of a device's name in the topics to which answers are sent. */
const REPLIES = "carrier";

/** The topic on which one process of a carrier gets answers to its own requests. */
export function replyTopicOf(template: string, clientId: string): string {
  return template.replace("{device}", REPLIES).replace("{channel}", () => clientId);
}

/** Whether a device may send an answer there: a request must not make it write where it speaks of itself, or anywhere else. */
export function isReplyTopic(template: string, topic: string): boolean {
  return readTopic(template, topic)?.device === REPLIES;
}
