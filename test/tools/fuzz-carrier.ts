import { fuzzCarrier } from "../support/fuzz-carrier.ts";

/** `npm run fuzz-carrier -- [messages] [seed]`: the same for a carrier's end; exit code 1 for an error, a wait or a leak. */
const [messages = "100000", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
process.stderr.write(`seed ${seed}\n`);
const result = await fuzzCarrier(Number(messages), Number(seed));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.untyped.length === 0 && result.slowestMs < 2_000 && result.rssGrowthMb < 20 ? 0 : 1;
