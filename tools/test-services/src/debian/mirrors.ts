import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ServiceUnavailable } from "../service-unavailable.js";
import { type AptSource, debianMirrors, parseDeb822, parseOneLine } from "./apt-sources.js";

/** Names a mirror where the machine's own apt sources have none, as on Ubuntu. */
const MIRROR_VARIABLE = "AASM_TEST_DEBIAN_MIRROR";

const KEYRINGS = [
  "/usr/share/keyrings/debian-archive-keyring.gpg",
  "/usr/share/keyrings/debian-archive-keyring.pgp",
] as const;

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
