import { redisErrors } from "./errors.js";

/*
 * What scripts and commands answer, checked: another program at the address, a proxy or a key of another type must not
 * become a number that a loop or a limit depends on. All throw `corrupt`.
 */

export function integerReply(reply: unknown): number {
  if (Number.isSafeInteger(reply)) return reply as number;
  throw redisErrors.foreignReply();
}

export function textReply(reply: unknown): string {
  if (typeof reply === "string") return reply;
  throw redisErrors.foreignReply();
}

/** @param length how many there must be; default any number */
export function listReply(reply: unknown, length?: number): readonly unknown[] {
  if (Array.isArray(reply) && (length === undefined || reply.length === length)) return reply as unknown[];
  throw redisErrors.foreignReply();
}
