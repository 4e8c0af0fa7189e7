import { createHash } from "node:crypto";
import { invalidArgument, StorageError } from "../errors.js";
import { describeShape } from "../support/describe.js";
import { checkKeys, checkObject, parseChoice, parseInteger, parseOptionalText, parseText } from "../support/input.js";
import type { JsonValue } from "../support/json.js";
import { tooLarge } from "../support/request-limits.js";
import { parsePolicyText } from "./parse-text.js";
import type { PolicyDocument, PolicyFormat } from "./record.js";
import type { ActivatePolicyOptions, SavePolicyOptions } from "./store.js";

/** Bytes of a policy source. */
export const MAX_POLICY_BYTES = 1024 * 1024;

export interface ParsedPolicy {
  readonly name: string;
  readonly format: PolicyFormat;
  readonly source: Uint8Array;
  /** SHA-256 of `source`, lower-case hex. */
  readonly digest: string;
  readonly document: JsonValue;
}

/** @throws `invalid_argument` */
export async function parsePolicy(document: PolicyDocument): Promise<ParsedPolicy> {
  checkObject("policy", document);
  checkKeys("policy", document, ["name", "source", "format"]);
  const name = parseText("policy.name", document.name);
  const format =
    document.format === undefined ? "yaml" : parseChoice("policy.format", document.format, ["yaml", "json"] as const);
  const source = sourceBytes(document.source);
  return {
    name,
    format,
    source,
    digest: createHash("sha256").update(source).digest("hex"),
    document: await parsePolicyText(decode(source), format),
  };
}

export function parseSaveOptions(options: SavePolicyOptions): {
  by: { actor: string; reason: string | null };
  expectedLatest: number | undefined;
} {
  checkObject("options", options);
  checkKeys("options", options, ["actor", "reason", "expectedLatest"]);
  return {
    by: parseChanger(options),
    expectedLatest:
      options.expectedLatest === undefined
        ? undefined
        : parseInteger("options.expectedLatest", options.expectedLatest, 0, Number.MAX_SAFE_INTEGER),
  };
}

export function parseActivateOptions(options: ActivatePolicyOptions): {
  by: { actor: string; reason: string | null };
  expectedActive: number | null | undefined;
} {
  checkObject("options", options);
  checkKeys("options", options, ["actor", "reason", "expectedActive"]);
  const expected = options.expectedActive;
  return {
    by: parseChanger(options),
    expectedActive:
      expected === undefined || expected === null
        ? expected
        : parseInteger("options.expectedActive", expected, 1, Number.MAX_SAFE_INTEGER),
  };
}

function parseChanger({ actor, reason }: { readonly actor: string; readonly reason?: string | undefined }): {
  actor: string;
  reason: string | null;
} {
  return { actor: parseText("options.actor", actor), reason: parseOptionalText("options.reason", reason) };
}

export function parsePolicyName(name: unknown): string {
  return parseText("name", name);
}

export function parsePolicyVersion(version: unknown): number {
  return parseInteger("version", version, 1, Number.MAX_SAFE_INTEGER);
}

function sourceBytes(source: unknown): Uint8Array {
  if (typeof source === "string") {
    if (!source.isWellFormed()) throw invalidArgument("policy.source", "must not contain lone surrogates");
  } else if (!(source instanceof Uint8Array)) {
    throw invalidArgument("policy.source", `must be a string or bytes, got ${describeShape(source)}`);
  }
  const bytes = typeof source === "string" ? new TextEncoder().encode(source) : Uint8Array.from(source);
  if (bytes.byteLength > MAX_POLICY_BYTES) {
    throw tooLarge("policy.source", `takes ${bytes.byteLength} bytes, more than the accepted ${MAX_POLICY_BYTES}`);
  }
  return bytes;
}

function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new StorageError({
      code: "invalid_argument",
      option: "policy.source",
      message: "{option} must be UTF-8",
      cause,
    });
  }
}

/** Errors of the policy store; the same on every backend. */
export const policyErrors = {
  unknownName: (): StorageError =>
    new StorageError({
      code: "not_found",
      message: "no policy with this name is stored",
      remedy: "Store one with save().",
    }),
  unknownVersion: (version: number, latest: number): StorageError =>
    new StorageError({
      code: "not_found",
      message: `version ${version} does not exist; the latest version is ${latest}`,
    }),
  staleLatest: (expected: number, actual: number): StorageError =>
    new StorageError({
      code: "conflict",
      message: `expected version ${expected} to be the latest but it is ${actual}`,
      remedy: "Read the new version and save again.",
    }),
  staleActive: (expected: number | null, actual: number | null): StorageError =>
    new StorageError({
      code: "conflict",
      message: `expected ${label(expected)} to be active but it is ${label(actual)}`,
      remedy: "Read it and decide again.",
    }),
  nothingBefore: (): StorageError =>
    new StorageError({
      code: "conflict",
      message: "there is no earlier activation to roll back to",
      remedy: "Activate the version you want.",
    }),
};

function label(version: number | null): string {
  return version === null ? "no version" : `version ${version}`;
}
