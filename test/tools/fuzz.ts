import { fuzz } from "../support/fuzz.ts";
import { readCounts } from "../support/tool-arguments.ts";

const HELP = `npm run fuzz -- [messages, 100000 if left out] [seed]

Sends a device invalid bytes, headers, claims, images and model packs. Prints the seed and the outcomes as JSON. Exit code 1 if
an error has no code, memory grows by 20 MB or more, or a message takes 2 s or more. The same seed gives the same messages.
`;

const { messages, seed } = readCounts(HELP, { messages: 100_000, seed: (Date.now() % 1_000_000) + 1 });
process.stderr.write(`seed ${seed}\n`);
const result = await fuzz(messages, seed, (done) => process.stderr.write(`${done} messages\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const { untyped, rssGrowthMb, slowest } = result;
process.exitCode = untyped.length === 0 && rssGrowthMb < 20 && slowest.ms < 2_000 ? 0 : 1;
