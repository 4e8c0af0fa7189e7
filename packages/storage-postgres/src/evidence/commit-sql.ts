import type { EvidenceBeginning, EvidenceCommit } from "@agent-assembly/storage-core/backend";
import type { Statement } from "../driver/statement.js";
import type { RecordedEvents } from "../records/recorded-events.js";
import { plainArray, textArray } from "../sql/array-literal.js";
import { Bindings } from "../sql/bindings.js";
import { toTimestamp } from "../sql/timestamps.js";
import type { EvidenceTables } from "./tables.js";
import { partsOf } from "./tile-parts.js";

/** Bytes as hexadecimal digits, which need no quotes in an array. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** Of the arguments of the function that records changes. */
const RECORD_TYPES = ["timestamptz", "uuid", "text", "text", "text", "text", "text"];

type Growth = Pick<EvidenceCommit, "tiles" | "batches" | "seeds" | "statements" | "record">;
type Recording = Pick<RecordedEvents, "function" | "valuesOf"> | undefined;

/** Begins a log as one statement. Yields a row where it was begun. */
export function beginStatement(
  tables: EvidenceTables,
  { log, origin, root, chain, size = 0, ...first }: EvidenceBeginning,
  recording: Recording,
): Statement {
  const bindings = new Bindings();
  const number = bindings.bind(log, "integer");
  const begun = `INSERT INTO ${tables.log} (log, origin, size, root, position, chain)
      SELECT ${number}, ${bindings.bind(origin, "text")}, ${bindings.bind(size, "bigint")},
        decode(${bindings.bind(hex(root), "text")}, 'hex'), '', ${bindings.bind(chain, "text")}
      WHERE ${number} = (SELECT count(*) FROM ${tables.log}) + 1
      ON CONFLICT DO NOTHING RETURNING log`;
  const { tiles = [], seeds = [], statements = [], record } = first;
  return growthStatement(tables, begun, { tiles, batches: [], seeds, statements, record }, { bindings, recording });
}

/**
 * Stores what a log grows by as one statement, and so in one transaction. Yields a row where the log was where it must be, and
 * changes nothing otherwise: another sealer's commit that has not ended is waited for, and decides.
 */
export function commitStatement(
  tables: EvidenceTables,
  { log, from, to, ...growth }: EvidenceCommit,
  recording: Recording,
): Statement {
  const bindings = new Bindings();
  const continued = `UPDATE ${tables.log} SET size = ${bindings.bind(to.size, "bigint")},
        root = decode(${bindings.bind(hex(to.root), "text")}, 'hex'), position = ${bindings.bind(to.position, "text")},
        chain = ${bindings.bind(to.chain, "text")}
      WHERE log = ${bindings.bind(log, "integer")} AND size = ${bindings.bind(from.size, "bigint")}
        AND position = ${bindings.bind(from.position, "text")} AND log = (SELECT max(log) FROM ${tables.log})
      RETURNING log`;
  return growthStatement(tables, continued, growth, { bindings, recording });
}

/** @param continued yields the number of the log, where it is to grow */
function growthStatement(
  tables: EvidenceTables,
  continued: string,
  { tiles, batches, seeds, statements, record }: Growth,
  { bindings, recording }: { readonly bindings: Bindings; readonly recording: Recording },
): Statement {
  const numbers = (values: readonly number[], type: string): string => bindings.bind(plainArray(values), `${type}[]`);
  const times = (values: readonly number[]): string =>
    bindings.bind(plainArray(values.map(toTimestamp)), "timestamptz[]");
  const bytes = (values: readonly Uint8Array[]): string => bindings.bind(plainArray(values.map(hex)), "text[]");
  const texts = (values: readonly (string | null)[]): string => bindings.bind(textArray(values), "text[]");
  const parts = [
    `continued AS (
      ${continued})`,
  ];
  if (tiles.length > 0) {
    const stored = tiles.flatMap(partsOf);
    parts.push(`tiles AS (
      INSERT INTO ${tables.hashes} AS t (log, level, idx, part, hashes)
      SELECT c.log, n.level, n.idx, n.part, decode(n.hashes, 'hex') FROM continued AS c, unnest(${numbers(
        stored.map(({ level }) => level),
        "smallint",
      )}, ${numbers(
        stored.map(({ index }) => index),
        "bigint",
      )}, ${numbers(
        stored.map(({ part }) => part),
        "smallint",
      )}, ${bytes(stored.map(({ hashes }) => hashes))}) AS n (level, idx, part, hashes)
      ON CONFLICT (log, level, idx, part) DO UPDATE SET hashes = excluded.hashes WHERE t.hashes <> excluded.hashes)`);
  }
  if (batches.length > 0) {
    const integers = (["first", "count", "firstSeq", "lastSeq"] as const).map((member) =>
      numbers(
        batches.map((batch) => batch[member]),
        "bigint",
      ),
    );
    const transactions = (["first", "last"] as const).map((member) =>
      bindings.bind(textArray(batches.map((batch) => batch.transactions?.[member].toString() ?? null)), "bigint[]"),
    );
    parts.push(`batches AS (
      INSERT INTO ${tables.batches} (log, first, count, first_seq, last_seq, first_xact, last_xact, from_ts, to_ts, seqs)
      SELECT c.log, n.first, n.count::integer, n.first_seq, n.last_seq, n.first_xact, n.last_xact, n.from_ts, n.to_ts,
        decode(n.seqs, 'hex')
      FROM continued AS c, unnest(${integers.join(", ")}, ${transactions.join(", ")}, ${times(batches.map(({ fromTs }) => fromTs))},
        ${times(batches.map(({ toTs }) => toTs))}, ${bytes(batches.map(({ seqs }) => seqs))})
        AS n (first, count, first_seq, last_seq, first_xact, last_xact, from_ts, to_ts, seqs))`);
  }
  if (seeds.length > 0) {
    parts.push(`seeds AS (
      INSERT INTO ${tables.seeds} (log, bundle, depth, path, node)
      SELECT c.log, n.bundle, n.depth, n.path, decode(n.node, 'hex') FROM continued AS c, unnest(${numbers(
        seeds.map(({ bundle }) => bundle),
        "bigint",
      )}, ${numbers(
        seeds.map(({ depth }) => depth),
        "smallint",
      )}, ${numbers(
        seeds.map(({ path }) => path),
        "smallint",
      )}, ${bytes(seeds.map(({ node }) => node))}) AS n (bundle, depth, path, node))`);
  }
  if (statements.length > 0) {
    parts.push(`statements AS (
      INSERT INTO ${tables.statements} (log, leaf, kind, entry, list)
      SELECT c.log, n.leaf, n.kind, n.entry, n.list FROM continued AS c, unnest(${numbers(
        statements.map(({ leaf }) => leaf),
        "bigint",
      )}, ${texts(statements.map(({ kind }) => kind))}, ${texts(statements.map(({ entry }) => entry))},
        ${texts(statements.map(({ list }) => list))}) AS n (leaf, kind, entry, list))`);
  }
  const recorded =
    record === undefined || recording === undefined
      ? ""
      : `, ${recording.function}(${recording
          .valuesOf(record)
          .map((value, at) => bindings.bind(value, RECORD_TYPES[at] as string))
          .join(", ")})`;
  return { text: `WITH ${parts.join(",\n")} SELECT log${recorded} FROM continued`, values: bindings.values };
}
