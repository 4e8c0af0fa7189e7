import { describeShape, invalidArgument, splitServersUrl } from "@agent-assembly/storage-core/backend";
import { IN_URL, knownParameter, type Parameters, refused } from "./parameters.js";

const SHAPE = "must look like postgres://user@host:5432/database";
const ESCAPE = "Escape special characters of the password with %.";
const SCHEMES: readonly string[] = ["postgres:", "postgresql:"];
/** A host of the URL: an IPv6 address in brackets, or anything else, and a port. */
const HOST = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d*))?$/;

/**
 * The parameters of a connection URL of libpq. Never put the URL itself into a message: it may carry a password.
 * @throws `invalid_argument`
 */
export function parseDatabaseUrl(url: unknown): Parameters {
  if (typeof url !== "string" || url === "") {
    throw invalidArgument("options.url", `${SHAPE}, got ${url === "" ? "an empty string" : describeShape(url)}`);
  }
  const parts = splitServersUrl(url);
  if (parts === undefined) throw invalidArgument("options.url", SHAPE, ESCAPE);
  if (!SCHEMES.includes(parts.protocol)) {
    throw invalidArgument("options.url", `${SHAPE}, got one of the scheme ${parts.protocol}//`);
  }
  const parameters: Parameters = new Map();
  const set = (name: string, value: string): void => {
    if (value === "") return;
    const parameter = { value, origin: IN_URL };
    const known = knownParameter(name, parameter);
    if (known === undefined) return;
    if (parameters.has(known)) throw refused(IN_URL, known, "is given twice", "Keep one of them.");
    parameters.set(known, parameter);
  };
  set("user", decoded(parts.user ?? ""));
  set("password", decoded(parts.password ?? ""));
  const servers = parts.authority.split(",").map((server) => HOST.exec(server) ?? []);
  set(
    "host",
    servers
      .map(([, v6, name = ""]) => decoded(v6 ?? name))
      .join(",")
      .replace(/^,+$/, ""),
  );
  set(
    "port",
    servers
      .map(([, , , port = ""]) => port)
      .join(",")
      .replace(/^,+$/, ""),
  );
  set("dbname", decoded(parts.path.slice(1)));
  for (const pair of parts.query?.split("&") ?? []) {
    const [name = "", ...values] = pair.split("=");
    if (pair === "") continue;
    const value = decoded(values.join("="));
    // As JDBC has it.
    if (name === "ssl" && value === "true") set("sslmode", "require");
    else set(decoded(name), value);
  }
  return parameters;
}

function decoded(text: string): string {
  let value: string;
  try {
    value = decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    throw invalidArgument("options.url", "has a % that is followed by no two hexadecimal digits", "Write %25 for a %.");
  }
  if (value.includes("\0")) throw invalidArgument("options.url", "has a %00, which the server takes for an end");
  return value;
}
