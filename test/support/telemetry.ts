import { stringify } from "yaml";
import { DEFAULT_TOPICS, topicsOf } from "../../protocol/messages/contract.ts";
import { HEALTH_STATES, METRICS } from "../../protocol/messages/metrics.ts";

/** A metric's name as Prometheus wants it: `matchlight_frame_age_seconds`. */
export function promName(name: string): string {
  return `matchlight_${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
}

/** deploy/telemetry/mqtt2prometheus.yaml: the bridge's configuration, from the same table as docs/HEALTH.md. */
export function bridgeConfiguration(): string {
  const topic = topicsOf(DEFAULT_TOPICS, "+").health;
  const metrics = Object.entries(METRICS).map(([name, { kind, sentence }]) => ({
    prom_name: promName(name),
    mqtt_name: `metrics.${name}`,
    help: sentence,
    type: kind,
  }));
  const state = {
    prom_name: "matchlight_health_state",
    mqtt_name: "state",
    help: HEALTH_STATES.map((one, i) => `${i} ${one}`).join(", "),
    type: "gauge",
    string_value_mapping: { map: Object.fromEntries(HEALTH_STATES.map((one, i) => [one, i])), error_value: 3 },
  };
  const document = {
    mqtt: {
      server: "tls://localhost:8884",
      ca_cert: "ca.crt",
      client_cert: "operator.crt",
      client_key: "operator.key",
      topic_path: topic,
      device_id_regex: topic.replace("+", "(?P<deviceid>[^/]+)"),
      qos: 1,
    },
    cache: { timeout: "3m" },
    json_parsing: { separator: "." },
    metrics: [state, ...metrics],
  };
  return `# Written by \`npm run contract\` from protocol/messages/metrics.ts; a test holds it to the code.\n${stringify(document, { lineWidth: 0 })}`;
}
