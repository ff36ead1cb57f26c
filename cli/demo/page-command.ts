import { once } from "node:events";
import { setPage } from "./page.ts";
import { openScreen } from "./screen.ts";

/** `demo --page`: serves the counter's page until a signal stops it. */
export async function servePage(port: string, print: (text?: string) => void): Promise<number> {
  const asked = Promise.race(["SIGINT", "SIGTERM"].map((signal) => once(process, signal)));
  const screen = openScreen(process.stdout);
  await using stage = await setPage(screen.light, port, print).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EADDRINUSE") throw error;
    throw new Error(`another program uses port ${port}; name another port, or --port 0 for a free one`, {
      cause: error,
    });
  });
  print(`The counter's page, with a camera that plays a film of a man:

  ${stage.counter.href}

Choose a sample as the ID card's photo, ask for consent, and agree as the customer. "The man in the film" is a match,
"somebody else" is none. Aim shows where the man's face is. The address has a token for one day; keep it to yourself.
Ctrl+C ends it. Below is the camera's light.
`);
  await asked;
  return 0;
}
