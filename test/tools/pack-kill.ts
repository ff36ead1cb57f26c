import { packKillRounds } from "../support/pack-kill.ts";

/** `npm run pack-kill -- [rounds] [seed]`: prints what came of it as JSON; exit code 1 when half a pack was in force. */
const [rounds = "50", seed = String(Date.now() % 1_000_000)] = process.argv.slice(2);
if (!(Number(rounds) > 0)) throw new Error("how many? a number of at least 1");
process.stderr.write(`seed ${seed}\n`);
const result = await packKillRounds(Number(rounds), Number(seed), (line) => process.stderr.write(`${line}\n`));
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exitCode = result.halfPacks.length === 0 && result.wentIn && result.cameOut ? 0 : 1;
