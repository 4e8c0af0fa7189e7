import type { PolicyActivation, PolicyVersionInfo } from "@agent-assembly/storage-core";
import type { Context } from "../../context.js";
import { EXIT, type ExitCode } from "../../exit.js";
import { formatBytes, formatRelative, formatSecond } from "../../terminal/format.js";
import { formatJson } from "../../terminal/json.js";
import { type Column, renderTable } from "../../terminal/table.js";
import { unknownPolicy } from "./versions.js";

export async function policyHistory(context: Context, _: object, name: string): Promise<ExitCode> {
  return context.withStorage(async (storage) => {
    const [versions, activations, active] = await Promise.all([
      storage.policies.versions(name),
      storage.policies.activations(name),
      storage.policies.active(name),
    ]);
    if (versions.length === 0) throw unknownPolicy(name, storage.name);
    if (context.json) {
      await context.out.line(formatJson({ active: active?.version ?? null, versions, activations }));
      return EXIT.ok;
    }
    const now = context.now();
    const digestLength = context.width === undefined ? undefined : SHORT_DIGEST;
    await context.out.write(
      renderTable(versions, versionColumns(active?.version, now, digestLength), context.width, context.style),
    );
    await context.out.line();
    if (activations.length === 0) await context.out.line("No version was ever active.");
    else await context.out.write(renderTable(activations, activationColumns(now), context.width, context.style));
    return EXIT.ok;
  });
}

/** Enough to tell versions apart on a terminal. */
const SHORT_DIGEST = 12;

function versionColumns(
  active: number | undefined,
  now: number,
  digestLength: number | undefined,
): Column<PolicyVersionInfo>[] {
  return [
    { title: "VERSION", value: (info) => `${info.version}${info.version === active ? " *" : ""}`, fixed: true },
    { title: "SAVED", value: (info) => formatSecond(info.createdAt), fixed: true },
    { title: "AGO", value: (info) => formatRelative(info.createdAt, now), fixed: true },
    { title: "ACTOR", value: (info) => info.actor },
    { title: "SIZE", value: (info) => formatBytes(info.size), align: "right" },
    { title: "DIGEST", value: (info) => info.digest.slice(0, digestLength) },
  ];
}

function activationColumns(now: number): Column<PolicyActivation>[] {
  return [
    { title: "ACTIVATED", value: ({ at }) => formatSecond(at), fixed: true },
    { title: "AGO", value: ({ at }) => formatRelative(at, now), fixed: true },
    { title: "CHANGE", value: ({ from, to }) => `${from ?? "none"} -> ${to}` },
    { title: "KIND", value: ({ kind }) => kind },
    { title: "ACTOR", value: ({ actor }) => actor },
  ];
}
