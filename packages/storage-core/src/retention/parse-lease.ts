import { randomUUID } from "node:crypto";
import { checkInteger, checkText } from "../support/input.js";

/** @throws `invalid_argument` */
export function checkLease(name: unknown, ttlMs: unknown): void {
  checkText("name", name);
  checkInteger("ttlMs", ttlMs, 1000, 86_400_000);
}

/** What a process signs a lease with. */
export function leaseOwner(): string {
  return randomUUID();
}
