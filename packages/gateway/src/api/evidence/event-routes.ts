import { type EventEvidence, eventEvidence, parseEntry } from "@agent-assembly/evidence";
import type { AgentStorage } from "@agent-assembly/storage";
import type { AuditEvent } from "@agent-assembly/storage-core";
import { MAX_EVIDENCE_LIMIT } from "@agent-assembly/storage-core/backend";
import type { GatewayContext, Identity } from "../../context.js";
import { problem } from "../../http/problem.js";
import { fileAnswer, jsonAnswer } from "../routing/answers.js";
import { defineRoute, type Route } from "../routing/route.js";
import { maySee } from "../routing/team.js";
import { eventKey } from "../schemas/events.js";
import * as schemas from "../schemas/evidence.js";
import { noSalts } from "./tiles.js";

const TAG = "evidence";
const NO_EVENT =
  "The store has no such event; `dropped` lists what retention dropped of its day, as the log says, and the archive that has it";

/** The routes that say what the log has of one event. */
export const EVENT_EVIDENCE_ROUTES: readonly Route[] = [
  defineRoute({
    method: "GET",
    path: "/events/{ts}/{eventId}/evidence",
    id: "getEventEvidence",
    tag: TAG,
    summary: "What the log has of one event",
    description:
      "Whether it is sealed, at which leaf, under which checkpoint, and the proof of that as `aasm evidence prove` writes it. Nothing else is verified here. A token of a team may ask for its own events; it learns how many leaves the log has.",
    scopes: ["read"],
    team: "own",
    params: eventKey,
    answers: { 200: { description: "By `state`", schema: schemas.eventEvidence } },
    errors: { 404: NO_EVENT },
    async handle({ context, identity, params }) {
      return jsonAnswer(await evidenceOf(context, identity, params));
    },
  }),
  defineRoute({
    method: "GET",
    path: "/events/{ts}/{eventId}/evidence/proof",
    id: "getEventProof",
    tag: TAG,
    summary: "Read the proof of one event as a file",
    description:
      "The file of `aasm evidence prove`, which `npx @agent-assembly/evidence proof FILE --key VERIFIER_KEY` checks without the store.",
    scopes: ["read"],
    team: "own",
    params: eventKey,
    answers: { 200: { description: "C2SP tlog-proof", mediaTypes: ["text/plain"] } },
    errors: {
      404: "There is no such event, or no checkpoint covers it yet",
      501: "The gateway's login may not read the salts that a proof needs",
    },
    async handle({ context, identity, params }) {
      const found = await evidenceOf(context, identity, params);
      const name = `${params.eventId.toLowerCase()}.tlog-proof`;
      return fileAnswer(proofOf(found), "text/plain; charset=utf-8", name);
    },
  }),
];

interface EventKey {
  readonly ts: Date;
  readonly eventId: string;
}

/** @throws ProblemError 404 */
async function evidenceOf({ storage }: GatewayContext, identity: Identity, key: EventKey): Promise<EventEvidence> {
  const event = await findEvent(storage, key);
  if (event !== undefined && maySee(identity, event)) return eventEvidence(storage, event);
  throw await notThere(storage, identity, key);
}

async function findEvent({ audit }: AgentStorage, { ts, eventId }: EventKey): Promise<AuditEvent | undefined> {
  const range = { from: ts, to: new Date(ts.getTime() + 1) };
  return (await audit.query({ ...range, eventId }, { limit: 1 })).items[0];
}

/** @throws ProblemError 404, 500, 501 */
function proofOf(found: EventEvidence): string {
  switch (found.state) {
    case "proven":
      return found.proof;
    case "unproven":
      throw noSalts();
    case "not_as_sealed":
      throw problem("corrupt", found.detail, { remedy: "Verify the store, as aasm evidence verify does." });
    case "not_sealed":
      throw problem("not_found", "the events of this store are not sealed", { remedy: "Run aasm evidence init once." });
    default:
      throw problem("not_found", "no checkpoint covers the event yet", {
        retryable: true,
        remedy: "Try again when it is sealed and signed, as aasm evidence seal --watch does each minute.",
      });
  }
}

/** What a run of retention dropped of one UTC day. */
interface DroppedEvents {
  readonly run: string;
  readonly archive: string | null;
  /** Of the day. */
  readonly events: number;
}

/** Of an event that is not there, the log cannot say whether it was: entries go with their rows. It knows what was dropped of the day. */
async function notThere(storage: AgentStorage, identity: Identity, { ts }: EventKey) {
  const what = "there is no event with this time and id";
  // How many events others have is not for a team.
  const dropped = identity.teamId === undefined ? await droppedOn(storage, ts.toISOString().slice(0, 10)) : [];
  if (dropped.length === 0) return problem("not_found", what);
  const events = dropped.reduce((sum, one) => sum + one.events, 0);
  const archived = dropped.some(({ archive }) => archive !== null);
  return problem("not_found", `${what}; retention dropped ${events} events of its day`, {
    extensions: { dropped },
    ...(archived && {
      remedy: "Restore its archive with aasm archive restore, or use aasm evidence export --archive.",
    }),
  });
}

/** What statements say that was done; what was announced alone is counted, too, since its rows may be gone. */
async function droppedOn({ evidenceSupport: support }: AgentStorage, day: string): Promise<DroppedEvents[]> {
  const log = await support?.log();
  if (support === undefined || log === undefined) return [];
  const found = new Map<number, DroppedEvents>();
  for (let from = 0; ; ) {
    const page = await support.statements(log.log, { from, limit: MAX_EVIDENCE_LIMIT });
    for (const { leaf, kind, entry } of page) {
      const drop = kind === "drop" ? parseEntry(Buffer.from(entry)) : undefined;
      if (drop?.t !== "drop") continue;
      if (drop.intent !== null) found.delete(drop.intent);
      const events = drop.days[day] ?? 0;
      if (events > 0) found.set(leaf, { run: drop.run, archive: drop.archive, events });
    }
    const last = page.at(-1);
    if (last === undefined || page.length < MAX_EVIDENCE_LIMIT) return [...found.values()];
    from = last.leaf + 1;
  }
}
