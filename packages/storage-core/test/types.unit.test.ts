import type {
  AgentRecord,
  AuditEvent,
  AuditFilter,
  Cursor,
  NewAuditEvent,
  Page,
  PartitionMeasure,
  Position,
  RetentionRun,
  StorageBackend,
  SummaryRequest,
  SummaryRow,
  TailItem,
} from "@agent-assembly/storage-core";
import type { AuditMember, AuditTextField } from "@agent-assembly/storage-core/backend";
import type { Approval, ApprovalQueue, ClaimedApproval, DecidedApproval } from "@agent-assembly/storage-core/state";
import { expectTypeOf, it } from "vitest";

declare const storage: StorageBackend;
type Rows<Answer extends (...args: never[]) => Promise<readonly unknown[]>> = Awaited<ReturnType<Answer>>[number];

it("a summary's rows have the dimensions that were asked for", () => {
  const ask = () => storage.audit.summarize({}, { groupBy: ["agentId", "dryRun", "teamId"], bucket: { every: "1h" } });
  type Row = Rows<typeof ask>;
  expectTypeOf<Row["key"]["agentId"]>().toEqualTypeOf<string>();
  expectTypeOf<Row["key"]["dryRun"]>().toEqualTypeOf<boolean>();
  expectTypeOf<Row["key"]["teamId"]>().toEqualTypeOf<string | null>();
  expectTypeOf<Row["bucket"]>().toEqualTypeOf<Date>();
});

it("a summary without a bucket may have none in its rows", () => {
  const ask = () => storage.audit.summarize({}, { groupBy: ["decision"] });
  expectTypeOf<Rows<typeof ask>["bucket"]>().toEqualTypeOf<Date | undefined>();
});

it("a request that is only known when it runs has rows of any shape", () => {
  const ask = (request: SummaryRequest) => storage.audit.summarize({}, request);
  expectTypeOf<Rows<typeof ask>>().toExtend<SummaryRow>();
  expectTypeOf<Rows<typeof ask>["key"][string]>().toEqualTypeOf<string | boolean | null>();
});

it("well-known words are suggested, and others are accepted", () => {
  expectTypeOf<"tool_call">().toExtend<AuditEvent["action"]>();
  expectTypeOf<"deny">().toExtend<AuditEvent["decision"]>();
  expectTypeOf<string>().toExtend<AuditEvent["action"]>();
  expectTypeOf<"shadow">().toExtend<AgentRecord["enforcementMode"]>();
  expectTypeOf<string>().toExtend<AgentRecord["enforcementMode"]>();
});

it("events and filters have the members that the columns describe", () => {
  expectTypeOf<keyof AuditEvent>().toEqualTypeOf<Exclude<AuditMember, "tool">>();
  expectTypeOf<keyof NewAuditEvent>().toEqualTypeOf<Exclude<AuditMember, "tool" | "recordedAt">>();
  expectTypeOf<keyof AuditFilter>().toEqualTypeOf<AuditTextField | "from" | "to" | "dryRun" | "payload">();
  expectTypeOf<AuditFilter["sessionId"]>().toEqualTypeOf<string | readonly string[] | undefined>();
});

it("a cursor is no position, and either may come from a text that was kept", () => {
  expectTypeOf<Page<unknown>["next"]>().toEqualTypeOf<Cursor | undefined>();
  expectTypeOf<Cursor>().not.toExtend<Position>();
  expectTypeOf<Position>().not.toExtend<Cursor>();
  expectTypeOf<string>().toExtend<Cursor>();
  expectTypeOf<string>().toExtend<Position>();
  expectTypeOf<TailItem["position"]>().toEqualTypeOf<Position>();
  expectTypeOf<NonNullable<PartitionMeasure["asOf"]>>().toEqualTypeOf<Position>();
});

it("an approval has a claim or a decision as its state says", () => {
  type In<State extends Approval["state"]> = Extract<Approval, { state: State }>;
  expectTypeOf<In<"pending">>().not.toHaveProperty("claim");
  expectTypeOf<In<"pending">>().not.toHaveProperty("decision");
  expectTypeOf<In<"claimed">["claim"]["expiresAt"]>().toEqualTypeOf<Date>();
  expectTypeOf<In<"claimed">>().not.toHaveProperty("decision");
  const decided = (approval: Approval) => {
    if (approval.state === "approved" || approval.state === "denied") {
      expectTypeOf(approval).toEqualTypeOf<DecidedApproval>();
    }
  };
  expectTypeOf(decided).parameter(0).toEqualTypeOf<Approval>();
  expectTypeOf<ApprovalQueue["wait"]>().returns.resolves.toEqualTypeOf<DecidedApproval>();
  expectTypeOf<ApprovalQueue["claim"]>().returns.resolves.toEqualTypeOf<ClaimedApproval>();
});

it("an approver's decision names the approver, and that of expiry does not", () => {
  type By<Source> = Extract<DecidedApproval["decision"], { source: Source }>;
  expectTypeOf<By<"approver">["approver"]>().toEqualTypeOf<string>();
  expectTypeOf<By<"expiry">>().not.toHaveProperty("approver");
});

it("a run has an end unless it is running", () => {
  type With<Outcome> = Extract<RetentionRun, { outcome: Outcome }>;
  expectTypeOf<With<"running">>().not.toHaveProperty("finishedAt");
  expectTypeOf<Exclude<RetentionRun, With<"running">>["finishedAt"]>().toEqualTypeOf<Date>();
});
