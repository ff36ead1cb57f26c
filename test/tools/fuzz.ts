import { fuzz } from "../support/fuzz.ts";

/** `npm run fuzz -- [messages] [seed]`: prints what came of it as JSON; exit code 1 for a crash or a leak. */
const [messages = "100000", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.stderr.write(`seed ${seed}\n`);
const result = await fuzz(Number(messages), Number(seed), (done) => process.stderr.write(`${done} messages\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.untyped.length === 0 && result.rssGrowthMb < 20 ? 0 : 1;
