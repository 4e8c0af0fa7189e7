import { escapeText } from "../../../terminal/escape.js";
import { countText, eventsText, formatCount } from "../../../terminal/format.js";
import type { Style } from "../../../terminal/style.js";
import { type ImportOutcome, type ImportProblem, problemsOf, type SourceOutcome, totalOf } from "./outcome.js";

const SHOWN = 20;
const SHOWN_SOURCES = 20;

/** The outcome as one document. */
export function importDocument({ sources, kind, keptDays }: ImportOutcome): object {
  const tooOld = totalOf(sources, "tooOld");
  return {
    inserted: totalOf(sources, "inserted"),
    duplicates: totalOf(sources, "duplicates"),
    rejected: totalOf(sources, "rejected"),
    ...(kind === "stored" ? {} : { [kind === "dry" ? "dryRun" : "stopped"]: true }),
    ...(tooOld === 0 ? {} : { olderThanRetention: { events: tooOld, keptDays } }),
    sources: sources.map(({ name, summary }) => ({
      source: name,
      formats: [...summary.formats],
      sessions: summary.sessions.size,
      agents: summary.agents.size,
      events: summary.events,
      calls: summary.calls,
      assumedTimes: summary.assumedTimes,
      from: summary.from,
      to: summary.to,
    })),
    problems: problemsOf(sources),
  };
}

export function renderImport(outcome: ImportOutcome, style: Style): string {
  const { sources, keptDays } = outcome;
  const problems = problemsOf(sources);
  const shown = problems.slice(0, SHOWN);
  const more = problems.length - shown.length;
  const named = sources.length > 1;
  const listed = sources
    .slice(0, SHOWN_SOURCES)
    .map((source) => `  ${escapeText(source.name)}: ${describeSource(source)}\n`);
  const moreSources = sources.length - listed.length;
  const tooOld = totalOf(sources, "tooOld");
  return [
    `${headline(outcome, style)}\n`,
    ...listed,
    moreSources > 0 ? `  ... and ${countText(moreSources, "more source")}\n` : "",
    assumedText(sources),
    tooOld === 0 ? "" : `${style.yellow("Older than retention keeps:")} ${tooOldText(tooOld, keptDays)}\n`,
    ...shown.map((problem) => problemText(problem, named, style)),
    more > 0 ? `  ... and ${formatCount(more)} more ${more === 1 ? "kind" : "kinds"} of problems\n` : "",
  ].join("");
}

/** What retention will do with old events, and what to do about it. */
export function tooOldText(count: number, keptDays: number | undefined): string {
  return `${eventsText(count)} ${count === 1 ? "is" : "are"} older than ${keptDays} days, so the next retention run removes what is not held; see aasm retention plan, raise storage.retention.warm_days, or place a hold`;
}

function headline({ sources, kind }: ImportOutcome, style: Style): string {
  const rejected = totalOf(sources, "rejected");
  const problems = countText(rejected, "problem");
  if (kind === "stopped") return `${style.red("Nothing was imported:")} ${problems} found, and --strict was given`;
  if (kind === "declined") return `${style.red("Nothing was imported.")}`;
  if (kind === "dry") return `${style.green("Would be imported")} (--dry-run): ${problems}`;
  const counts = `${formatCount(totalOf(sources, "inserted"))} inserted, ${countText(totalOf(sources, "duplicates"), "duplicate")}, ${formatCount(rejected)} rejected`;
  return rejected === 0
    ? `${style.green("Imported:")} ${counts}`
    : `${style.yellow("Imported with problems:")} ${counts}`;
}

function describeSource({ summary }: SourceOutcome): string {
  if (summary.events === 0) return "nothing found";
  const { formats, sessions, calls, events, agents, from, to } = summary;
  const others = events - calls;
  return [
    [...formats].join(", "),
    sessions.size === 0 ? "" : countText(sessions.size, "session"),
    countText(calls, "call"),
    others === 0 ? "" : countText(others, "other event"),
    countText(agents.size, "agent"),
    from === undefined || to === undefined ? "" : `${from.toISOString()} to ${to.toISOString()}`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function assumedText(sources: readonly SourceOutcome[]): string {
  const count = sources.reduce((sum, { summary }) => sum + summary.assumedTimes, 0);
  if (count === 0) return "";
  return `Times of ${countText(count, "event")} were not in the source and are assumed; these events have payload.timeAssumed\n`;
}

function problemText(problem: ImportProblem, named: boolean, style: Style): string {
  const { source, line, pointer, code, reason, count, severity } = problem;
  const place = [named ? source : "", line === undefined ? "" : `line ${line}`, pointer ?? ""].filter(
    (part) => part !== "",
  );
  const at = place.length === 0 ? source : place.join(" ");
  const times = count === 1 ? "" : ` (${formatCount(count)} times, first here)`;
  const mark = severity === "warning" ? `${style.dim("note:")} ` : "";
  return `  ${mark}${escapeText(at)}: ${escapeText(reason)}${times} ${style.dim(`(${code})`)}\n`;
}
