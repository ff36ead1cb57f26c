import type { AnswerClaims, Operator, ReportedClaims } from "../../carrier/client.ts";
import { print } from "../console/print.ts";
import { printTable } from "../console/table.ts";
import { oneLine } from "../console/visible.ts";
import { type CameraFlags, connectOperator } from "./broker-options.ts";

/** Runs a command of the operator, prints the device's answer, and returns the exit code: 0 done, 1 refused. */
export async function operate(
  flags: CameraFlags & { readonly json?: boolean },
  work: (operator: Operator) => Promise<AnswerClaims>,
): Promise<number> {
  await using operator = await connectOperator(flags);
  const answer = await work(operator);
  if (flags.json) print(JSON.stringify(answer));
  else printAnswer(answer);
  return answer.outcome === "refused" ? 1 : 0;
}

function printAnswer(answer: AnswerClaims): void {
  if (answer.outcome === "refused") {
    print(oneLine(`${answer.iss} refused: ${answer.code}: ${answer.because}`));
    print("What was in force still is; docs/CONTRACT.md says what to do for each code.");
  } else {
    print(`${answer.iss}: ${answer.outcome}. In force now:`);
  }
  printInForce(answer);
}

/** Prints the configuration in force. */
export function printInForce({ config, packs }: Pick<ReportedClaims, "config" | "packs">): void {
  const { active, previous, ready, incoming } = packs;
  printTable(
    ["what", "in force", "from"],
    [
      ...Object.entries(config).map(([name, { value, from }]) => [name, value, from]),
      ["model pack", `${active.id} ${active.hash.slice(0, 16)}`, active.from],
      ["  a roll-back gives", previous?.slice(0, 16) ?? "-", ""],
      ["  ready", ready.map((one) => one.slice(0, 16)).join(", ") || "-", ""],
      ...(incoming ? [["  on its way", `${incoming.receivedBytes} of ${incoming.sizeBytes} bytes`, ""]] : []),
    ],
  );
}
