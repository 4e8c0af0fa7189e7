import type { JsonObject } from "@agent-assembly/storage-core";
import { readTime } from "../../calls/times.js";
import { asText } from "../../calls/values.js";

/** A user does not answer within this time, and a copy takes no longer from line to line. In milliseconds. */
const PAUSE = 1000;

interface Session {
  readonly id: string;
  /** When it began; absent where that is not known. */
  readonly ms: number | undefined;
  readonly forkedFrom: string | undefined;
}

/**
 * Tells which lines of a rollout were copied from another one. A fork begins with its own `session_meta`, then has the history of
 * the session it was made of, with that one's `session_meta`, and with the time of the copy in place of each line's own.
 */
export class CopiedHistory {
  #own: Session | undefined;
  #copying = false;
  /** A turn of the file has an id that says when it began, so the first one of the fork will too. */
  #turnsHaveTimes = false;
  #last: number | undefined;
  /** Nothing but `session_meta` so far. */
  #atStart = true;

  get copying(): boolean {
    return this.#copying;
  }

  /** The session that the file is of. */
  get sessionId(): string | undefined {
    return this.#own?.id;
  }

  /** @returns whether the line belongs to the session that the file is of */
  meta(payload: JsonObject, lineMs: number | undefined): boolean {
    const id = asText(payload.id) ?? asText(payload.session_id);
    if (id === undefined) return true;
    const ms = timeOfUuid(id) ?? readTime(payload.timestamp, "UTC")?.ms ?? lineMs;
    const own = this.#own;
    if (own !== undefined && id !== own.id) {
      const older = ms !== undefined && own.ms !== undefined && ms < own.ms;
      const copied = id === own.forkedFrom || (older && (this.#copying || this.#atStart));
      if (copied) {
        this.#copying = true;
        this.#last = lineMs;
        return false;
      }
    }
    // Of another session when files were put together.
    if (own?.id !== id) {
      this.#own = { id, ms, forkedFrom: asText(payload.forked_from_id) };
      this.#copying = false;
      this.#turnsHaveTimes = false;
      this.#atStart = true;
    }
    this.#last = lineMs;
    return true;
  }

  /** A line that is no `session_meta` came by. @param turnId of a turn that begins there */
  line(lineMs: number | undefined, turnId: string | undefined): void {
    this.#atStart = false;
    const last = this.#last;
    if (lineMs !== undefined) this.#last = lineMs;
    if (!this.#copying) return;
    const began = turnId === undefined ? undefined : timeOfUuid(turnId);
    if (began !== undefined) {
      this.#turnsHaveTimes = true;
      if (this.#own?.ms === undefined || began >= this.#own.ms) this.#copying = false;
    } else if (!this.#turnsHaveTimes && lineMs !== undefined && last !== undefined && lineMs - last >= PAUSE) {
      this.#copying = false;
    }
  }
}

/** The time in a UUID of version 7, in milliseconds. */
function timeOfUuid(id: string): number | undefined {
  const hex = /^([0-9a-f]{8})-([0-9a-f]{4})-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/i.exec(id);
  return hex === null ? undefined : Number.parseInt(`${hex[1]}${hex[2]}`, 16);
}
