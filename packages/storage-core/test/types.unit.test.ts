import type {
  AgentRecord,
  AuditEvent,
  AuditFilter,
  NewAuditEvent,
  StorageBackend,
  SummaryRequest,
  SummaryRow,
} from "@agent-assembly/storage-core";
import type { AuditMember, AuditTextField } from "@agent-assembly/storage-core/backend";
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
