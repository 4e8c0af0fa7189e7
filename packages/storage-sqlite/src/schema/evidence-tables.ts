import { blob, index, integer, primaryKey, sqliteTable, text } from "drizzle-orm/sqlite-core";

/** The tables of evidence, as `tables.ts` describes the others. Times are milliseconds since the epoch. */

export const evidenceLog = sqliteTable("evidence_log", {
  log: integer("log").primaryKey(),
  origin: text("origin").notNull(),
  size: integer("size").notNull(),
  root: blob("root", { mode: "buffer" }).notNull(),
  position: text("position").notNull(),
  chain: text("chain").notNull(),
});

export const evidenceHashes = sqliteTable(
  "evidence_hashes",
  {
    log: integer("log").notNull(),
    level: integer("level").notNull(),
    index: integer("idx").notNull(),
    hashes: blob("hashes", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.level, table.index] })],
);

export const evidenceBatches = sqliteTable(
  "evidence_batches",
  {
    log: integer("log").notNull(),
    first: integer("first").notNull(),
    count: integer("count").notNull(),
    firstSeq: integer("first_seq").notNull(),
    lastSeq: integer("last_seq").notNull(),
    fromTs: integer("from_ts").notNull(),
    toTs: integer("to_ts").notNull(),
    seqs: blob("seqs", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.first] })],
);

export const evidenceSeeds = sqliteTable(
  "evidence_seeds",
  {
    log: integer("log").notNull(),
    bundle: integer("bundle").notNull(),
    depth: integer("depth").notNull(),
    path: integer("path").notNull(),
    node: blob("node", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.bundle, table.depth, table.path] })],
);

export const evidenceStatements = sqliteTable(
  "evidence_statements",
  {
    log: integer("log").notNull(),
    leaf: integer("leaf").notNull(),
    kind: text("kind").notNull(),
    entry: text("entry").notNull(),
    list: text("list"),
  },
  (table) => [primaryKey({ columns: [table.log, table.leaf] })],
);

export const evidenceParts = sqliteTable(
  "evidence_parts",
  {
    log: integer("log").notNull(),
    leaf: integer("leaf").notNull(),
    place: integer("place").notNull(),
    isErased: integer("is_erased").notNull(),
    bytes: blob("bytes", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.leaf, table.place] })],
);

export const evidenceMoved = sqliteTable(
  "evidence_moved",
  {
    log: integer("log").notNull(),
    leaf: integer("leaf").notNull(),
    seq: integer("seq").notNull(),
    archive: text("archive").notNull().default(""),
    manifest: text("manifest").notNull().default(""),
  },
  (table) => [primaryKey({ columns: [table.log, table.leaf] }), index("evidence_moved_seq").on(table.seq)],
);

export const evidenceCheckpoints = sqliteTable(
  "evidence_checkpoints",
  {
    log: integer("log").notNull(),
    size: integer("size").notNull(),
    note: text("note").notNull(),
    at: integer("at").notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.size] })],
);

export const evidenceAnchors = sqliteTable(
  "evidence_anchors",
  {
    log: integer("log").notNull(),
    size: integer("size").notNull(),
    kind: text("kind").notNull(),
    target: text("target").notNull(),
    at: integer("at").notNull(),
    receipt: blob("receipt", { mode: "buffer" }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.log, table.size, table.kind, table.target] })],
);

export const evidenceVerifications = sqliteTable("evidence_verifications", {
  verificationId: text("verification_id").notNull().primaryKey(),
  log: integer("log").notNull(),
  startedAt: integer("started_at").notNull(),
  storedAt: integer("stored_at").notNull(),
  report: text("report").notNull(),
});
