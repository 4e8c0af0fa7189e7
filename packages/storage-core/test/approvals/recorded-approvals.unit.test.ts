import { describe, expect, it } from "vitest";
import { type AuditStore, type GovernanceRecord, StorageError } from "../../src/index.js";
import { openMemoryStorage } from "../../src/memory/index.js";
import { openMemoryApprovals } from "../../src/state/index.js";

const REQUEST = { requestId: "r", agentId: "a", action: "tool_call", request: { n: 1 } };

/** An audit log that can be switched off, and what is recorded in it. */
function switchable() {
  const storage = openMemoryStorage();
  let failure: StorageError | undefined;
  const audit: Pick<AuditStore, "append"> = {
    append: async (events, options) => {
      if (failure !== undefined) throw failure;
      return storage.audit.append(events, options);
    },
  };
  const changes = async (): Promise<string[]> => {
    const { items } = await storage.audit.query({ action: "governance" }, { order: "oldest" });
    return items.map(({ payload }) => (payload as GovernanceRecord).change).toSorted();
  };
  return {
    audit,
    changes,
    fail(code?: "unavailable" | "permission_denied") {
      failure = code && new StorageError({ code, message: "the log is away" });
    },
  };
}

describe("approvals whose audit log is another store", () => {
  it("are recorded before the answer; what could not be is recorded by the next call that sees it", async () => {
    const log = switchable();
    const approvals = openMemoryApprovals({ audit: log.audit });
    log.fail("unavailable");
    await expect(approvals.submit(REQUEST)).rejects.toMatchObject({
      code: "unavailable",
      retryable: true,
      message: expect.stringMatching(/is stored, but the audit log did not take its record: the log is away/),
    });
    await expect(approvals.get("r")).rejects.toMatchObject({ code: "unavailable" });
    expect(await log.changes()).toEqual([]);
    log.fail();
    const { digest } = await approvals.submit(REQUEST);
    expect(await log.changes()).toEqual(["approval.submitted"]);

    log.fail("unavailable");
    const decision = { approver: "ann", verdict: "approve", digest } as const;
    await expect(approvals.decide("r", decision)).rejects.toMatchObject({ code: "unavailable" });
    await expect(approvals.decide("r", decision)).rejects.toMatchObject({ code: "unavailable" });
    expect(await log.changes()).toEqual(["approval.submitted"]);
    log.fail();
    await expect(approvals.decide("r", decision)).rejects.toMatchObject({ code: "conflict" });
    expect(await log.changes()).toEqual(["approval.decided", "approval.submitted"]);
    for (let n = 0; n < 3; n++) await approvals.get("r");
    expect(await log.changes()).toHaveLength(2);
  });

  it("are shown to a reader who may write no event", async () => {
    const log = switchable();
    const approvals = openMemoryApprovals({ audit: log.audit });
    log.fail("permission_denied");
    await expect(approvals.submit(REQUEST)).rejects.toMatchObject({ code: "permission_denied" });
    expect((await approvals.get("r"))?.state).toBe("pending");
  });
});
