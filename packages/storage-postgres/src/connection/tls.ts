import { checkServerIdentity, type ConnectionOptions as TlsOptions } from "node:tls";
import { readNamedFile } from "./files.js";
import { choiceOf, type ParameterName, type Parameters, refused } from "./parameters.js";

/** How connections are encrypted. */
export interface TlsPlan {
  /** `prefer` continues without TLS where the server has none. */
  readonly use: "off" | "prefer" | "require";
  /** Whether TLS begins at once, without asking the server first. */
  readonly direct: boolean;
  readonly options: TlsOptions;
}

/** The option `ssl`. */
export type SslOption = boolean | "require" | "allow" | "prefer" | "verify-full" | TlsOptions | undefined;

const MODES = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"] as const;
const VERSIONS = ["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"] as const;
type Mode = (typeof MODES)[number];

const UNCHECKED: TlsOptions = { rejectUnauthorized: false };
/** The chain alone. */
const CHECKED_CHAIN: TlsOptions = { checkServerIdentity: () => undefined };
const CHECKED: TlsOptions = { checkServerIdentity };

/**
 * What `sslmode` and its companions ask for, unless the option `ssl` does. Certificates are read now, so that a wrong path is
 * known before anything connects.
 * @throws `invalid_argument`
 */
export function planTls(parameters: Parameters, ssl: SslOption): TlsPlan {
  const root = parameters.get("sslrootcert");
  const given = choiceOf(parameters, "sslmode", MODES);
  const mode: Mode = given ?? (root?.value === "system" ? "verify-full" : "disable");
  const direct = choiceOf(parameters, "sslnegotiation", ["postgres", "direct"]) === "direct";
  const files: TlsOptions = {
    ...(root !== undefined && root.value !== "system" && { ca: certificate(parameters, "sslrootcert") }),
    ...(parameters.has("sslcert") && { cert: certificate(parameters, "sslcert") }),
    ...(parameters.has("sslkey") && { key: fileOf(parameters, "sslkey") }),
    ...(parameters.has("sslpassword") && { passphrase: parameters.get("sslpassword")?.value }),
    ...versions(parameters),
  };
  if (ssl !== undefined) return { ...fromOption(ssl, files), direct };
  if (given !== "disable") refuseWithoutEffect(parameters, mode);
  return { ...fromMode(mode, files), direct };
}

/** Parameters that say how TLS is to be, of a connection that may well have none. @throws `invalid_argument` */
function refuseWithoutEffect(parameters: Parameters, mode: Mode): void {
  const isSystem = parameters.get("sslrootcert")?.value === "system";
  for (const name of ["sslrootcert", "sslcert", "sslkey", "sslpassword", "sslnegotiation"] as const) {
    const given = parameters.get(name);
    const isStrict = name === "sslrootcert" && isSystem ? mode === "verify-full" : checksChain(mode);
    if (given === undefined || isStrict || given.value === "postgres") continue;
    const wanted = name === "sslrootcert" && isSystem ? "verify-full" : "require, verify-ca or verify-full";
    throw refused(given.origin, name, `needs the sslmode ${wanted}`, "Set sslmode=verify-full.");
  }
}

function checksChain(mode: Mode): boolean {
  return mode === "require" || mode === "verify-ca" || mode === "verify-full";
}

function fromMode(mode: Mode, files: TlsOptions): Omit<TlsPlan, "direct"> {
  switch (mode) {
    case "disable":
      return { use: "off", options: {} };
    case "allow":
    case "prefer":
      return { use: "prefer", options: { ...files, ...UNCHECKED } };
    case "require":
      // As libpq has it: with a root certificate, the chain is checked.
      return { use: "require", options: { ...files, ...(files.ca === undefined ? UNCHECKED : CHECKED_CHAIN) } };
    case "verify-ca":
      return { use: "require", options: { ...files, ...CHECKED_CHAIN } };
    case "verify-full":
      return { use: "require", options: { ...files, ...CHECKED } };
  }
}

function fromOption(ssl: Exclude<SslOption, undefined>, files: TlsOptions): Omit<TlsPlan, "direct"> {
  if (typeof ssl === "object") return { use: "require", options: { ...files, ...ssl } };
  if (ssl === false) return { use: "off", options: {} };
  if (ssl === true || ssl === "verify-full") return { use: "require", options: { ...files, ...CHECKED } };
  return { use: ssl === "prefer" ? "prefer" : "require", options: { ...files, ...UNCHECKED } };
}

function versions(parameters: Parameters): TlsOptions {
  const min = choiceOf(parameters, "ssl_min_protocol_version", VERSIONS);
  const max = choiceOf(parameters, "ssl_max_protocol_version", VERSIONS);
  return { ...(min !== undefined && { minVersion: min }), ...(max !== undefined && { maxVersion: max }) };
}

function fileOf(parameters: Parameters, name: ParameterName): string {
  const { value, origin } = parameters.get(name) ?? { value: "", origin: "" };
  return readNamedFile({ path: value, name, origin });
}

function certificate(parameters: Parameters, name: ParameterName): string {
  const text = fileOf(parameters, name);
  if (text.includes("-----BEGIN CERTIFICATE-----") || text.includes("-----BEGIN TRUSTED CERTIFICATE-----")) return text;
  const { value = "", origin = "" } = parameters.get(name) ?? {};
  throw refused(
    origin,
    name,
    `names a file without a certificate in PEM: ${value}`,
    "Name one of -----BEGIN CERTIFICATE-----.",
  );
}
