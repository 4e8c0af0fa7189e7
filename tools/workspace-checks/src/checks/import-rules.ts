import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const OUR_SCOPE = "@agent-assembly/";
/** Folders of packages whose imports have rules. */
const PARENTS = ["packages", "examples"];

/**
 * Our packages that each of `packages`, and each example, may import from its sources. A line that is missing here
 * forbids the import: a driver outside its backend, or a backend behind the interface's back, would tie every user to it.
 */
const ALLOWED_OURS: Readonly<Record<string, readonly string[]>> = {
  "storage-core": [],
  "storage-contract": ["storage-core"],
  migrations: ["storage-core"],
  "storage-sqlite": ["storage-core", "migrations"],
  "storage-postgres": ["storage-core", "migrations"],
  retention: ["storage-core"],
  transcripts: ["storage-core"],
  evidence: ["storage-core"],
  "state-redis": ["storage-core"],
  storage: [
    "storage-core",
    "migrations",
    "storage-sqlite",
    "storage-postgres",
    "retention",
    "state-redis",
    "storage-contract",
  ],
  gateway: ["storage", "storage-core", "retention", "transcripts", "evidence"],
  cli: ["storage", "storage-core", "retention", "transcripts", "evidence", "gateway"],
  dashboard: ["storage-core"],
  "examples/jsonl-backend": ["storage-core"],
  "examples/gateway": ["storage"],
  "examples/otel-tool-call": [],
  "examples/siem-worker": ["storage"],
  "examples/retention-job": ["storage", "retention"],
  "examples/dashboard-query": ["storage", "storage-core"],
};

/** Drivers, and the packages that may import them. */
const DRIVER_OWNERS: Readonly<Record<string, readonly string[]>> = {
  "@aws-sdk/client-s3": ["retention"],
  "better-sqlite3": ["storage-sqlite"],
  "drizzle-orm": ["storage-sqlite", "storage-postgres"],
  postgres: ["storage-postgres"],
  redis: ["state-redis"],
};

/** An import that the rules forbid. */
interface Violation {
  readonly file: string;
  readonly module: string;
  readonly reason: string;
}

/** Every import in the sources of packages and examples below the given folder that the rules forbid. */
export function findViolations(root: string): Violation[] {
  return packagesIn(root).flatMap(({ name, folder }) =>
    sourceFiles(join(folder, "src")).flatMap((file) =>
      importedModules(readFileSync(file, "utf8")).flatMap((module) => {
        const reason = forbidden(name, module);
        return reason === undefined ? [] : [{ file, module, reason }];
      }),
    ),
  );
}

function packagesIn(root: string): { readonly name: string; readonly folder: string }[] {
  return PARENTS.filter((parent) => existsSync(join(root, parent))).flatMap((parent) =>
    readdirSync(join(root, parent), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => ({
        // An example may be called as a package is.
        name: parent === "packages" ? name : `${parent}/${name}`,
        folder: join(root, parent, name),
      })),
  );
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((name) => /\.(?:ts|js)$/.test(name))
    .map((name) => join(folder, name));
}

/** Imports of a source text, by name: static, dynamic, re-exports and type imports. */
function importedModules(source: string): string[] {
  const pattern = /(?:\bfrom\s*|\bimport\s*\(\s*|\bimport\s+)["']([^"']+)["']/g;
  return [...source.matchAll(pattern)].map((match) => match[1] as string);
}

/** Why `packageName` (without scope) must not import `module`, or `undefined` when it may. */
function forbidden(packageName: string, module: string): string | undefined {
  const parts = module.split("/");
  const root = module.startsWith("@") ? parts.slice(0, 2).join("/") : (parts[0] as string);
  if (root.startsWith(OUR_SCOPE)) {
    const ours = root.slice(OUR_SCOPE.length);
    if (ours === packageName || ALLOWED_OURS[packageName]?.includes(ours)) return undefined;
    return `may import ${ALLOWED_OURS[packageName]?.join(", ") || "none of our packages"}, not ${ours}`;
  }
  const owners = DRIVER_OWNERS[root];
  if (owners !== undefined && !owners.includes(packageName)) return `${root} belongs to ${owners.join(" and ")}`;
  const reachesOut = module.startsWith("../") && PARENTS.some((parent) => module.includes(`/${parent}/`));
  return reachesOut ? "reaches into another package by path" : undefined;
}
