import {
  defineToken,
  describeShape,
  type PositionOption,
  positionErrors,
  type TokenKeys,
  tokenInteger,
  tokenList,
} from "@agent-assembly/storage-core/backend";
import type { Delivered } from "./delivered.js";
import { MAX_OPEN, type Origin, type Position } from "./position.js";
import { decodeRecent, encodeRecent, RECENT_LIMITS } from "./recent-code.js";

/** A position, and what tells whether a server still has what it includes. */
export interface Place {
  readonly position: Position;
  /** The timeline it was made on; see `audit_timelines`. 0 for the first one. */
  readonly history: number;
  /** What it includes was committed before this byte of the server's log. */
  readonly lsn: number;
  readonly delivered: Delivered;
}

/** A position has the open transactions of two snapshots at most, and the one that was delivered in part. */
const MAX_LISTED = 2 * MAX_OPEN + 1;

/**
 * Origin and database; the first transaction not included, how far below it the open ones are; transaction and row; history
 * and place in its log; the recently delivered ones; how far below the first one not included the first and last unlisted are.
 */
const POSITION = defineToken("tail postgres", [
  tokenInteger(),
  tokenInteger(),
  tokenInteger(),
  tokenList(tokenInteger(1), MAX_LISTED),
  tokenList(tokenInteger(), 2),
  tokenInteger(),
  tokenInteger(),
  tokenInteger(),
  tokenList(tokenInteger(0, RECENT_LIMITS.word), RECENT_LIMITS.words),
  tokenList(tokenInteger(RECENT_LIMITS.leastFar), RECENT_LIMITS.far),
  tokenList(tokenInteger(1), 2),
]);

/** A position as it came back from a client. */
export interface PositionToken {
  readonly option: PositionOption;
  readonly origin: Pick<Origin, "id" | "database">;
  readonly place: Place;
}

/** @returns the text that clients keep */
export function encodePosition({ id, database }: Origin, place: Place, keys: TokenKeys | undefined): string {
  const { next, open, part } = place.position;
  const below = (xact: number): number => next - xact;
  const { newest, words, far } = encodeRecent(place.delivered.recent);
  const { unlisted } = place.delivered;
  return POSITION.encode(
    [
      id,
      database,
      next,
      open.map(below),
      part === undefined ? [] : [part.xact, part.seq],
      place.history,
      place.lsn,
      newest,
      words,
      far,
      unlisted?.map(below) ?? [],
    ],
    { keys },
  );
}

/** @throws `invalid_argument` for a text that no store of this kind made */
export function decodePosition(
  option: PositionToken["option"],
  token: string,
  keys: TokenKeys | undefined,
): PositionToken {
  const [id, database, next, openBelow, [xact, seq], history, lsn, newest, words, far, unlistedBelow] = POSITION.decode(
    option,
    token,
    { keys },
  );
  const open = openBelow.map((distance) => next - distance);
  const part = xact === undefined || seq === undefined ? undefined : { xact, seq };
  const listed = decodeRecent({ newest, words, far });
  const [first, last] = unlistedBelow.map((distance) => next - distance);
  const unlisted = first === undefined || last === undefined ? undefined : ([first, last] as const);
  const isMade =
    open.every((one, i) => one >= 0 && (i === 0 || one > (open[i - 1] as number))) &&
    (xact === undefined || (part !== undefined && open.includes(xact) && listed?.includes(xact) === true)) &&
    newest < next &&
    (first === undefined || (unlisted !== undefined && first >= 0 && unlisted[0] <= unlisted[1]));
  if (!isMade || listed === undefined) {
    throw positionErrors.damaged(option, `is damaged, or was not made by this store (${describeShape(token)})`);
  }
  // The one that was delivered in part is the newest one, whatever its number.
  const recent = xact === undefined ? listed : [...listed.filter((one) => one !== xact), xact];
  const position = { next, open, part };
  return {
    option,
    origin: { id, database },
    place: { position, history, lsn, delivered: { recent, unlisted } },
  };
}
