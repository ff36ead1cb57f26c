import type { AimFeed, AimNews } from "../../verifications/feed.ts";
import type { ServerEvent } from "../route.ts";

/**
 * The aim counts as unanswered after this silence. A camera that aims sends about five messages a second, even when nobody is in
 * view.
 */
export const SILENT_MS = 8_000;

/**
 * Gives the messages of an aim until the aim ends or the reader disconnects; then the camera is asked to stop. A slow reader gets
 * only the newest message, because an old position of a face is useless.
 */
export function openAimEvents(
  aims: AimFeed,
  aim: { readonly device: string; readonly id: string },
  signal: AbortSignal,
  stop: () => Promise<void>,
): AsyncIterable<ServerEvent> {
  let newest: AimNews | undefined;
  let isOver = false;
  let wake: () => void = () => undefined;
  const unsubscribe = aims.subscribe(aim.device, aim.id, (news) => {
    if (isOver) return;
    newest = news;
    isOver = isLast(news);
    wake();
  });
  const next = async (): Promise<AimNews | undefined> => {
    if (!newest && !signal.aborted) {
      const silent = setTimeout(() => wake(), SILENT_MS);
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
      clearTimeout(silent);
    }
    const taken = newest;
    newest = undefined;
    return taken;
  };
  const leave = () => {
    unsubscribe();
    wake();
    // If the camera cannot be reached, it stops at the end of its time.
    if (!isOver) void stop().catch(() => undefined);
  };
  // A signal that is already aborted sends no event, and nothing was asked of the camera yet.
  if (signal.aborted) unsubscribe();
  else signal.addEventListener("abort", leave, { once: true });
  return written(aim.id, next, signal);
}

async function* written(
  id: string,
  next: () => Promise<AimNews | undefined>,
  signal: AbortSignal,
): AsyncGenerator<ServerEvent, void> {
  yield { event: "begun", data: { id } };
  while (!signal.aborted) {
    const news = await next();
    if (signal.aborted) return;
    if (!news) return yield { event: "unanswered", data: { id } };
    if (news.kind === "refused") return yield { event: "refused", data: { code: news.code, because: news.because } };
    yield { event: "aim", data: news.aim };
    if (isLast(news)) return;
  }
}

const isLast = (news: AimNews) => news.kind === "refused" || news.aim.ended !== undefined;
