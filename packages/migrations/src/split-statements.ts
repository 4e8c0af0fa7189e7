/**
 * Where quoting or a comment that starts at `at` ends (exclusive), or `undefined` when none starts there.
 * Knows '…', "…", E'…\'', $tag$…$tag$, -- and nested block comments.
 */
function skipAt(sql: string, at: number): number | undefined {
  const char = sql[at];
  if (char === "'") {
    const escapes = /(?:^|[^\w$])[eE]$/.test(sql.slice(Math.max(0, at - 2), at));
    return skipQuoted(sql, at, "'", escapes);
  }
  if (char === '"') return skipQuoted(sql, at, '"', false);
  if (sql.startsWith("--", at)) return endOr(sql, sql.indexOf("\n", at), 1);
  if (sql.startsWith("/*", at)) return skipBlockComment(sql, at);
  if (char === "$" && !/[\w$]/.test(sql[at - 1] ?? "")) {
    const tag = /^\$(?:[A-Za-z_]\w*)?\$/.exec(sql.slice(at, at + 64))?.[0];
    if (tag !== undefined) return endOr(sql, sql.indexOf(tag, at + tag.length), tag.length);
  }
  return undefined;
}

function skipQuoted(sql: string, start: number, quote: string, backslashEscapes: boolean): number {
  for (let i = start + 1; i < sql.length; i++) {
    if (backslashEscapes && sql[i] === "\\") i++;
    else if (sql[i] === quote) {
      // A doubled quote stands for itself.
      if (sql[i + 1] !== quote) return i + 1;
      i++;
    }
  }
  return sql.length;
}

function skipBlockComment(sql: string, start: number): number {
  let depth = 0;
  for (let i = start; i < sql.length; i++) {
    if (sql.startsWith("/*", i)) {
      depth++;
      i++;
    } else if (sql.startsWith("*/", i)) {
      depth--;
      i++;
      if (depth === 0) return i + 1;
    }
  }
  return sql.length;
}

function endOr(sql: string, found: number, length: number): number {
  return found < 0 ? sql.length : found + length;
}

/**
 * The statements of a PostgreSQL-flavoured script, trimmed, without their semicolons and without the comments between
 * them. A database that is sent several at once wraps them in a transaction, which some statements refuse.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let current = "";
  const flush = (): void => {
    if (current.trim() !== "") statements.push(current.trim());
    current = "";
  };
  for (let i = 0; i < sql.length; ) {
    const end = skipAt(sql, i);
    if (end === undefined) {
      if (sql[i] === ";") flush();
      else current += sql[i];
      i++;
      continue;
    }
    const isComment = sql.startsWith("--", i) || sql.startsWith("/*", i);
    current += isComment ? " " : sql.slice(i, end);
    i = end;
  }
  flush();
  return statements;
}
