import type { HoldDriver, HoldRow } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { untilUndisturbed } from "../driver/undisturbed.js";
import type { Value } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";

type StoredHold = readonly [
  holdId: string,
  agentId: string | null,
  teamId: string | null,
  from: string | null,
  to: string | null,
  reason: string,
  actor: string,
  placedAt: string,
  releasedAt: string | null,
  releaseActor: string | null,
  releaseReason: string | null,
];

const COLUMNS =
  "hold_id, agent_id, team_id, from_ts, to_ts, reason, actor, placed_at, released_at, release_actor, release_reason";

/**
 * Places and releases holds by the functions of the schema, which set the times and run as the owner of the table: no role may
 * change the table itself.
 */
export class PostgresHoldDriver implements HoldDriver {
  readonly #schema: string;

  constructor(private readonly pool: Pool) {
    this.#schema = quoteIdentifier(pool.options.schema);
  }

  place({ holdId, agentId, teamId, from, to, reason, actor }: HoldRow): Promise<HoldRow | undefined> {
    const times = [from, to].map((ms) => (ms === null ? null : toTimestamp(ms)));
    return this.#call(
      "place_legal_hold($1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::text, $7::text)",
      [holdId, agentId, teamId, ...times, reason, actor],
    );
  }

  release(
    holdId: string,
    { actor, reason }: { readonly actor: string; readonly reason: string },
  ): Promise<HoldRow | undefined> {
    return this.#call("release_legal_hold($1::uuid, $2::text, $3::text)", [holdId, actor, reason]);
  }

  async #call(call: string, values: readonly Value[]): Promise<HoldRow | undefined> {
    const text = `SELECT ${COLUMNS} FROM ${this.#schema}.${call}`;
    const [row] = await untilUndisturbed(() =>
      this.pool.run((sql) => rows<StoredHold>(sql, { text, values }, this.pool.options.prepare)),
    );
    return row && toRow(row);
  }
}

function toRow(stored: StoredHold): HoldRow {
  const [holdId, agentId, teamId, from, to, reason, actor, placedAt, releasedAt, releaseActor, releaseReason] = stored;
  const time = (text: string | null): number | null => (text === null ? null : fromTimestamp(text));
  return {
    holdId,
    agentId,
    teamId,
    from: time(from),
    to: time(to),
    reason,
    actor,
    placedAt: fromTimestamp(placedAt),
    releasedAt: time(releasedAt),
    releaseActor,
    releaseReason,
  };
}
