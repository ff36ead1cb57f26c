import { packKillRounds } from "../support/pack-kill.ts";
import { readCounts } from "../support/tool-arguments.ts";

const HELP = `npm run pack-kill -- [rounds, 50 if left out] [seed]

Kills a device (SIGKILL) at random moments while a model pack is uploaded, activated and rolled back. Prints the seed and the
outcomes as JSON. Exit code 1 if half a pack was ever in force, or no pack was activated, or none was rolled back.
`;

const { rounds, seed } = readCounts(HELP, { rounds: 50, seed: (Date.now() % 1_000_000) + 1 });
process.stderr.write(`seed ${seed}\n`);
const result = await packKillRounds(rounds, seed, (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.halfPacks.length === 0 && result.wentIn && result.cameOut ? 0 : 1;
