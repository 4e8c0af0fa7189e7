import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import { CallLog } from "../../calls/call-log.js";
import { fitText } from "../../calls/fit-text.js";
import { digestOf } from "../../calls/identity.js";
import { type ReadTime, readTime } from "../../calls/times.js";
import { asId, asText, isObject } from "../../calls/values.js";
import { notRead, type Place, problem, type TranscriptItem, unreadTimestamp } from "../../item.js";
import type { ReaderOptions } from "../format.js";
import { Approvals } from "./approvals.js";
import { Attachments } from "./attachments.js";

interface Located {
  readonly value: JsonObject;
  readonly place: Place;
}

/** The calls of one sample: its events have them with their times, its messages those that have no event. */
export function* readSample(
  sample: JsonObject,
  spec: JsonObject,
  place: Place,
  options: ReaderOptions,
): Generator<TranscriptItem> {
  yield* new SampleReader(sample, spec, place, options).read();
}

class SampleReader {
  readonly #log: CallLog;
  readonly #attachments: Attachments;
  readonly #events: readonly Located[];
  readonly #approvals: Approvals;
  /** How often each call id was stored, and with an answer. */
  readonly #stored = new Map<string, number>();
  readonly #answered = new Map<string, number>();
  /** Ids of calls that the provider ran. */
  readonly #server = new Set<string>();

  constructor(
    private readonly sample: JsonObject,
    private readonly spec: JsonObject,
    private readonly place: Place,
    private readonly options: ReaderOptions,
  ) {
    const transcript = isObject(sample.transcript) ? sample.transcript : {};
    this.#attachments = new Attachments(sample.attachments, transcript.content);
    this.#events = eventsOf(sample, place);
    this.#approvals = new Approvals(this.#events.map(({ value }) => value));
    const session = sessionOf(sample, spec);
    this.#log = new CallLog({
      format: "inspect",
      sessionId: fitText(session),
      agentId: options.agentId ?? fitText(asText(spec.model) ?? this.#model() ?? "agent"),
      scope: [session],
      decision: options.decision,
      began: this.#time(sample.started_at) ?? this.#time(spec.created),
      start: options.start,
    });
    this.#log.begin();
  }

  *read(): Generator<TranscriptItem> {
    for (const { value } of this.#events) {
      const id = asText(value.id);
      if (value.event === "tool" && id !== undefined) count(this.#stored, id);
    }
    const asked = new Map<string, number>();
    for (const { value, place } of this.#events) {
      if (value.event === "tool") yield* this.#tool(value, place);
      else if (value.event === "model") yield* this.#modelEvent(value, place, asked);
      else this.#log.passed(this.#time(value.timestamp));
    }
    yield* this.#messages();
    yield* this.#log.end();
    if (this.#attachments.missing > 0) {
      yield problem(
        "left_out",
        "warning",
        this.place,
        "refers to attachments that the sample does not have; their names are stored in place of the texts",
      );
    }
  }

  *#tool(event: JsonObject, place: Place): Generator<TranscriptItem> {
    const tool = asText(event.function);
    if (tool === undefined) {
      yield notRead(place, "is an event of a tool whose function has no name");
      return;
    }
    const time = yield* this.#timeOf(event, place);
    const id = asId(event.id);
    const { decision, details } = this.#approvals.next(id, event);
    yield* this.#log.call({
      place,
      tool,
      arguments: this.#attachments.resolve(event.arguments),
      id,
      time,
      decision,
      details: { ...this.#details(), agent: asText(event.agent), ...details },
    });
    if (event.pending === true) return;
    if (id !== undefined) count(this.#answered, id);
    const { error } = event;
    yield* this.#log.answer({
      place,
      callId: id,
      tool,
      result: this.#attachments.resolve(event.result),
      error: error === null || error === undefined ? event.failed === true : this.#attachments.resolve(error),
      time: this.#time(event.completed) ?? time,
    });
  }

  /** What the model asked for, where no event says that it was done, and what its provider did. */
  *#modelEvent(event: JsonObject, place: Place, asked: Map<string, number>): Generator<TranscriptItem> {
    const time = this.#time(event.completed) ?? this.#time(event.timestamp);
    this.#log.passed(time);
    const choices = isObject(event.output) && Array.isArray(event.output.choices) ? event.output.choices : [];
    for (const [index, choice] of choices.entries()) {
      const message = isObject(choice) ? choice.message : undefined;
      if (!isObject(message)) continue;
      const at = { ...place, pointer: `${place.pointer ?? ""}/output/choices/${index}/message` };
      yield* this.#assistant(message, at, time, asked);
    }
  }

  *#messages(): Generator<TranscriptItem> {
    const messages = Array.isArray(this.sample.messages) ? this.sample.messages : [];
    const asked = new Map<string, number>();
    const answers = new Map<string, number>();
    for (const [index, message] of messages.entries()) {
      const at = { ...this.place, pointer: `${this.place.pointer ?? ""}/messages/${index}` };
      if (!isObject(message)) yield notRead(at, "stands where a message was expected, and is no object");
      else if (message.role === "assistant") yield* this.#assistant(message, at, undefined, asked);
      else if (message.role === "tool") {
        const id = asId(message.tool_call_id);
        if (id !== undefined && count(answers, id) <= (this.#answered.get(id) ?? 0)) continue;
        const error = message.error ?? message.tool_error;
        yield* this.#log.answer({
          place: at,
          callId: id,
          tool: asText(message.function),
          result: this.#attachments.resolve(message.content),
          error: error === undefined || error === null ? undefined : this.#attachments.resolve(error),
          ...(isApproval(error) ? { decision: "deny", details: { decisionSource: "approval" } } : {}),
        });
      }
    }
  }

  /** @param asked how often each id came by in this list */
  *#assistant(
    message: JsonObject,
    place: Place,
    time: ReadTime | undefined,
    asked: Map<string, number>,
  ): Generator<TranscriptItem> {
    const calls = Array.isArray(message.tool_calls) ? message.tool_calls : [];
    for (const [index, call] of calls.entries()) {
      const at = { ...place, pointer: `${place.pointer ?? ""}/tool_calls/${index}` };
      const tool = isObject(call) ? asText(call.function) : undefined;
      if (!isObject(call) || tool === undefined) {
        yield notRead(at, "is a call whose function has no name");
        continue;
      }
      const id = asId(call.id);
      if (id !== undefined) {
        if (count(asked, id) <= (this.#stored.get(id) ?? 0)) continue;
        count(this.#stored, id);
      }
      const { decision, details } = this.#approvals.next(id, {});
      const error = asText(call.parse_error);
      yield* this.#log.call({
        place: at,
        tool,
        arguments: this.#attachments.resolve(call.arguments),
        id,
        time,
        decision,
        details: { ...this.#details(), error, ...details },
      });
    }
    const content = Array.isArray(message.content) ? message.content : [];
    for (const [index, block] of content.entries()) {
      if (!isObject(block) || block.type !== "tool_use") continue;
      yield* this.#serverCall(block, { ...place, pointer: `${place.pointer ?? ""}/content/${index}` }, time);
    }
  }

  /** A call that the provider of the model ran. */
  *#serverCall(block: JsonObject, place: Place, time: ReadTime | undefined): Generator<TranscriptItem> {
    const tool = asText(block.name);
    const id = asId(block.id);
    if (tool === undefined) {
      yield notRead(place, "is a call whose tool has no name");
      return;
    }
    // The messages repeat what the events of the model have.
    const known = id ?? digestOf(block);
    if (this.#server.has(known)) return;
    this.#server.add(known);
    yield* this.#log.call({
      place,
      tool,
      arguments: this.#attachments.resolve(block.arguments),
      id,
      time,
      details: { ...this.#details(), server: asText(block.context), toolType: asText(block.tool_type) },
    });
    yield* this.#log.answer({
      place,
      callId: id,
      tool,
      result: this.#attachments.resolve(block.result),
      error: asText(block.error),
      time,
    });
  }

  #details(): Record<string, JsonValue | undefined> {
    return { task: asText(this.spec.task), sample: asId(this.sample.id), epoch: this.sample.epoch };
  }

  #model(): string | undefined {
    return asText(this.#events.find(({ value }) => value.event === "model")?.value.model);
  }

  #time(value: JsonValue | undefined): ReadTime | undefined {
    return readTime(value, this.options.timeZone);
  }

  *#timeOf(event: JsonObject, place: Place): Generator<TranscriptItem, ReadTime | undefined> {
    const time = this.#time(event.timestamp);
    if (time === undefined && event.timestamp !== undefined) {
      yield unreadTimestamp(place);
    } else if (time?.zoned === false) yield problem("zone_assumed", "warning", place, "has a time without a zone");
    return time;
  }
}

/** All events of a sample in their order: those of attempts that failed, and those that older logs have inside others. */
function eventsOf(sample: JsonObject, place: Place): Located[] {
  const base = place.pointer ?? "";
  const retries = Array.isArray(sample.error_retries) ? sample.error_retries : [];
  const before = retries.flatMap((retry, index) =>
    isObject(retry) ? located(retry.events, `${base}/error_retries/${index}/events`, place) : [],
  );
  const transcript = isObject(sample.transcript) ? sample.transcript.events : undefined;
  const own = Array.isArray(sample.events)
    ? located(sample.events, `${base}/events`, place)
    : located(transcript, `${base}/transcript/events`, place);
  return [...before, ...own];
}

function located(list: JsonValue | undefined, pointer: string, place: Place): Located[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((value, index) => {
    if (!isObject(value)) return [];
    const at = `${pointer}/${index}`;
    return [{ value, place: { ...place, pointer: at } }, ...located(value.events, `${at}/events`, place)];
  });
}

/** The id of the sample in this run: logs before May 2025 have none. */
function sessionOf(sample: JsonObject, spec: JsonObject): string {
  const uuid = asText(sample.uuid);
  if (uuid !== undefined) return uuid;
  const runOfTask = [asText(spec.run_id), asText(spec.task_id)].filter((id) => id !== undefined).join("/");
  const run = asText(spec.eval_id) ?? (runOfTask === "" ? undefined : runOfTask);
  const which = `${asId(sample.id) ?? "sample"}/${asId(sample.epoch) ?? 1}`;
  if (run !== undefined) return `${run}/${which}`;
  return `inspect-${digestOf(sample.id ?? null, sample.epoch ?? null, sample.input ?? null).slice(0, 16)}`;
}

function isApproval(error: JsonValue | undefined): boolean {
  return isObject(error) && error.type === "approval";
}

/** One more of a key. @returns how many there are now */
function count(counts: Map<string, number>, key: string): number {
  const next = (counts.get(key) ?? 0) + 1;
  counts.set(key, next);
  return next;
}
