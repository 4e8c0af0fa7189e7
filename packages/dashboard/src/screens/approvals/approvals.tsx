import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { CopyAs } from "../../parts/copy-as.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Ago } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { Approval, PageOf } from "../../server/wire.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { param, setParams } from "../../url/location.js";
import { ApprovalDetails } from "./approval-details.js";
import { AskFirst } from "./ask-first.js";
import { type Asked, Countdown, isOpen, toolOf } from "./request-parts.js";

/** How often the queue is asked, in milliseconds. */
const EVERY_MS = 5000;

/** Requests that wait, oldest first, and those that were decided. */
export default function Approvals(): JSX.Element {
  const decided = param("state") === "decided";
  const query = { state: decided ? ["approved", "denied"] : ["pending", "claimed"], limit: 500 };
  const found = useResource(JSON.stringify(query), (signal) => get<PageOf<Approval>>("approvals", query, signal), {
    everyMs: EVERY_MS,
  });
  const asked = useSignal<Asked | undefined>(undefined);
  const list = useRef<HTMLUListElement>(null);
  const items = sorted(found.data.value?.items ?? [], decided);
  const chosen = items.find(({ requestId }) => requestId === param("request")) ?? items[0];
  const isLoaded = found.data.value !== undefined;
  useEffect(() => list.current?.focus(), [decided, isLoaded]);

  const keys = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || chosen === undefined) return;
    const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    const ask = ({ a: "approve", d: "deny", c: "claim" } as const)[event.key];
    if (step !== undefined) {
      const next = items[Math.min(Math.max(items.indexOf(chosen) + step, 0), items.length - 1)];
      if (next !== undefined) setParams({ request: next.requestId }, "replace");
    } else if (ask !== undefined && may("approve") && isOpen(chosen)) asked.value = { what: ask, approval: chosen };
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <div class="screen approvals">
      <div class="screen-head">
        <div class="switch" role="group" aria-label="Which requests">
          <button
            type="button"
            aria-pressed={!decided}
            onClick={() => setParams({ state: undefined, request: undefined })}
          >
            Waiting
          </button>
          <button
            type="button"
            aria-pressed={decided}
            onClick={() => setParams({ state: "decided", request: undefined })}
          >
            Decided
          </button>
        </div>
        <span class="spacer" />
        <CopyAs
          curl={asCurl("approvals", query)}
          aasm={`aasm approvals list${decided ? " --state approved,denied" : ""}`}
        />
      </div>
      <Loaded from={found}>
        {() =>
          chosen === undefined ? (
            <Empty>{decided ? "Nothing was decided lately." : "Nothing waits for a decision."}</Empty>
          ) : (
            <div class="two">
              <ul
                ref={list}
                class="requests"
                role="listbox"
                tabIndex={0}
                aria-label={decided ? "Decided requests" : "Waiting requests, oldest first"}
                aria-activedescendant={`request-${items.indexOf(chosen)}`}
                onKeyDown={keys}
              >
                {items.map((approval, index) => (
                  <Request key={approval.requestId} approval={approval} index={index} chosen={approval === chosen} />
                ))}
              </ul>
              <ApprovalDetails
                key={chosen.requestId}
                approval={chosen}
                onAsk={(what) => {
                  asked.value = { what, approval: chosen };
                }}
              />
            </div>
          )
        }
      </Loaded>
      {asked.value !== undefined && (
        <AskFirst
          {...asked.value}
          onChange={found.reload}
          onClose={() => {
            asked.value = undefined;
            list.current?.focus();
          }}
        />
      )}
    </div>
  );
}

function sorted(items: readonly Approval[], decided: boolean): readonly Approval[] {
  if (!decided) return items;
  const at = ({ decision, submittedAt }: Approval): string => decision?.at ?? submittedAt;
  return items.toSorted((a, b) => (at(a) < at(b) ? 1 : -1));
}

function Request({
  approval,
  index,
  chosen,
}: {
  readonly approval: Approval;
  readonly index: number;
  readonly chosen: boolean;
}): JSX.Element {
  const { requestId, agentId, action, state, submittedAt, claim, decision } = approval;
  return (
    <li
      id={`request-${index}`}
      role="option"
      aria-selected={chosen}
      class={chosen ? "request chosen" : "request"}
      onClick={() => setParams({ request: requestId }, "replace")}
    >
      <span class="request-name">{visible(toolOf(approval) ?? action)}</span>
      <span class="request-age">{decision === undefined ? <Ago at={submittedAt} /> : <Ago at={decision.at} />}</span>
      <span class="none">{visible(agentId)}</span>
      <span class="request-state">
        {decision === undefined ? (
          <>
            expires <Countdown to={approval.expiresAt} />
          </>
        ) : (
          <span class={`verdict ${state}`}>{state}</span>
        )}
        {claim !== undefined && <span class="tag">claimed by {visible(claim.approver)}</span>}
      </span>
    </li>
  );
}
