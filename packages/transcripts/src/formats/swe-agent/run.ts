import type { JsonObject, JsonValue } from "@agent-assembly/storage-core";
import type { CallLog } from "../../calls/call-log.js";
import { digestOf } from "../../calls/identity.js";
import { asText, isObject, readResult } from "../../calls/values.js";
import { notRead, type Place, problem, type TranscriptItem, unexpectedPart } from "../../item.js";
import { toMessage } from "../chat/message.js";
import { partsOf } from "../chat/parts.js";
import { agentLog } from "../coding-agent-log.js";
import type { ReaderOptions } from "../format.js";

/** The calls of one run: its history has them when the model calls functions, its steps when it writes actions. */
export function* readRun(
  run: JsonObject,
  attempt: number,
  place: Place,
  options: ReaderOptions,
): Generator<TranscriptItem> {
  const history = Array.isArray(run.history) ? run.history : [];
  const steps = Array.isArray(run.trajectory) ? run.trajectory : [];
  const reader = new RunReader(openLog(run, attempt, history, steps, options), place, detailsOf(run));
  if (steps.length > 0 && !history.some((entry) => !isDemo(entry) && callsFunctions(entry))) {
    yield* reader.steps(steps);
    yield* demonstrations(history, place);
  } else {
    yield* reader.history(history);
    yield* reader.otherSteps(history, steps);
  }
  yield* reader.end();
}

class RunReader {
  constructor(
    private readonly log: CallLog,
    private readonly place: Place,
    private readonly details: Readonly<Record<string, JsonValue | undefined>>,
  ) {}

  end(): Iterable<TranscriptItem> {
    return this.log.end();
  }

  *steps(steps: readonly JsonValue[]): Generator<TranscriptItem> {
    for (const [index, step] of steps.entries()) {
      const place = this.#at(`/trajectory/${index}`);
      if (!isObject(step) || (step.action !== undefined && typeof step.action !== "string" && step.action !== null)) {
        yield notRead(place, "stands where a step was expected, and has no action that is a text");
        continue;
      }
      const action = actionOf(step);
      if (action === undefined) continue;
      yield* this.#action(action, place);
      if (step.observation === undefined || step.observation === null) continue;
      yield* this.log.answer({ place, result: step.observation });
    }
  }

  *history(history: readonly JsonValue[]): Generator<TranscriptItem> {
    /** An action that was no call of a function waits for the message after it. */
    let waits = false;
    for (const [index, entry] of history.entries()) {
      const place = this.#at(`/history/${index}`);
      if (isDemo(entry)) {
        if (isObject(entry) && (callsFunctions(entry) || actionOf(entry) !== undefined)) yield demonstration(place);
        continue;
      }
      const message = toMessage(entry);
      if (!isObject(entry) || message === undefined) {
        yield notRead(place, "stands where a message was expected, and has no role");
        continue;
      }
      const parts = partsOf(message);
      for (const part of parts) {
        const at = { ...place, pointer: place.pointer + part.pointer };
        if (part.kind === "bad") yield notRead(at, part.reason);
        else if (part.kind === "call") {
          yield* this.log.call({ ...part, place: at, details: { ...this.details, ...part.details } });
        } else if (part.kind === "answer") yield* this.log.answer({ ...part, place: at });
        else yield unexpectedPart(at);
      }
      const action = message.role === "assistant" && parts.length === 0 ? actionOf(entry) : undefined;
      if (action !== undefined) yield* this.#action(action, place);
      else if (waits && parts.length === 0 && message.role === "user") {
        yield* this.log.answer({ place, result: entry.content });
      }
      waits = action !== undefined;
    }
  }

  /** Steps that the history does not have: those of which the format was wrong, those refused, and the last one of older versions. */
  *otherSteps(history: readonly JsonValue[], steps: readonly JsonValue[]): Generator<TranscriptItem> {
    const actions = history.filter(
      (entry): entry is JsonObject =>
        isObject(entry) &&
        !isDemo(entry) &&
        entry.role === "assistant" &&
        (callsFunctions(entry) || actionOf(entry) !== undefined),
    );
    let next = 0;
    for (const [index, step] of steps.entries()) {
      const action = isObject(step) ? actionOf(step) : undefined;
      if (action === undefined) continue;
      const entry = actions[next];
      if (entry !== undefined && (actionOf(entry) ?? action).trim() === action.trim()) next++;
      else {
        yield problem(
          "left_out",
          "warning",
          this.#at(`/trajectory/${index}`),
          "is a step whose action is no call in the history: it was refused, or ended the run",
        );
      }
    }
  }

  *#action(action: string, place: Place): Generator<TranscriptItem> {
    // Actions are commands: the tools of SWE-agent are on the path of its shell.
    const tool = /^\s*([A-Za-z_][\w.-]{0,99})(?=\s|$)/.exec(action)?.[1] ?? "bash";
    yield* this.log.call({ place, tool, arguments: { action }, details: this.details });
  }

  #at(pointer: string): Place & { readonly pointer: string } {
    return { ...this.place, pointer: `${this.place.pointer ?? ""}${pointer}` };
  }
}

/** A run has no id: its session is known by how it was set up, and by what there was up to its first action. */
function openLog(
  run: JsonObject,
  attempt: number,
  history: readonly JsonValue[],
  steps: readonly JsonValue[],
  options: ReaderOptions,
): CallLog {
  const first = history.findIndex((entry) => isObject(entry) && !isDemo(entry) && entry.role === "assistant");
  const opening = first === -1 ? history : history.slice(0, first + 1);
  const [step] = steps;
  const action = isObject(step) ? [step.action ?? null, step.response ?? step.thought ?? null] : null;
  const digest = digestOf(run.environment ?? null, run.replay_config ?? null, attempt, [...opening], action);
  const sessionId = `swe-agent-${digest.slice(0, 16)}`;
  return agentLog(options, { format: "swe-agent", sessionId, scope: [digest] });
}

function detailsOf(run: JsonObject): Record<string, JsonValue | undefined> {
  const { value } = readResult(run.replay_config);
  const config = isObject(value) ? value : {};
  const agent = isObject(config.agent) ? config.agent : {};
  const model = isObject(agent.model) ? agent.model : {};
  const problemStatement = isObject(config.problem_statement) ? config.problem_statement : {};
  return {
    model: asText(model.name) ?? asText(model.model_name),
    environment: asText(run.environment),
    instance: asText(problemStatement.id),
  };
}

function actionOf({ action }: JsonObject): string | undefined {
  return typeof action === "string" && action.trim() !== "" ? action : undefined;
}

function callsFunctions(entry: JsonValue): boolean {
  return isObject(entry) && Array.isArray(entry.tool_calls) && entry.tool_calls.length > 0;
}

/** Shown to the model, and not done in this run. */
function isDemo(entry: JsonValue): boolean {
  return isObject(entry) && entry.is_demo === true;
}

function* demonstrations(history: readonly JsonValue[], place: Place): Generator<TranscriptItem> {
  for (const [index, entry] of history.entries()) {
    if (!isObject(entry) || !isDemo(entry) || (!callsFunctions(entry) && actionOf(entry) === undefined)) continue;
    yield demonstration({ ...place, pointer: `${place.pointer ?? ""}/history/${index}` });
  }
}

function demonstration(place: Place): TranscriptItem {
  return problem("left_out", "warning", place, "is a call of a demonstration that the model was shown");
}
