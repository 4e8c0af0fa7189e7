import type { ErasurePlan, ErasureRefusal } from "@agent-assembly/storage-core";
import { escapeText } from "../../terminal/escape.js";
import { countText, eventsText, formatCount } from "../../terminal/format.js";
import type { Style } from "../../terminal/style.js";
import { type Field, renderFields } from "../../terminal/table.js";
import type { Certificate } from "./certificate.js";

interface Asked {
  readonly request: string;
  readonly basis: string;
  /** Whether it is all that was asked for. */
  readonly isPlan: boolean;
}

/** What an erasure would do, what refuses it, and what stays. */
export function renderErasurePlan(plan: ErasurePlan, { request, basis, isPlan }: Asked, style: Style): string {
  const fields: Field[] = [
    ["request", request],
    ["basis", basis],
    ["events", formatCount(plan.events)],
    ...Object.entries(plan.parts).map(([part, events]): Field => [escapeText(part), `in ${eventsText(events)}`]),
    ...(Object.keys(plan.days).length === 0 ? [] : [["days", daysText(plan.days)] satisfies Field]),
    ...plan.archived.map((archive): Field => [
      escapeText(archive.url),
      `${eventsText(archive.events)} in ${countText(archive.files, "file")} to write anew`,
    ]),
    ["sealed", plan.sealed ? "yes: what is erased is stated in the log" : "no"],
  ];
  const skipped = plan.archives.filter(({ covered }) => !covered);
  return [
    `${style.bold("Erasure")}\n`,
    renderFields(fields, style),
    list(style, "Refused", plan.refusals.map(refusalText)),
    list(style, "Remains", [
      ...plan.archived.flatMap(({ remains }) => remains),
      ...skipped.map(({ archiveId, url }) => `archive ${archiveId} at ${url}, which cannot be looked through`),
    ]),
    list(style, "Not covered", plan.notCovered),
    plan.refusals.length > 0 ? "\nNothing can be erased until then.\n" : isPlan ? "\nPlan: nothing was changed.\n" : "\n",
  ].join("");
}

/** What was erased. @param path of the certificate */
export function renderErased(certificate: Certificate, path: string | undefined, style: Style): string {
  const { erasureId, events, newEvents, parts, scrub, archives, remains, evidence } = certificate;
  const rewritten = archives.filter(({ files }) => files > 0);
  const earlier = newEvents === events ? "" : `, of which ${eventsText(events - newEvents)} by an earlier call`;
  return [
    `${style.bold("Erased")} ${escapeText(parts.join(", "))} of ${eventsText(events)}${earlier}: erasure ${erasureId}.\n`,
    ...rewritten.map(({ url, events: of, files }) =>
      escapeText(`Wrote ${countText(files, "file")} of ${url} anew, with ${eventsText(of)} erased.`).concat("\n"),
    ),
    ...scrub.done.map((done) => `${escapeText(done)}\n`),
    ...(evidence?.statements ?? []).map(({ leaf, proof }) =>
      proof === undefined
        ? `Stated at leaf ${formatCount(leaf)} of the log; the next checkpoint signs it.\n`
        : `Stated at leaf ${formatCount(leaf)} of the log, which is signed.\n`,
    ),
    list(style, "Remains", remains),
    list(style, "Not covered", certificate.notCovered),
    ...(path === undefined ? [] : [`\nCertificate: ${escapeText(path)}\n`]),
  ].join("");
}

function list(style: Style, title: string, lines: readonly string[]): string {
  if (lines.length === 0) return "";
  return `\n${style.bold(title)}\n${lines.map((line) => `  ${escapeText(line)}\n`).join("")}`;
}

function daysText(days: Readonly<Record<string, number>>): string {
  const names = Object.keys(days).sort();
  const [first, last] = [names[0] ?? "", names.at(-1) ?? ""];
  return first === last ? first : `${countText(names.length, "day")} from ${first} to ${last}`;
}

function refusalText(refusal: ErasureRefusal): string {
  if (refusal.kind === "hold")
    return `the legal hold ${refusal.holdId} covers ${eventsText(refusal.events)}; see aasm retention hold list`;
  const { part, heldBy, events } = refusal;
  return `"${part}" is held by the part "${heldBy}" in ${eventsText(events)}, which have more members than are parts of their own`;
}
