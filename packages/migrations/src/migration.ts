import { createHash } from "node:crypto";
import { invalidMigration } from "./errors.js";

/** What a header line such as `--! breaking` can say about a migration. */
export const MIGRATION_FLAGS = ["breaking", "no-transaction"] as const;

/** A flag in the header of a migration file; see {@link MIGRATION_FLAGS}. */
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
  /** Checksums of what stood in its place before, by which databases were made that it cannot bring up to date. */
  readonly replaces: ReadonlySet<string>;
  /** What stands between the `--> statement-breakpoint` lines, without the comments before it; a `no-transaction` step runs them one by one. */
  readonly statements: readonly string[];
}

const FILE_NAME = /^(\d{4})_[a-z0-9]+(?:_[a-z0-9]+)*\.sql$/;
const REPLACES = /^replaces ([0-9a-f]{64})$/;
const FLAG_LINE = /^--!\s*(\S.*?)\s*$/;

/** Ends a statement, in the words of drizzle-kit. */
const BREAKPOINT_LINE = /^[ \t]*--> statement-breakpoint[ \t]*$/m;
const LEADING_COMMENTS = /^(?:\s*--.*\n)+/;
const COMMENT = /--.*|\/\*[\s\S]*?\*\//;
const QUOTED = /'(?:[^']|'')*'|"[^"]*"|\$(\w*)\$[\s\S]*?\$\1\$/;
/** Quotes and comments in the order they come, since either may hold what looks like the other. */
const QUOTED_OR_COMMENT = new RegExp(`${QUOTED.source}|${COMMENT.source}`, "g");

/**
 * Reads one migration file. Flags stand in the header: the comment and blank lines before the first statement.
 * @param fileName without a folder, e.g. `0002_add_region.sql`
 * @throws `migration_failed` for a file name or flag that means nothing, a file without statements, or a `no-transaction`
 *   file with two statements that no breakpoint separates
 */
export function parseMigration(fileName: string, sql: string): Migration {
  const version = Number(FILE_NAME.exec(fileName)?.[1] ?? 0);
  if (version < 1) {
    throw invalidMigration(fileName, "does not have the name of a migration", "Name it like 0002_add_region.sql.");
  }
  const text = normalizeText(sql);
  const { flags, replaces } = parseHeader(fileName, text);
  const statements = text
    .split(BREAKPOINT_LINE)
    .map((part) => part.replace(LEADING_COMMENTS, "").trim())
    .filter((part) => skeleton(part).trim() !== "");
  if (flags.has("no-transaction")) requireBreakpoints(fileName, statements);
  return {
    version,
    name: fileName,
    sql: text,
    checksum: createHash("sha256").update(text).digest("hex"),
    flags,
    replaces,
    statements,
  };
}

/** SQL with its comments blank and with its quoted parts as `''`. */
function skeleton(sql: string): string {
  return sql.replaceAll(QUOTED_OR_COMMENT, (part) => (/^(?:--|\/\*)/.test(part) ? " " : "''"));
}

/** A database that is sent two statements at once wraps them in a transaction, which is what the flag is to avoid. */
function requireBreakpoints(fileName: string, statements: readonly string[]): void {
  const index = statements.findIndex((statement) => /;\s*[^\s;]/.test(skeleton(statement)));
  if (index < 0) return;
  const line = statements[index]?.split("\n", 1)[0]?.slice(0, 60);
  throw invalidMigration(
    fileName,
    `is flagged no-transaction and holds several statements in the part that begins with "${line}"`,
    'Write a line "--> statement-breakpoint" between any two statements.',
  );
}

/** A checkout with CRLF line endings or a byte-order mark must not look like an edit. */
function normalizeText(sql: string): string {
  return sql.replace(/^\uFEFF/, "").replaceAll("\r\n", "\n");
}

function parseHeader(fileName: string, text: string): Pick<Migration, "flags" | "replaces"> {
  const flags = new Set<MigrationFlag>();
  const replaces = new Set<string>();
  for (const line of text.split("\n")) {
    const trimmed = line.trim();
    if (trimmed !== "" && !trimmed.startsWith("--")) return { flags, replaces };
    const flag = FLAG_LINE.exec(trimmed)?.[1];
    if (flag === undefined) continue;
    const replaced = REPLACES.exec(flag)?.[1];
    if (replaced !== undefined) {
      replaces.add(replaced);
      continue;
    }
    if (!isFlag(flag)) {
      throw invalidMigration(
        fileName,
        `has the unknown flag "${flag}"; known: ${MIGRATION_FLAGS.join(", ")}, replaces CHECKSUM`,
      );
    }
    flags.add(flag);
  }
  throw invalidMigration(fileName, "contains no statement", "Write one or delete the file.");
}

function isFlag(text: string): text is MigrationFlag {
  return (MIGRATION_FLAGS as readonly string[]).includes(text);
}
