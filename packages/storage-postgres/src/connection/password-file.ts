import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { invalidArgument } from "@agent-assembly/storage-core/backend";
import { expandHome, readNamedFile, readOptionalFile } from "./files.js";
import type { Parameter } from "./parameters.js";

/** Whose password is looked up. */
export interface Login {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/** Where others could read it, libpq takes no password from a file. */
const OTHERS = 0o077;

/**
 * The password of a login from the file that a parameter names, else from `~/.pgpass`: lines of
 * `host:port:database:user:password`, where `*` fits all.
 * @returns `undefined` where no line fits
 * @throws `invalid_argument` for a named file that cannot be read, and for one with a password for this login that others may
 *   read
 */
export function passwordFromFile(file: Parameter | undefined, login: Login): string | undefined {
  const path = file === undefined ? defaultPath() : expandHome(file.value);
  const text =
    file === undefined ? readOptionalFile(path) : readNamedFile({ path, name: "passfile", origin: file.origin });
  if (text === undefined) return undefined;
  const { host, port, database, user } = login;
  // A Unix socket in the default folder is called localhost there.
  const wanted = [host.startsWith("/") ? [host, "localhost"] : [host], [String(port)], [database], [user]];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("#")) continue;
    const fields = fieldsOf(line);
    if (fields === undefined || !wanted.every((texts, i) => fields[i] === "*" || texts.includes(fields[i] as string)))
      continue;
    if (process.platform !== "win32" && (statSync(path).mode & OTHERS) !== 0) throw readByOthers(path);
    return fields[4];
  }
  return undefined;
}

function readByOthers(path: string): Error {
  const problem = `has no password, and the file with it may be read by others: ${path}`;
  return invalidArgument("options.url", problem, `Run chmod 0600 on the file.`);
}

function defaultPath(): string {
  const { APPDATA } = process.env;
  if (process.platform === "win32" && APPDATA !== undefined) return join(APPDATA, "postgresql", "pgpass.conf");
  return join(homedir(), ".pgpass");
}

/** Five fields; `\` keeps the character after it. */
function fieldsOf(line: string): string[] | undefined {
  const fields: string[] = [];
  let field = "";
  for (let i = 0; i < line.length; i++) {
    const escaped = line[i] === "\\" && i + 1 < line.length;
    if (escaped) i++;
    else if (line[i] === ":" && fields.length < 4) {
      fields.push(field);
      field = "";
      continue;
    }
    field += line[i];
  }
  return fields.length === 4 ? [...fields, field] : undefined;
}
