import { setTimeout as sleep } from "node:timers/promises";
import type { ReportClaims } from "../../protocol/messages/contract.ts";

/** The result of one customer. */
export interface Served {
  readonly device: string;
  /** The report's decision, or the reason why there is no report. */
  readonly ended: string;
  readonly atMs: number;
}

/** All customers of a camera. */
export interface Counted {
  readonly served: readonly Served[];
  /** Counts a customer. */
  serve(device: string, customer: () => Promise<ReportClaims>): Promise<ReportClaims>;
}

export function countCustomers(): Counted {
  const served: Served[] = [];
  return {
    served,
    async serve(device, customer) {
      const count = (ended: string) => served.push({ device, ended, atMs: performance.now() });
      try {
        const claims = await customer();
        count(claims.decision);
        return claims;
      } catch (error) {
        count(error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
  };
}

/** Customers who come to cameras, until disposal. */
export interface Customers extends AsyncDisposable {
  /** Adds cameras that customers come to. */
  comeTo(devices: readonly string[]): void;
}

interface Serving {
  readonly served: readonly Served[];
  serve(device: string): Promise<ReportClaims>;
}

/**
 * Customers at the same time: more than the processors could serve at once, because most of a verification is waiting for the
 * person.
 */
const AT_A_TIME = 3;

/** Customers go to the camera with the fewest so far, one to a camera at a time. */
export function letCustomersCome({ served, serve }: Serving): Customers {
  const free: string[] = [];
  let open = true;
  const count = (device: string) => served.filter((one) => one.device === device).length;
  const takeFree = () => {
    const [fewest] = free.toSorted((a, b) => count(a) - count(b));
    if (fewest !== undefined) free.splice(free.indexOf(fewest), 1);
    return fewest;
  };
  const lane = async () => {
    while (open) {
      const device = takeFree();
      if (device === undefined) await sleep(100);
      else {
        // The result is counted already.
        await serve(device).catch(() => undefined);
        free.push(device);
      }
    }
  };
  const lanes = Promise.all(Array.from({ length: AT_A_TIME }, lane));
  return {
    comeTo: (devices) => void free.push(...devices),
    async [Symbol.asyncDispose]() {
      open = false;
      await lanes;
    },
  };
}
