import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceUnavailable } from "../service-unavailable.js";

/** Names a mirror where the machine's own apt sources have none, as on Ubuntu. */
const MIRROR_VARIABLE = "AASM_TEST_DEBIAN_MIRROR";

const KEYRINGS = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp",
] as const;

/** A place where packages can be had, as the machine's own apt configuration names it. */
interface AptSource {
  readonly uri: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
  /** Path of a keyring file, if one is named. */
  readonly signedBy?: string;
}

/** Debian mirrors to try, from the environment or from the machine's own apt sources. Throws when there is none. */
export function findMirrors(): string[] {
  const named = process.env[MIRROR_VARIABLE];
  if (named !== undefined && named !== "") return [named];
  const mirrors = debianMirrors(machineSources());
  if (mirrors.length > 0) return mirrors;
  throw new ServiceUnavailable(
    "the apt sources of this machine name no Debian mirror",
    `set ${MIRROR_VARIABLE} to one`,
  );
}

/** Debian's own keyring: what a mirror offers is checked against it. */
export function findKeyring(): string {
  const keyring = KEYRINGS.find((path) => existsSync(path));
  if (keyring !== undefined) return keyring;
  throw new ServiceUnavailable("Debian's archive keyring is missing", "install the package debian-archive-keyring");
}

function machineSources(): AptSource[] {
  const folder = "/etc/apt/sources.list.d";
  const names = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return [...names, "/etc/apt/sources.list"].flatMap((path) => {
    if (!existsSync(path)) return [];
    if (path.endsWith(".sources")) return parseDeb822(readFileSync(path, "utf8"));
    return path.endsWith(".list") ? parseOneLine(readFileSync(path, "utf8")) : [];
  });
}

/** Reads a deb822 file (`*.sources`). Disabled stanzas and those without binary packages are left out. */
export function parseDeb822(text: string): AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = stanzaFields(stanza);
    if (fields.get("enabled")?.toLowerCase() === "no" || !words(fields.get("types")).includes("deb")) return [];
    const rest = source(words(fields.get("suites")), words(fields.get("components")), fields.get("signed-by"));
    return words(fields.get("uris")).map((uri) => ({ uri, ...rest }));
  });
}

/** Reads a one-line-per-source file (`*.list`). */
export function parseOneLine(text: string): AptSource[] {
  return text.split("\n").flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*([^#]*)/.exec(line);
    if (match === null) return [];
    const signedBy = /signed-by=(\S+)/.exec(match[1] ?? "")?.[1];
    return [{ uri: match[2] as string, ...source([match[3] as string], words(match[4]), signedBy) }];
  });
}

/**
 * The addresses that may be a mirror of Debian itself, the likeliest first. A wrong one does no harm: what it offers is
 * not signed by Debian.
 */
export function debianMirrors(sources: readonly AptSource[]): string[] {
  const likelihood = ({ uri, signedBy }: AptSource) =>
    (signedBy?.includes("debian-archive") ? 2 : 0) + (/\/debian\/?$/.test(uri) ? 1 : 0);
  const candidates = sources.filter(
    (candidate) =>
      likelihood(candidate) > 0 &&
      candidate.components.includes("main") &&
      candidate.suites.some((suite) => /^[a-z]+$/.test(suite)) &&
      !/-security\/?$/.test(candidate.uri),
  );
  const sorted = candidates.toSorted((a, b) => likelihood(b) - likelihood(a));
  return [...new Set(sorted.map(({ uri }) => uri))];
}

function source(suites: string[], components: string[], signedBy: string | undefined): Omit<AptSource, "uri"> {
  // A key may also stand in the file itself; only paths are of use here.
  return { suites, components, ...(signedBy?.startsWith("/") ? { signedBy } : {}) };
}

function stanzaFields(stanza: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of stanza.split("\n")) {
    if (line.startsWith("#")) continue;
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
    if (match !== null) name = (match[1] as string).toLowerCase();
    const value = match === null ? line.trim() : (match[2] as string).trim();
    if (name !== "") fields.set(name, [fields.get(name), value].filter(Boolean).join(" "));
  }
  return fields;
}

function words(text: string | undefined): string[] {
  return (text ?? "").split(/\s+/).filter(Boolean);
}
