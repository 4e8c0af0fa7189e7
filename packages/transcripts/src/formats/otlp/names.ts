import type { OtlpAttributes } from "./records.js";

/** Few attributes of a record are under any given list of names: one bit for each list tells most of them apart. */
const MARKS = 31;
const marks = new Map<string, number>();
let used = 0;

/** Names of attributes that say the same, those to prefer first. Made when a module is loaded, before any record is read. */
export class Names {
  /** One bit, which other lists may have too. */
  readonly mark: number;

  /** @param like a list that is asked for in place of this one, and so may have the same bit */
  constructor(
    readonly list: readonly string[],
    like?: Names,
  ) {
    this.mark = like?.mark ?? 1 << (used++ % MARKS);
    for (const name of list) marks.set(name, (marks.get(name) ?? 0) | this.mark);
  }
}

/** The bits of all lists that an attribute may be read under. */
export function marksOf(attributes: OtlpAttributes): number {
  let all = 0;
  for (const name of attributes.keys()) all |= marks.get(name) ?? 0;
  return all;
}

const ofResources = new WeakMap<OtlpAttributes, number>();

/** The same of a resource, whose attributes all its records share. */
export function marksOfResource(attributes: OtlpAttributes): number {
  const known = ofResources.get(attributes);
  if (known !== undefined) return known;
  const all = marksOf(attributes);
  ofResources.set(attributes, all);
  return all;
}
