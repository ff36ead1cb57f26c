import { DevelopmentDatabase } from "../database/migrate.ts";
import { SettingsRefused } from "../settings/settings.ts";

/** Unknown arguments of the command. */
export class ArgumentsRefused extends Error {
  override readonly name = "ArgumentsRefused";
}

/** The message and exit code of a failed start. The code is 2 if the user must correct something. */
export interface StartFailure {
  readonly text: string;
  readonly code: 1 | 2;
}

/** Explains a failed start. Pure. */
export function startFailure(error: unknown): StartFailure {
  if (error instanceof SettingsRefused || error instanceof ArgumentsRefused || error instanceof DevelopmentDatabase)
    return { text: error.message, code: 2 };
  if (isListening(error)) return { text: addressText(error), code: 1 };
  return { text: (error instanceof Error ? error.stack : undefined) ?? String(error), code: 1 };
}

/** Node's error when the process cannot listen on an address. */
interface ListenError extends NodeJS.ErrnoException {
  readonly address: string;
  readonly port: number;
}

function isListening(error: unknown): error is ListenError {
  return error instanceof Error && "syscall" in error && error.syscall === "listen" && "port" in error;
}

function addressText({ code, address, port }: ListenError): string {
  const why =
    code === "EADDRINUSE" ? "another program listens there" : `this machine does not allow it (${code ?? "unknown"})`;
  return `The gateway cannot listen on ${address}:${port}: ${why}.
Stop that program, or choose another address: MATCHLIGHT_GATEWAY_HOST and MATCHLIGHT_GATEWAY_PORT for HTTP,
MATCHLIGHT_GATEWAY_BROKER_PORT for the embedded broker.`;
}
