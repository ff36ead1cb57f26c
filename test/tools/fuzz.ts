import { fuzz } from "../support/fuzz.ts";

/** `npm run fuzz -- [messages] [seed]`: prints what came of it as JSON; exit code 1 for a crash, a leak, or a message of more than 2 s. */
const [messages = "100000", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.stderr.write(`seed ${seed}\n`);
const result = await fuzz(Number(messages), Number(seed), (done) => process.stderr.write(`${done} messages\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const { untyped, rssGrowthMb, slowest } = result;
process.exitCode = untyped.length === 0 && rssGrowthMb < 20 && slowest.ms < 2_000 ? 0 : 1;
