import { CONTRACT_CASES, type Exclusion, runStorageContract } from "@agent-assembly/storage-contract";
import { describe, it } from "vitest";
import { httpHarness } from "./support/harness.js";

const GROUPS = /^(?:audit|agents|policies)\./;

/** What of these groups HTTP does not carry. */
const OWN_EXCLUSIONS: readonly Exclusion[] = [
  ...exclude("the limits of the store are the gateway's: a request does not change them", [
    "audit.append.out-of-range",
    "audit.append.store-limits",
  ]),
  ...exclude("retention, which drops and restores events, is applied by the operator of the store", [
    "audit.dropped-counts.not-kept",
    "audit.dropped-counts.restored",
    "audit.dropped-counts.stay",
    "audit.dropped-counts.with-new-events",
    "audit.tail.restored",
  ]),
  ...exclude("the case takes a position from a partition, which HTTP does not carry", [
    "audit.paging.forged-cursor",
    "audit.paging.signed-tokens",
    "audit.tail.forged-position",
    "agents.list.forged-cursor",
  ]),
  ...exclude("a filter is part of the URL, and the server takes 16 KiB of it", [
    "audit.filter.as-large-as-allowed",
    "agents.list.too-large",
  ]),
];

function exclude(reason: string, ids: readonly Exclusion["id"][]): Exclusion[] {
  return ids.map((id) => ({ id, reason }));
}

const others = CONTRACT_CASES.filter(({ id }) => !GROUPS.test(id)).map(
  ({ id }): Exclusion => ({ id, reason: "the REST API carries audit log, agents, policies and approvals" }),
);

runStorageContract(httpHarness, { describe, it, exclusions: [...others, ...OWN_EXCLUSIONS] });
