import { fuzzCarrier } from "../support/fuzz-carrier.ts";
import { readCounts } from "../support/tool-arguments.ts";

const HELP = `npm run fuzz-carrier -- [messages, 100000 if left out] [seed]

Sends a carrier's connection nested, oversized and invalid messages, and damaged keys. Prints the seed and the outcomes as JSON.
Exit code 1 if an error has no code, memory grows by 20 MB or more, or a message takes 2 s or more.
`;

const { messages, seed } = readCounts(HELP, { messages: 100_000, seed: (Date.now() % 1_000_000) + 1 });
process.stderr.write(`seed ${seed}\n`);
const result = await fuzzCarrier(messages, seed);
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.untyped.length === 0 && result.slowestMs < 2_000 && result.rssGrowthMb < 20 ? 0 : 1;
