import type { HoldDriver, HoldRow, RecordChange } from "@agent-assembly/storage-core/backend";
import type { Pool } from "../driver/pool.js";
import { rows } from "../driver/statement.js";
import { sqlOfLimits, untilUndisturbed } from "../driver/undisturbed.js";
import type { Value } from "../sql/bindings.js";
import { quoteIdentifier } from "../sql/identifiers.js";
import { fromTimestamp, toTimestamp } from "../sql/timestamps.js";
import type { RecordedEvents } from "./recorded-events.js";

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

  /** @param events where changes are recorded; default: nowhere */
  constructor(
    private readonly pool: Pool,
    private readonly events?: RecordedEvents | undefined,
  ) {
    this.#schema = quoteIdentifier(pool.options.schema);
  }

  place(
    { holdId, agentId, teamId, from, to, reason, actor }: HoldRow,
    record: RecordChange<HoldRow>,
  ): Promise<HoldRow | undefined> {
    const times = [from, to].map((ms) => (ms === null ? null : toTimestamp(ms)));
    return this.#call(
      "place_legal_hold($1::uuid, $2::text, $3::text, $4::timestamptz, $5::timestamptz, $6::text, $7::text)",
      [holdId, agentId, teamId, ...times, reason, actor],
      record,
    );
  }

  release(
    holdId: string,
    { actor, reason }: { readonly actor: string; readonly reason: string },
    record: RecordChange<HoldRow>,
  ): Promise<HoldRow | undefined> {
    return this.#call("release_legal_hold($1::uuid, $2::text, $3::text)", [holdId, actor, reason], record);
  }

  async #call(call: string, values: readonly Value[], record: RecordChange<HoldRow>): Promise<HoldRow | undefined> {
    const text = `SELECT ${COLUMNS} FROM ${this.#schema}.${call}`;
    const { options } = this.pool;
    const { events } = this;
    await events?.ready();
    const hold = await untilUndisturbed(() =>
      this.pool.transaction(async (sql) => {
        if (!options.prepare) await sql.unsafe(sqlOfLimits(options));
        const [row] = await rows<StoredHold>(sql, { text, values }, options.prepare);
        if (row === undefined) return undefined;
        const stored = toRow(row);
        const event = record(undefined, stored, stored.releasedAt ?? stored.placedAt);
        if (event !== undefined && events !== undefined) await rows(sql, events.statement(event), options.prepare);
        return stored;
      }),
    );
    if (hold !== undefined) events?.committed();
    return hold;
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
