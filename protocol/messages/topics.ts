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

/** A template of topics: levels joined by `/`, with `{device}` and `{channel}` once each. */
export const DEFAULT_TOPICS = "matchlight/v1/{device}/{channel}";

const TOPIC_LEVEL = /^[A-Za-z0-9._$-]+$/;

/** Whether a text is a valid template: up to 12 levels of plain letters. */
export function isTopicTemplate(text: string): boolean {
  const levels = text.split("/");
  const [devices, channels] = ["{device}", "{channel}"].map((one) => levels.filter((level) => level === one).length);
  const words = levels.filter((level) => !["{device}", "{channel}"].includes(level));
  return devices === 1 && channels === 1 && levels.length <= 12 && words.every((word) => TOPIC_LEVEL.test(word));
}

/** The topics of one device. With the name `+`, the topic filters of all devices. */
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

/** The device and channel of a topic; undefined if this template does not make it. */
export function readTopic(template: string, topic: string): { device: string; channel: string } | undefined {
  const [levels, parts] = [template.split("/"), topic.split("/")];
  const fits =
    levels.length === parts.length && levels.every((level, i) => level.startsWith("{") || level === parts[i]);
  const at = (place: string) => parts[levels.indexOf(place)] ?? "";
  return fits ? { device: at("{device}"), channel: at("{channel}") } : undefined;
}

/** The device's name in the topics of answers. */
const REPLIES = "carrier";

/** The topic on which one process of a carrier gets answers to its own requests. */
export function replyTopicOf(template: string, clientId: string): string {
  return template.replace("{device}", REPLIES).replace("{channel}", () => clientId);
}

/** Whether a device may send an answer to this topic. A request must not make it write to another topic. */
export function isReplyTopic(template: string, topic: string): boolean {
  return readTopic(template, topic)?.device === REPLIES;
}
