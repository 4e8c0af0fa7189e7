import { createHash } from "node:crypto";
import { codeOf } from "@agent-assembly/storage-core/backend";
import { type KeyKind, scriptError } from "./errors.js";

/** Where scripts run. */
export interface ScriptRunner {
  send(key: string | undefined, args: readonly string[]): Promise<unknown>;
}

/** A script that a server runs with nothing in between; sent once, then named by its digest. */
export class RedisScript {
  readonly #digest: string;

  /** @param kind what its keys are for */
  constructor(
    private readonly kind: KeyKind,
    private readonly text: string,
  ) {
    this.#digest = createHash("sha1").update(text).digest("hex");
  }

  /** @param keys all in one slot; one at least */
  run(on: ScriptRunner, keys: readonly string[], args: readonly (string | number)[]): Promise<unknown> {
    const command = ["EVALSHA", this.#digest, String(keys.length), ...keys];
    for (const arg of args) command.push(String(arg));
    // One handler: each further one costs a promise for every command that does well.
    return on.send(keys[0], command).catch((error: unknown) => {
      if (!isUnknownScript(error)) throw scriptError(error, this.kind);
      return on.send(keys[0], ["EVAL", this.text, ...command.slice(2)]).catch((again: unknown) => {
        throw scriptError(again, this.kind);
      });
    });
  }
}

/** The server was restarted, or another one of the cluster asked. */
function isUnknownScript(error: unknown): boolean {
  return codeOf((error as { cause?: unknown }).cause) === "NOSCRIPT";
}

/** Lua that sets `now`: the server's clock, milliseconds since the epoch. */
export const NOW_LUA = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
`;
