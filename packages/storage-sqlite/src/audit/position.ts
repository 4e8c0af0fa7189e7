import {
  defineToken,
  type PositionOption,
  positionErrors,
  type TokenContext,
  tokenInteger,
} from "@agent-assembly/storage-core/backend";
import type { StatementCache } from "../driver/statement-cache.js";

/** History, opening, and sequence number of `audit_events`. */
const POSITION = defineToken("tail sqlite", [tokenInteger(), tokenInteger(), tokenInteger()]);

const HISTORIES = "SELECT history_id, last_seq FROM store_histories ORDER BY number DESC";

/** The opening that a sequence number was given out in, or an earlier one where that writer recorded none. */
const OPENING_OF = "SELECT opening_id FROM store_openings WHERE first_seq <= ? ORDER BY number DESC LIMIT 1";

/** No opening: before the first one. */
const NO_OPENING = 0;

type TokenOptions = Pick<TokenContext, "keys">;

/**
 * Positions in commit order as text. A sequence number alone would not do: a file that was put back, or copied, gives the
 * same numbers to other events.
 */
export class Positions {
  constructor(
    private readonly statements: StatementCache,
    private readonly tokens: TokenOptions,
  ) {}

  /** @param seq of a commit that can be read, or 0 */
  encode(seq: number): string {
    const [history] = this.#histories();
    return POSITION.encode([history?.[0] ?? 0, this.#openingOf(seq), seq], this.tokens);
  }

  /**
   * @param newest sequence number
   * @returns the sequence number
   * @throws `invalid_argument` for a text that no store made, and for what another store, or an undone state, made
   */
  decode(option: PositionOption, token: string, newest: number): number {
    const [history, opening, seq] = POSITION.decode(option, token, this.tokens);
    const known = this.#histories();
    const found = known.findIndex(([id]) => id === history);
    // Up to where it was copied from, a store has what the original has; but a follower may have been given more by it.
    const isShared = found === 0 || (found > 0 && option === "asOf" && seq <= (known[found]?.[1] ?? 0));
    if (!isShared) throw positionErrors.otherHistory(option, "restored from a backup");
    if (seq > newest || opening !== this.#openingOf(seq)) throw positionErrors.ahead(option);
    return seq;
  }

  #histories(): [id: number, last: number | null][] {
    return this.statements.rows<[number, number | null]>(HISTORIES).all();
  }

  #openingOf(seq: number): number {
    return this.statements.rows<[number]>(OPENING_OF).all(seq)[0]?.[0] ?? NO_OPENING;
  }
}
