import type { Identity } from "../../../protocol/messages/contract.ts";
import type { Inference } from "../../inference/inference.ts";
import { identityMessage } from "../../messaging/identity-message.ts";
import type { Settings } from "../../settings/settings.ts";
import type { Parts } from "../parts.ts";

type IdentitySettings = Pick<Settings, "deviceId" | "release">;

/** The identity message of the device. It names the model pack, so it is made again when the pack changes. */
export interface IdentityPart {
  current(): Identity;
  renew(): Promise<Identity>;
}

export async function openIdentity(
  { deviceId, release }: IdentitySettings,
  parts: Pick<Parts, "keys" | "clock">,
  inference: Pick<Inference, "pack">,
): Promise<IdentityPart> {
  const make = () => identityMessage(deviceId, release, parts, inference);
  let identity = await make();
  return {
    current: () => identity,
    async renew() {
      identity = await make();
      return identity;
    },
  };
}
