import type { PolicyVersion, PolicyVersionInfo } from "@agent-assembly/storage-core";
import { createTwoFilesPatch } from "diff";

/** Two versions of a policy, and what differs by line. */
export interface PolicyDiff {
  readonly from: PolicyVersionInfo;
  readonly to: PolicyVersionInfo;
  readonly same: boolean;
  /** Empty where the texts are the same. */
  readonly patch: string;
}

const CONTEXT_LINES = 3;

/** The unified diff of two versions. */
export function diffVersions(from: PolicyVersion, to: PolicyVersion): PolicyDiff {
  const same = from.digest === to.digest;
  return { from: infoOf(from), to: infoOf(to), same, patch: same ? "" : patchOf(from, to) };
}

/** A version without its source. */
export function infoOf({ source: _source, document: _document, ...info }: PolicyVersion): PolicyVersionInfo {
  return info;
}

/** The text of a version, which was checked to be UTF-8 when it was saved. */
export function sourceText({ source }: PolicyVersion): string {
  return new TextDecoder("utf-8", { ignoreBOM: true }).decode(source);
}

function patchOf(from: PolicyVersion, to: PolicyVersion): string {
  const nameOf = ({ name, version }: PolicyVersion): string => `${name} version ${version}`;
  const options = { context: CONTEXT_LINES };
  const patch = createTwoFilesPatch(nameOf(from), nameOf(to), sourceText(from), sourceText(to), "", "", options);
  // The library begins with a line that no other program's diff has.
  return patch.replace(/^=+\n/, "");
}
