import { canonicalJson, type JsonValue } from "@agent-assembly/storage-core";
import { describeShape, invalidArgument, parseExactJson } from "@agent-assembly/storage-core/backend";
import { EvidenceError } from "../errors.js";
import { decodeText, shown } from "../support/bytes.js";
import { checkEntrySize, MAX_ENTRY_BYTES } from "../tree/entry-bundle.js";
import type { EventEntry, LeafEntry } from "./entry.js";
import * as field from "./fields.js";

const VERSION = 1;

type Fields<Kind extends LeafEntry["t"]> = {
  readonly [Member in Exclude<keyof Extract<LeafEntry, { t: Kind }>, "t" | "v">]: field.FieldCheck;
};

const EVENTS = { at: field.time, days: field.dayCounts, leaves: field.leafList };
const ARCHIVED = { ...EVENTS, archive: field.nullOr(field.text), manifest: field.nullOr(field.hashText) };

/** The members of each kind; an entry has all of them and no other. */
const KINDS: { readonly [Kind in LeafEntry["t"]]: Fields<Kind> } = {
  event: { c: field.commitments, eventId: field.uuid, recordedAt: field.time, ts: field.time },
  seal: {
    count: field.positive,
    days: field.dayCounts,
    first: field.count,
    n: field.count,
    prev: field.nullOr(field.hashText),
    root: field.hashText,
    sealedAt: field.time,
  },
  drop: { ...ARCHIVED, intent: field.nullOr(field.count), policy: field.hashText, run: field.text },
  erase: { ...EVENTS, basis: field.text, intent: field.nullOr(field.count), request: field.text },
  restore: ARCHIVED,
  key: { at: field.time, replaces: field.nullOr(field.verifierKey), vkey: field.verifierKey },
  fork: { at: field.time, checkpoint: field.signedCheckpoint, reason: field.text },
  gap: { at: field.time, reason: field.text, since: field.time },
};

/**
 * The bytes of an entry: JSON in RFC 8785 canonical form, as UTF-8. Its leaf hash is `leafHash` of them.
 * @throws `invalid_argument` that names the member; `too_large` for more than 65,535 bytes
 */
export function encodeEntry(entry: LeafEntry): Uint8Array {
  const problem = entryProblem(entry);
  if (problem !== undefined) throw invalidArgument("entry", problem);
  const bytes = Buffer.from(canonicalJson(entry as unknown as JsonValue));
  checkEntrySize("entry", bytes.length);
  return bytes;
}

/**
 * Reads an entry, in the one form that {@link encodeEntry} gives it: other spellings would be other leaves.
 * @throws `EvidenceError` `entry_malformed`; `entry_unknown` for a kind or a version that this software does not know
 */
export function parseEntry(bytes: Uint8Array): LeafEntry {
  const text = bytes.length > MAX_ENTRY_BYTES ? undefined : decodeText(bytes);
  const event = text === undefined ? undefined : eventOf(text);
  if (event !== undefined) return event;
  const parsed = text === undefined ? undefined : parseExactJson(text);
  const value = parsed !== undefined && "value" in parsed ? parsed.value : undefined;
  if (!isRecord(value)) throw malformed(`is not a JSON object in UTF-8 of at most ${MAX_ENTRY_BYTES} bytes`);
  const { t, v } = value;
  if (typeof t !== "string" || typeof v !== "number") throw malformed("has no kind t, or no version v");
  if (!Object.hasOwn(KINDS, t) || v !== VERSION) {
    throw new EvidenceError(
      "entry_unknown",
      `the entry is of kind ${JSON.stringify(shown(t))}, version ${v}, which this software does not know`,
      "Use the version of this package that wrote it, or a later one.",
    );
  }
  const problem = entryProblem(value);
  if (problem !== undefined) throw malformed(problem);
  if (canonicalJson(value) !== text) throw malformed("is not in RFC 8785 canonical form");
  return value as unknown as LeafEntry;
}

const EVENT =
  /^\{"c":\["([A-Za-z0-9+/=",]+)"\],"eventId":"([0-9a-f-]{36})","recordedAt":"([0-9TZ.:-]{24})","t":"event","ts":"([0-9TZ.:-]{24})","v":1\}$/;

/** Most leaves are events, and have only one spelling: taken apart without a JSON parser in a third of the time. */
function eventOf(text: string): EventEntry | undefined {
  const [, list, eventId = "", recordedAt = "", ts = ""] = EVENT.exec(text) ?? [];
  if (list === undefined) return undefined;
  const entry: EventEntry = { c: list.split('","'), eventId, recordedAt, t: "event", ts, v: 1 };
  // What is wrong with another one, the parser below says.
  return entryProblem(entry) === undefined ? entry : undefined;
}

function entryProblem(entry: unknown): string | undefined {
  if (!isRecord(entry)) return `must be an object, got ${describeShape(entry)}`;
  const { t, v, ...members } = entry;
  if (typeof t !== "string" || !Object.hasOwn(KINDS, t))
    return `must have one of the kinds ${Object.keys(KINDS).join(", ")}`;
  if (v !== VERSION) return `must have the version v ${VERSION}`;
  const checks = KINDS[t as LeafEntry["t"]] as Readonly<Record<string, field.FieldCheck>>;
  const unknown = Object.keys(members).find((name) => !Object.hasOwn(checks, name));
  if (unknown !== undefined) return `of kind ${t} has an unknown member ${JSON.stringify(shown(unknown))}`;
  for (const [name, check] of Object.entries(checks)) {
    const problem = check(Object.hasOwn(members, name) ? members[name] : undefined);
    if (problem !== undefined) return `of kind ${t} has a wrong member: ${name} ${problem}`;
  }
  return contradiction(entry as unknown as LeafEntry);
}

/** Members that are right each, and wrong together. */
function contradiction(entry: LeafEntry): string | undefined {
  switch (entry.t) {
    case "seal": {
      const { n, prev, first, count, days } = entry;
      if ((n === 0) !== (prev === null) || (n === 0) !== (first === 0)) {
        return "of kind seal must have first 0 and prev null where n is 0, and only there";
      }
      if (!Number.isSafeInteger(first + count)) return "of kind seal ends behind 2^53 leaves";
      const events = field.eventsOf(days);
      return events > count ? `of kind seal counts ${field.eventsText(events)} in ${count} leaves` : undefined;
    }
    case "drop":
    case "restore":
      if ((entry.archive === null) !== (entry.manifest === null)) {
        return `of kind ${entry.t} must name both archive and manifest, or none`;
      }
      if (entry.t === "restore" && entry.archive === null) return "of kind restore must name its archive";
      return differingCounts(entry);
    case "erase":
      return differingCounts(entry);
    case "gap":
      return entry.since > entry.at ? "of kind gap must begin before it is stated" : undefined;
    default:
      return undefined;
  }
}

function differingCounts({
  t,
  days,
  leaves,
}: Extract<LeafEntry, { days: unknown; leaves: unknown }>): string | undefined {
  const events = field.eventsOf(days);
  return events === leaves.count
    ? undefined
    : `of kind ${t} counts ${field.eventsText(events)} by day and ${leaves.count} in its list`;
}

function isRecord(value: unknown): value is Record<string, JsonValue> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function malformed(problem: string): EvidenceError {
  return new EvidenceError("entry_malformed", `the entry ${problem}`);
}
