import { isStorageError } from "@agent-assembly/storage-core";
import {
  countText,
  describeShape,
  FIXED_PARTS,
  MAX_PAYLOAD_PARTS,
  MAX_TEXT_LENGTH,
  textProblem,
} from "@agent-assembly/storage-core/backend";
import { parseCheckpoint } from "../note/checkpoint.js";
import { parseVerifierKey } from "../note/key.js";
import { splitNote } from "../note/note.js";
import { isHashText } from "../support/bytes.js";

/** What is wrong with the value of a member, as the rest of a sentence; `undefined` when it is right. */
export type FieldCheck = (value: unknown) => string | undefined;

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function check(what: string, isRight: (value: unknown) => boolean): FieldCheck {
  return (value) => (isRight(value) ? undefined : `must be ${what}, got ${describeShape(value)}`);
}

export function nullOr(other: FieldCheck): FieldCheck {
  return (value) => (value === null ? undefined : other(value));
}

export const hashText = check("the Base64 of 32 bytes", isHashText);

export const uuid = check("a UUID in lower case", (value) => typeof value === "string" && UUID.test(value));

export const time = check("a time such as 2026-11-28T00:00:00.000Z", isTime);

export const text = check(`text of 1 to ${MAX_TEXT_LENGTH} characters`, (value) => textProblem(value) === undefined);

export const count = check("a whole number from 0", isCount);

export const positive = check("a whole number from 1", (value) => isCount(value) && (value as number) > 0);

export const verifierKey = check("a verifier key of Ed25519", (value) =>
  succeeds(() => parseVerifierKey(value as string)),
);

export const signedCheckpoint = check(
  "a signed checkpoint",
  (value) => typeof value === "string" && succeeds(() => parseCheckpoint(splitNote(value).text)),
);

export const commitments: FieldCheck = (value) => {
  const [fewest, most] = [FIXED_PARTS, FIXED_PARTS + MAX_PAYLOAD_PARTS + 1];
  const isList = Array.isArray(value) && value.length >= fewest && value.length <= most;
  if (isList && value.every(isHashText)) return undefined;
  return `must be a list of ${fewest} to ${most} commitments of 32 bytes in Base64, got ${describeShape(value)}`;
};

export const dayCounts = check(
  "an object of counts from 1 by UTC day",
  (value) =>
    isObject(value) &&
    Object.entries(value).every(([day, events]) => positive(events) === undefined && isTime(`${day}T00:00:00.000Z`)),
);

export const leafList = check(
  "an object of count and digest",
  (value) =>
    isObject(value) &&
    Object.keys(value).sort().join() === "count,digest" &&
    count(value.count) === undefined &&
    hashText(value.digest) === undefined,
);

/** How many events the days have together. */
export function eventsOf(days: Readonly<Record<string, number>>): number {
  return Object.values(days).reduce((sum, events) => sum + events, 0);
}

export function eventsText(events: number): string {
  return countText(events, "event");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** One spelling of each time, within the years 1 to 9999. */
function isTime(value: unknown): boolean {
  if (typeof value !== "string" || value.length !== 24 || value.startsWith("0000")) return false;
  const ms = Date.parse(value);
  return !Number.isNaN(ms) && new Date(ms).toISOString() === value;
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (isStorageError(error)) return false;
    throw error;
  }
}
