import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { promisify } from "node:util";
import { ServiceUnavailable } from "../service-unavailable.js";

const ALTERNATIVE = "set the AASM_TEST_*_URL variables to servers of your own";

/** The Debian release whose packages are unpacked: the first with PostgreSQL 17 and TimescaleDB for it. */
export const SUITE = "trixie";

export const PACKAGES = ["postgresql-17", "postgresql-17-timescaledb", "redis-server", "pgbouncer"] as const;

/** Large or useless without an installed system, and not needed to run in place: declared as installed already. */
export const LEFT_OUT = [
  "libllvm19",
  "postgresql-common",
  "postgresql-client-common",
  "ssl-cert",
  "locales",
  "debconf",
  "adduser",
] as const;

/** Removed after unpacking: nothing that runs, or (the first two) only with what is left out. */
export const REMOVED = [
  "usr/lib/postgresql/17/lib/llvmjit.so",
  "usr/lib/postgresql/17/lib/bitcode",
  "usr/share/doc",
  "usr/share/locale",
  "usr/share/man",
] as const;

/** What differs between the processor architectures, by Debian's name for them. */
export const ARCHITECTURES: Readonly<Record<string, { readonly loader: string; readonly triplet: string }>> = {
  amd64: { loader: "usr/lib64/ld-linux-x86-64.so.2", triplet: "x86_64-linux-gnu" },
  arm64: { loader: "usr/lib/ld-linux-aarch64.so.1", triplet: "aarch64-linux-gnu" },
};

/** Folders whose programs are wrapped, inside the unpacked folder. */
export const PROGRAM_FOLDERS = {
  postgres: "usr/lib/postgresql/17/bin",
  redis: "usr/bin",
  pgbouncer: "usr/sbin",
} as const;

/** To be raised when the steps change, so that folders prepared by the older steps are not used. */
const STEPS_VERSION = 1;

/** Names the prepared folder: the same recipe has the same name, a changed one another. */
export function recipeHash(architecture: string): string {
  const recipe = [STEPS_VERSION, architecture, SUITE, PACKAGES, LEFT_OUT, REMOVED, ARCHITECTURES[architecture]];
  return createHash("sha256").update(JSON.stringify(recipe)).digest("hex").slice(0, 16);
}

/** Debian's name for this machine's processor. Throws `ServiceUnavailable` where Debian's packages cannot run in place. */
export async function debianArchitecture(): Promise<string> {
  if (process.platform !== "linux") throw new ServiceUnavailable("Debian's packages run on Linux only", ALTERNATIVE);
  for (const program of ["/usr/bin/apt-get", "/usr/bin/dpkg-deb"]) {
    if (!existsSync(program)) throw new ServiceUnavailable(`${program} is missing: not Debian or Ubuntu`, ALTERNATIVE);
  }
  if (!existsSync("/usr/share/zoneinfo/UTC")) {
    throw new ServiceUnavailable("PostgreSQL needs the time zone files of the machine", "install the package tzdata");
  }
  const { stdout } = await promisify(execFile)("dpkg", ["--print-architecture"]);
  const architecture = stdout.trim();
  if (ARCHITECTURES[architecture] !== undefined) return architecture;
  throw new ServiceUnavailable(`the packages are not set up for ${architecture} processors`, ALTERNATIVE);
}
