import { createHash } from "node:crypto";
import { invalidMigration } from "./errors.js";

/** What a header line such as `--! breaking` can say about a migration. */
export const MIGRATION_FLAGS = ["breaking", "no-transaction"] as const;

export type MigrationFlag = (typeof MIGRATION_FLAGS)[number];

/** One forward step of a schema. */
export interface Migration {
  /** 1, 2, 3, ... without gaps. */
  readonly version: number;
  /** The file name, e.g. `0001_initial.sql`. */
  readonly name: string;
  /** LF line endings. */
  readonly sql: string;
  /** SHA-256 of `sql`, lower-case hex. */
  readonly checksum: string;
  readonly flags: ReadonlySet<MigrationFlag>;
}

const FILE_NAME = /^(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/;
const FLAG_LINE = /^--!\s*(\S.*?)\s*$/;

/**
 * Reads one migration file. Flags stand in the header: the comment and blank lines before the first statement.
 * @param fileName without a folder, e.g. `0002_add_region.sql`
 * @throws `migration_failed` for a file name or flag that means nothing, or a file without statements
 */
export function parseMigration(fileName: string, sql: string): Migration {
  const version = Number(FILE_NAME.exec(fileName)?.[1] ?? 0);
  if (version < 1) {
    throw invalidMigration(fileName, "has a name that is no migration's; name it like 0002_add_region.sql");
  }
  const text = normalizeText(sql);
  return {
    version,
    name: fileName,
    sql: text,
    checksum: createHash("sha256").update(text).digest("hex"),
    flags: parseHeader(fileName, text),
  };
}

/** A checkout with CRLF line endings or a byte-order mark must not look like an edit. */
function normalizeText(sql: string): string {
  return sql.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

function parseHeader(fileName: string, text: string): ReadonlySet<MigrationFlag> {
  const flags = new Set<MigrationFlag>();
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("--")) return flags;
    const flag = FLAG_LINE.exec(trimmed)?.[1];
    if (flag === undefined) continue;
    if (!isFlag(flag)) {
      throw invalidMigration(fileName, `has the unknown flag "${flag}"; known: ${MIGRATION_FLAGS.join(", ")}`);
    }
    flags.add(flag);
  }
  throw invalidMigration(fileName, "holds no statement; write one or delete the file");
}

function isFlag(text: string): text is MigrationFlag {
  return (MIGRATION_FLAGS as readonly string[]).includes(text);
}
