import {
  type ApprovalDefaults,
  type ApprovalQueue,
  type ApprovalTable,
  type InvalidationChannel,
  openTableApprovals,
  type StateSupport,
} from "@agent-assembly/storage-core/state";
import { classifyPostgresError } from "./errors.js";

/** The server tells of decisions; this is for those it could not tell of. */
const WAIT_POLL_MS = 1000;

/** What hot-path state gets from the database. */
export class PostgresStateSupport implements StateSupport {
  constructor(
    private readonly approvals: ApprovalTable,
    readonly policyChanges: InvalidationChannel,
  ) {}

  openApprovals(defaults: ApprovalDefaults = {}): ApprovalQueue {
    return openTableApprovals(this.approvals, defaults, {
      backend: "postgres",
      pollMs: WAIT_POLL_MS,
      classify: classifyPostgresError,
    });
  }
}
