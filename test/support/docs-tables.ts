import { replaceBlock } from "../../cli/console/docs-block.ts";
import { FAULTS } from "../../device/faults.ts";
import { SETTINGS, type Setting } from "../../device/settings/settings.ts";
import { HEALTH_RULES } from "../../device/status/health-rules.ts";
import { PROBLEMS } from "../../gateway/http/problem.ts";
import { SETTINGS as GATEWAY_SETTINGS } from "../../gateway/settings/settings.ts";
import { APPROVAL_REFUSALS } from "../../protocol/identity/approval.ts";
import { METRICS } from "../../protocol/messages/metrics.ts";
import { COMMAND_REFUSALS, COMMAND_REMEDIES, REFUSALS, REMEDIES } from "../../protocol/messages/refusals.ts";
import { lightPicture, lightRows, wiringPicture } from "./drawings.ts";
import { gatewayBounds } from "./gateway-bounds.ts";
import { LOG_EVENTS } from "./log-events.ts";
import { readText } from "./sources.ts";

/** The pages with tables and the pictures that are made from the code, by their paths, as they should be. */
export function pagesWithTables(): ReadonlyMap<string, string> {
  const pages = new Map([
    ["docs/pictures/light.svg", lightPicture()],
    ["docs/pictures/wiring.svg", wiringPicture()],
  ]);
  for (const [path, name, table] of [...contractTables(), ...gatewayTables(), ...deviceTables()]) {
    pages.set(path, replaceBlock(pages.get(path) ?? readText(path), name, table));
  }
  return pages;
}

type Table = readonly [path: string, name: string, table: string];

function gatewayTables(): readonly Table[] {
  return [
    [
      "docs/GATEWAY.md",
      "settings",
      table(
        ["variable", "default", "what it is"],
        Object.values(GATEWAY_SETTINGS).map(({ variable, standard, sentence }) => [
          code(variable),
          code(standard),
          sentence,
        ]),
      ),
    ],
    [
      "docs/GATEWAY.md",
      "problems",
      table(
        ["code", "status", "what it means"],
        Object.entries(PROBLEMS).map(([name, [status, meaning]]) => [code(name), String(status), meaning]),
      ),
    ],
    ["docs/BOUNDS.md", "gateway", table(["what", "bound"], gatewayBounds())],
  ];
}

function contractTables(): readonly Table[] {
  const page = "docs/CONTRACT.md";
  return [
    [page, "refusals", refusalTable(REFUSALS, REMEDIES)],
    [page, "approval refusals", table(["code", "what it means"], rowsOf(APPROVAL_REFUSALS))],
    [page, "command refusals", refusalTable(COMMAND_REFUSALS, COMMAND_REMEDIES)],
  ];
}

function refusalTable(meanings: Readonly<Record<string, string>>, remedies: Readonly<Record<string, string>>): string {
  const rows = Object.entries(meanings).map(([name, meaning]) => [code(name), meaning, remedies[name] ?? ""]);
  return table(["code", "what it means", "what to do"], rows);
}

const rowsOf = (meanings: Readonly<Record<string, string>>) =>
  Object.entries(meanings).map(([name, meaning]) => [code(name), meaning]);

const REMOTE_CHANGE = { at_once: "At once.", if_reached: "If the broker is reached.", never: "Never." } as const;

function deviceTables(): readonly Table[] {
  const settings: readonly Setting<unknown>[] = Object.values(SETTINGS);
  return [
    ["README.md", "light", table(["light", "means"], lightRows())],
    [
      "docs/CONFIGURATION.md",
      "settings",
      table(
        ["variable", "default", "what it is", "remote change"],
        settings.map(({ variable, standard, sentence, remote }) => [
          code(variable),
          standard === undefined ? "must be set" : code(standard),
          sentence,
          `${REMOTE_CHANGE[remote.change]} ${remote.why}`,
        ]),
      ),
    ],
    [
      "docs/FAULTS.md",
      "faults",
      table(
        ["code", "weight", "what it means", "what to do"],
        Object.entries(FAULTS).map(([name, { weight, meaning, remedy }]) => [code(name), weight, meaning, remedy]),
      ),
    ],
    [
      "docs/HEALTH.md",
      "codes",
      table(
        ["code", "state", "the process", "what it means", "what to do"],
        Object.entries(HEALTH_RULES).map(([name, { state, restart, meaning, remedy }]) => [
          code(name),
          state,
          restart ? "ends" : "stays up",
          meaning,
          remedy,
        ]),
      ),
    ],
    [
      "docs/HEALTH.md",
      "metrics",
      table(
        ["metric", "kind", "what it is"],
        Object.entries(METRICS).map(([name, { kind, sentence }]) => [code(name), kind, sentence]),
      ),
    ],
    [
      "docs/LOG.md",
      "events",
      table(
        ["event", "fields", "what happened"],
        Object.entries(LOG_EVENTS).map(([name, { fields, meaning }]) => [
          code(name),
          fields.map(code).join(", "),
          meaning,
        ]),
      ),
    ],
  ];
}

const code = (text: string) => `\`${text}\``;

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "&#124;")).join(" | ")} |\n`;
  return [head, head.map(() => "---"), ...rows].map(line).join("");
}
