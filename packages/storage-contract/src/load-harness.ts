import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { describeShape } from "@agent-assembly/storage-core/backend";
import type { StorageHarness } from "./harness.js";

/** Why a module gives no harness, and what to do. */
export class HarnessProblem extends Error {}

/**
 * The harness that a module exports, as its default or as `harness`.
 * @param path starts from the working folder
 * @throws {HarnessProblem}
 */
export async function loadHarness(path: string): Promise<StorageHarness> {
  let exported: Exports;
  try {
    exported = (await import(pathToFileURL(resolve(path)).href)) as Exports;
  } catch (error) {
    throw new HarnessProblem(`cannot load ${path}: ${reasonOf(error)}`, { cause: error });
  }
  const found = candidates(exported);
  const harness = found.find(({ value }) => problemsOf(value).length === 0);
  if (harness !== undefined) return harness.value as StorageHarness;
  const nearest = found.find(({ value }) => typeof value === "object" && value !== null) ?? found[0];
  if (nearest === undefined) {
    const names = Object.keys(exported).join(", ") || "nothing";
    throw new HarnessProblem(
      `${path} exports no harness (it exports ${names}). Export a StorageHarness as default or as "harness".`,
    );
  }
  throw new HarnessProblem(
    `${nearest.name} of ${path} is no StorageHarness: ${problemsOf(nearest.value).join("; ")}. ` +
      "The README of @agent-assembly/storage-contract says what a harness provides.",
  );
}

interface Exports {
  readonly default?: unknown;
  readonly harness?: unknown;
}

interface Candidate {
  readonly name: string;
  readonly value: unknown;
}

/** A CommonJS module is the default export as a whole: what it exports is in there. */
function candidates(exported: Exports): Candidate[] {
  const whole = exported.default;
  const inner = typeof whole === "object" && whole !== null ? (whole as Exports) : {};
  return [
    { name: 'the export "harness"', value: exported.harness },
    { name: 'the export "harness"', value: inner.harness },
    { name: "the default export", value: inner.default },
    { name: "the default export", value: whole },
  ].filter(({ value }) => value !== undefined);
}

function problemsOf(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [`it must be an object, got ${describeShape(value)}`];
  const { name, ...hooks } = value as Partial<Record<keyof StorageHarness, unknown>>;
  return [
    ...(typeof name === "string" ? [] : [`name must be a text, got ${describeShape(name)}`]),
    ...(["create", "destroy", "readStoredEvents"] as const)
      .filter((hook) => typeof hooks[hook] !== "function")
      .map((hook) => `${hook} must be a function, got ${describeShape(hooks[hook])}`),
  ];
}

const TYPESCRIPT = /\.[cm]?tsx?$/;

/** What Node.js says, and what to do where TypeScript is the reason. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code, url } = error as NodeJS.ErrnoException & { readonly url?: string };
  const node = `Node.js ${process.versions.node}`;
  const loader = 'install tsx and set NODE_OPTIONS="--import tsx"';
  if (code === "ERR_UNKNOWN_FILE_EXTENSION" && /Unknown file extension "\.[cm]?tsx?"/.test(error.message)) {
    return `${node} does not run TypeScript. Compile it, or ${loader}, or use Node.js 22.18 or later.`;
  }
  if (code === "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX") {
    return `${error.message}. ${node} only removes types: compile it, or ${loader}.`;
  }
  const importer = /imported from (.+)$/m.exec(error.message)?.[1];
  if (code === "ERR_MODULE_NOT_FOUND" && url?.endsWith(".js") && importer !== undefined && TYPESCRIPT.test(importer)) {
    return `${error.message}. If it is a .ts file, import it by that name, or ${loader}: ${node} looks for no other name.`;
  }
  return error.message;
}
