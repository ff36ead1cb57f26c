import type { TrialCamera } from "../camera.ts";
import { runFleet } from "../operator-commands.ts";
import type { Stage } from "../stage.ts";
import { promise, type Steps } from "../steps.ts";

const NOWHERE = "MATCHLIGHT_BROKER_URL=mqtts://localhost:9";

/** Sends a wrong broker address to one camera. The camera must undo the change by itself, and serve. */
export async function playBadSetting({ fleet, verify }: Stage, steps: Steps, camera: TrialCamera): Promise<void> {
  const { name: device } = camera;
  await steps.step("bad setting undone by itself", device, async () => {
    const { code, printed } = await runFleet("settings", device, "set", NOWHERE, "--fleet", fleet.fleetFile);
    promise(code === 1 && printed.includes("Undone"), `exit code ${code}: ${printed}`);
    return printed.split("\n").find((text) => text.startsWith("Undone")) ?? "";
  });
  await steps.step("bad setting undone: verify", device, () => verify(device));
}
