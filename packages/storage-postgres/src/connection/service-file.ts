import { homedir } from "node:os";
import { join } from "node:path";
import { codeOf } from "@agent-assembly/storage-core/backend";
import { type NamedFile, readNamedFile, readOptionalFile } from "./files.js";
import { knownParameter, type Parameter, type ParameterName, type Parameters, refused } from "./parameters.js";

const SECTION = /^\[(.*)\]$/;

/**
 * The parameters of a service: of the file that PGSERVICEFILE names, else of `~/.pg_service.conf` and of `pg_service.conf` in
 * PGSYSCONFDIR, as libpq reads them.
 * @throws `invalid_argument` for a service that is in none of them, and for a parameter that is not supported
 */
export function readService(service: Parameter, env: NodeJS.ProcessEnv): Parameters {
  const named = env.PGSERVICEFILE || undefined;
  const places = named === undefined ? [join(homedir(), ".pg_service.conf")] : [named];
  if (env.PGSYSCONFDIR !== undefined) places.push(join(env.PGSYSCONFDIR, "pg_service.conf"));
  for (const path of places) {
    const text = path === named ? readNamedFile(serviceFile(path)) : readOrRefuse(path);
    const found = text === undefined ? undefined : parseService(text, service.value, path);
    if (found !== undefined) return found;
  }
  const problem = `names a service that is in no service file; looked for in ${places.join(" and ")}`;
  throw refused(service.origin, "service", problem, "Name the file in PGSERVICEFILE.");
}

function serviceFile(path: string): NamedFile {
  return { path, name: "service", origin: "takes from the file of PGSERVICEFILE" };
}

function readOrRefuse(path: string): string | undefined {
  try {
    return readOptionalFile(path);
  } catch (error) {
    throw refused("takes from a service file", "service", `cannot be read (${codeOf(error)}): ${path}`);
  }
}

function parseService(text: string, service: string, path: string): Parameters | undefined {
  let found: Parameters | undefined;
  let isInside = false;
  for (const [index, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const section = SECTION.exec(line);
    if (section !== null) {
      // The first section of a name counts.
      isInside = found === undefined && section[1] === service;
      if (isInside) found = new Map();
    } else if (isInside && found !== undefined) {
      addLine(found, line, `takes from line ${index + 1} of ${path}`);
    }
  }
  return found;
}

function addLine(found: Parameters, line: string, origin: string): void {
  const split = line.indexOf("=");
  if (split < 1) throw refused(origin, "(not shown)", "is no name=value", "Correct the service file.");
  const [name, value] = [line.slice(0, split).trim(), line.slice(split + 1)];
  if (name === "service") throw refused(origin, name, "a service cannot have");
  const known: ParameterName | undefined = knownParameter(name, { value, origin });
  if (known !== undefined) found.set(known, { value, origin });
}
