import {
  type ApprovalDefaults,
  type ApprovalQueue,
  type ApprovalTable,
  type InvalidationChannel,
  openTableApprovals,
  type StateSupport,
} from "@agent-assembly/storage-core/state";
import { classifySqliteError } from "./errors.js";

/** A look is a read of one row; decisions of this process end a wait at once. */
const WAIT_POLL_MS = 100;

/** What hot-path state gets from the file. */
export class SqliteStateSupport implements StateSupport {
  constructor(
    private readonly approvals: ApprovalTable,
    readonly policyChanges: InvalidationChannel,
  ) {}

  openApprovals(defaults: ApprovalDefaults = {}): ApprovalQueue {
    return openTableApprovals(this.approvals, defaults, {
      backend: "sqlite",
      pollMs: WAIT_POLL_MS,
      classify: classifySqliteError,
    });
  }
}
