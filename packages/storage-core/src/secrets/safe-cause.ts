/** What an error may keep: none of it quotes a value, a statement or a key. */
const KEPT = [
  "code",
  "errno",
  "syscall",
  "address",
  "port",
  "severity",
  "schema_name",
  "table_name",
  "column_name",
  "constraint_name",
  "routine",
] as const;

/** Characters of a kept text. */
const LONGEST = 128;

const SAFE = new WeakSet<Error>();

/**
 * An error of a driver, a service or a user's code as the cause of one of ours: its name, codes, and the names of what it is
 * about in the schema, with the frames of its stack. Messages, details, hints, statements and parameters may quote stored
 * values or secrets, and are left out.
 */
export function safeCause(error: unknown): Error {
  if (error instanceof Error && SAFE.has(error)) return error;
  const fields = (typeof error === "object" && error !== null ? error : {}) as Readonly<Record<string, unknown>>;
  const name = nameOf(error);
  const code = keep(fields.code);
  const safe = new Error(code === undefined ? name : `${name} ${code}`);
  safe.name = name;
  for (const member of KEPT) {
    const value = keep(fields[member]);
    if (value !== undefined) Object.assign(safe, { [member]: value });
  }
  const status = (fields.$metadata as { readonly httpStatusCode?: unknown } | undefined)?.httpStatusCode;
  if (typeof status === "number") Object.assign(safe, { httpStatusCode: status });
  safe.stack = `${safe.message}${framesOf(error)}`;
  SAFE.add(safe);
  return safe;
}

/** The name of its class, where that looks like one. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return `thrown ${error === null ? "null" : typeof error}`;
  const own = error.name === "Error" ? error.constructor.name : error.name;
  return /^[A-Za-z_]\w{0,63}$/.test(own) ? own : "Error";
}

/** Numbers, and texts that are a word: a code, or the name of a table. */
function keep(value: unknown): string | number | undefined {
  if (typeof value === "number") return value;
  return typeof value === "string" && value.length <= LONGEST && /^[\w.:$-]+$/.test(value) ? value : undefined;
}

/** The stack below the message, which may have several lines itself. */
function framesOf(error: unknown): string {
  if (!(error instanceof Error) || typeof error.stack !== "string") return "";
  const at = error.message === "" ? 0 : error.stack.indexOf(error.message);
  // The message was changed after the stack was made: what of it is the message cannot be told.
  if (at === -1 || error.stack.slice(0, at).includes("\n")) return "";
  const rest = error.stack.slice(at + error.message.length);
  const first = rest.indexOf("\n");
  if (first === -1) return "";
  const lines = rest.slice(first).split("\n");
  return lines
    .filter((line) => /^ {4}at [^\n]{1,300}$/.test(line))
    .map((line) => `\n${line}`)
    .join("");
}
