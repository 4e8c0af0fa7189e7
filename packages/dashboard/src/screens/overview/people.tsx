import type { JSX } from "preact";
import { Loaded } from "../../parts/states.js";
import { Ago } from "../../parts/values.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { Agent, Approval, PageOf } from "../../server/wire.js";
import { plural } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { linkTo } from "../../url/location.js";
import { now } from "../../url/range.js";

const SHOWN = 6;
const HOUR_MS = 3_600_000;
/** How often waiting requests are looked for, in milliseconds. */
const EVERY_MS = 10_000;

/** Requests that wait, oldest first. */
export function WaitingApprovals(): JSX.Element {
  const waiting = useResource(
    "approvals",
    (signal) => get<PageOf<Approval>>("approvals", { state: ["pending", "claimed"], limit: SHOWN + 1 }, signal),
    { everyMs: EVERY_MS },
  );
  return (
    <Loaded from={waiting}>
      {({ items }) => (
        <ul class="lines">
          {items.slice(0, SHOWN).map(({ requestId, agentId, action, submittedAt }) => (
            <li key={requestId}>
              <a href={linkTo("approvals", { request: requestId })}>{visible(agentId)}</a>
              <span>{visible(action)}</span>
              <Ago at={submittedAt} />
            </li>
          ))}
          {items.length > SHOWN && (
            <li>
              <a href={linkTo("approvals")}>more</a>
            </li>
          )}
          {items.length === 0 && <li class="none">none</li>}
        </ul>
      )}
    </Loaded>
  );
}

/** Agents that said they run and have not been heard of for an hour. */
export function SilentAgents(): JSX.Element {
  const agents = useResource("agents", (signal) => get<PageOf<Agent>>("agents", { limit: 1000 }, signal));
  return (
    <Loaded from={agents}>
      {({ items }) => {
        const silent = items
          .filter(({ lastSeenAt }) => lastSeenAt !== undefined && now.value - Date.parse(lastSeenAt) > HOUR_MS)
          .sort((a, b) => ((a.lastSeenAt as string) < (b.lastSeenAt as string) ? 1 : -1));
        return (
          <ul class="lines">
            {silent.slice(0, SHOWN).map(({ agentId, status, lastSeenAt }) => (
              <li key={agentId}>
                <a href={linkTo("agents", { agent: agentId })}>{visible(agentId)}</a>
                <span>{status}</span>
                <Ago at={lastSeenAt as string} />
              </li>
            ))}
            {silent.length > SHOWN && (
              <li>
                <a href={linkTo("agents")}>{plural(silent.length - SHOWN, "more agent")}</a>
              </li>
            )}
            {silent.length === 0 && <li class="none">none</li>}
          </ul>
        );
      }}
    </Loaded>
  );
}
