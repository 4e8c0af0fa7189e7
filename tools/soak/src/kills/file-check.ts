import { copyFileSync, existsSync, rmSync } from "node:fs";
import Database from "better-sqlite3";
import { checkEvents } from "../checks/events.js";
import type { Findings } from "../checks/findings.js";
import type { History } from "../checks/history.js";

/** Of the files of a database, those that hold data. */
const ENDS = ["", "-journal", "-wal"] as const;

/**
 * A file between two writers, read by the database's own driver. A connection that only reads makes no checkpoint, so
 * that the next writer finds the log as the killed one left it.
 */
export class FileCheck {
  private constructor(
    /** Undefined while no writer has come as far as making the file. */
    private readonly file: Database.Database | undefined,
  ) {}

  static run<T>(path: string, work: (check: FileCheck) => T): T {
    if (!existsSync(path)) return work(new FileCheck(undefined));
    const read = (file: Database.Database): T => {
      try {
        return work(new FileCheck(file));
      } finally {
        file.close();
      }
    };
    try {
      return read(new Database(path, { readonly: true, fileMustExist: true }));
    } catch (error) {
      if ((error as { code?: unknown }).code !== "SQLITE_READONLY_ROLLBACK") throw error;
    }
    // A transaction of a writer that had not switched to the log must be rolled back: here, in a copy; in the file, by the
    // next writer.
    const copy = `${path}-copy`;
    for (const end of ENDS) if (existsSync(path + end)) copyFileSync(path + end, copy + end);
    try {
      return read(new Database(copy, { fileMustExist: true }));
    } finally {
      for (const end of [...ENDS, "-shm"]) rmSync(copy + end, { force: true });
    }
  }

  /** Whether each batch is there with all its events or, if it was not acknowledged, with none. */
  batches({ sent, stored }: History, findings: Findings): void {
    const batches = new Map<string, string[]>();
    for (const { agentId, id } of sent.values()) batches.set(agentId, [...(batches.get(agentId) ?? []), id]);
    for (const [batch, ids] of batches) {
      const there = this.#ids("AND agent_id = ?", batch);
      for (const id of ids)
        if (stored.has(id) && !there.includes(id)) findings.add("an acknowledged event is lost", id);
      if (there.length !== 0 && there.length !== ids.length) {
        findings.add("a batch is there in part", `${there.length} of ${ids.length} events of ${batch}`);
      }
    }
  }

  /** Whether every event is there once that was acknowledged, and none that was not sent. @returns how many are lost */
  events(history: History, findings: Findings): number {
    const stored = new Map<string, number>();
    for (const id of this.#ids()) stored.set(id, (stored.get(id) ?? 0) + 1);
    checkEvents(history, { stored, archived: new Set(), heldAgents: new Set() }, findings);
    return [...history.stored.keys()].filter((id) => !stored.has(id)).length;
  }

  count(): number {
    return this.#has ? (this.file?.prepare("SELECT count(*) FROM audit_events").pluck().get() as number) : 0;
  }

  integrity(findings: Findings): void {
    const said = this.file?.pragma("integrity_check", { simple: true }) ?? "ok";
    if (said !== "ok") findings.add("integrity_check finds damage", String(said));
  }

  #ids(where = "", ...values: string[]): string[] {
    if (!this.#has) return [];
    const select = this.file?.prepare<string[], string>(
      `SELECT event_id FROM audit_events WHERE action <> 'governance' ${where}`,
    );
    return select?.pluck().all(...values) ?? [];
  }

  get #has(): boolean {
    return this.file?.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'audit_events'").get() !== undefined;
  }
}
