import type { Addon, CaptureHandle, GrantedFormat, TakenFrame } from "../addon.ts";
import { asDriverError, DriverError } from "../errors.ts";
import type { Capture, Frame, FrameSink, PixelFormat } from "./camera.ts";
import { FRAMES_OUT, framePool } from "./frame-pool.ts";

/** An open camera with a negotiated format. */
export interface Stream {
  readonly addon: Addon;
  readonly handle: CaptureHandle;
  readonly node: string;
  readonly format: PixelFormat;
  readonly granted: GrantedFormat;
  readonly about: string;
  /** After this time without a good frame the camera is silent. */
  readonly silentAfterMs: number;
}

const NOTHING = new Uint8Array(0);

/**
 * Starts the stream. If it cannot, it throws DriverError and closes the camera. `closed` is called when the camera is
 * closed.
 */
export function startStream(stream: Stream, sink: FrameSink, closed: () => void): Capture {
  const { addon, handle, granted } = stream;
  const pool = framePool(granted.imageBytes, FRAMES_OUT);
  const counts = { taken: 0, givenBack: 0, lost: 0, dropped: 0, damaged: 0 };
  let first: number | undefined;
  let last = -1;
  let passedOver = 0;
  let damagedOnEnd = 0;
  let over = false;

  const end = () => {
    over = true;
    clearTimeout(silence);
    addon.closeCapture(handle);
  };
  const fail = (error: DriverError) => {
    if (over) return;
    end();
    sink.failed(error);
  };
  /** Counts arrived frames. A gap between two sequence numbers is lost frames. */
  const account = (taken: TakenFrame) => {
    const { skipped, flagged, empty } = taken;
    counts.dropped += skipped;
    counts.damaged += flagged + empty;
    damagedOnEnd += flagged + empty;
    passedOver += skipped + flagged + empty;
    if (!taken.taken) return;
    first ??= taken.sequence;
    counts.lost += Math.max(0, taken.sequence - first - last - 1 - passedOver);
    last = taken.sequence - first;
    passedOver = 0;
    damagedOnEnd = 0;
    silence.refresh();
  };
  const deliver = (buffer: Uint8Array, taken: TakenFrame) => {
    counts.taken++;
    sink.frame(
      toFrame(stream, buffer, taken, last, () => {
        counts.givenBack++;
        pool.giveBack(buffer, taken.bytes);
      }),
    );
  };
  const fetch = () => {
    const buffer = pool.borrow();
    const taken = addon.takeFrame(handle, buffer ?? NOTHING);
    account(taken);
    if (buffer && taken.taken) deliver(buffer, taken);
    else if (buffer) pool.giveBack(buffer, 0);
    else if (taken.taken) counts.dropped++;
  };
  const ready = (status: number) => {
    if (over) return;
    try {
      fetch();
      if (status < 0) fail(new DriverError("failed", `the camera ${stream.node} ended its stream: plug it in again`));
    } catch (error) {
      fail(asDriverError(error, "the camera"));
    }
  };
  const silence = setTimeout(() => fail(silent(stream, damagedOnEnd)), stream.silentAfterMs);
  try {
    addon.startCapture(handle, ready);
  } catch (error) {
    end();
    throw asDriverError(error, "the camera");
  }
  return {
    about: stream.about,
    counts: () => ({ ...counts }),
    async [Symbol.asyncDispose]() {
      if (!over) end();
      closed();
    },
  };
}

function toFrame(
  { format, granted }: Stream,
  buffer: Uint8Array,
  { bytes, takenAtUs }: TakenFrame,
  sequence: number,
  giveBack: () => void,
): Frame {
  const { width, height, strideBytes } = granted;
  const data = buffer.subarray(0, bytes);
  return { format, width, height, strideBytes, data, sequence, takenAtMs: takenAtUs / 1000, giveBack };
}

function silent({ node, silentAfterMs }: Stream, damaged: number): DriverError {
  if (damaged > 0) {
    return new DriverError("damaged", `the camera ${node} sends only damaged pictures: use another cable or port`, {
      node,
    });
  }
  return new DriverError(
    "silent",
    `the camera ${node} has sent no picture for ${silentAfterMs} ms: unplug it and plug it in again`,
    { node },
  );
}
