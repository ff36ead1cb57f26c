import { killRounds } from "./support/kill.ts";

/** `npm run kill-test -- [rounds] [seed]`: prints what came of it as JSON; exit code 1 when anything was lost. */
const [rounds = "200", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.stderr.write(`seed ${seed}\n`);
const result = await killRounds(Number(rounds), Number(seed), (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const { withoutReport, withTwoReports, chain } = result;
process.exitCode = withoutReport + withTwoReports + chain.length === 0 ? 0 : 1;
