import type { JsonValue } from "@agent-assembly/storage-core";
import { describeShape } from "@agent-assembly/storage-core/backend";

/** A call in a message. */
export interface CallPart {
  readonly kind: "call";
  /** From the message. */
  readonly pointer: string;
  readonly id: string | undefined;
  readonly tool: string;
  readonly arguments: JsonValue | undefined;
  readonly details: Readonly<Record<string, JsonValue | undefined>> | undefined;
}

/** An answer in a message. */
export interface AnswerPart {
  readonly kind: "answer";
  readonly pointer: string;
  readonly callId: string | undefined;
  readonly tool: string | undefined;
  readonly result: JsonValue | undefined;
  readonly error: JsonValue | undefined;
}

/** A part that looks like one of them, and why it is none. */
export interface BadPart {
  readonly kind: "bad";
  readonly pointer: string;
  readonly reason: string;
}

/** Collects what a message holds. */
export class Parts {
  readonly list: (CallPart | AnswerPart | BadPart)[] = [];

  call(
    pointer: string,
    id: string | undefined,
    tool: JsonValue | undefined,
    args: JsonValue | undefined,
    details?: CallPart["details"],
  ): void {
    if (typeof tool === "string" && tool !== "") {
      this.list.push({ kind: "call", pointer, id, tool, arguments: args, details });
    } else this.notRead(pointer, `is a call whose tool has no name, got ${describeShape(tool)}`);
  }

  answer(
    pointer: string,
    callId: string | undefined,
    tool: string | undefined,
    result: JsonValue | undefined,
    error: JsonValue | undefined,
  ): void {
    this.list.push({ kind: "answer", pointer, callId, tool, result, error });
  }

  notRead(pointer: string, reason: string): void {
    this.list.push({ kind: "bad", pointer, reason });
  }

  hasCall(id: string): boolean {
    return this.list.some((part) => part.kind === "call" && part.id === id);
  }
}
