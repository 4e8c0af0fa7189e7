import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { Approval, Verdict } from "../../server/wire.js";
import { duration } from "../../text/format.js";

/** What is to be confirmed, about the request as it was on the screen. */
export interface Asked {
  readonly what: Verdict | "claim";
  readonly approval: Approval;
}

export const LABELS = { claim: "Claim", deny: "Deny", approve: "Approve" } as const;

/** Whether a request can still be decided. */
export function isOpen({ state }: Approval): boolean {
  return state === "pending" || state === "claimed";
}

/** The tool that is asked for, where the request names one. */
export function toolOf({ request }: Approval): string | undefined {
  if (typeof request !== "object" || request === null || Array.isArray(request)) return undefined;
  const tool = (request as Record<string, unknown>).tool;
  return typeof tool === "string" ? tool : undefined;
}

/** The time that is left; moves every second for the last two minutes. */
export function Countdown({ to }: { readonly to: string }): JSX.Element {
  const left = useSignal(Date.parse(to) - Date.now());
  useEffect(() => {
    const look = (): void => {
      left.value = Date.parse(to) - Date.now();
    };
    look();
    const timer = setInterval(() => {
      if (!document.hidden) look();
    }, 1000);
    return () => clearInterval(timer);
  }, [to]);
  if (left.value <= 0) return <span class="none">expired</span>;
  return <span class={left.value < 120_000 ? "soon" : "none"}>in {duration(left.value)}</span>;
}
