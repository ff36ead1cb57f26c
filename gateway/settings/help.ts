import { SETTINGS } from "./settings.ts";

/** What `npm run gateway -- --help` prints. */
export function helpText(): string {
  const settings = Object.values(SETTINGS).map(
    ({ variable, standard, sentence }) => `  ${variable} (${standard})\n      ${sentence}`,
  );
  return `npm run gateway                                 serve until a signal comes
npm run gateway -- --check                      try settings, database and broker, and serve nothing
npm run gateway -- token --scope "shop:north"   print a token for trying it out: fleet, camera:<id>, shop:<name>
npm run gateway -- --help

Without settings, PostgreSQL and the broker are in this process. Settings are environment variables:

${settings.join("\n")}

Exit code: 0 stopped or fine, 1 failed, 2 a setting is refused.`;
}
