import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { JsonTree } from "../../parts/json-tree.js";
import { Ago, Fields, Id } from "../../parts/values.js";
import { may } from "../../server/session.js";
import type { Approval } from "../../server/wire.js";
import { digestOf } from "../../text/canonical-digest.js";
import { fullTime } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { linkTo } from "../../url/location.js";
import { zone } from "../../url/range.js";
import { type Asked, Countdown, isOpen, LABELS, toolOf } from "./request-parts.js";

/** One request in full, with what can be done about it. */
export function ApprovalDetails({
  approval,
  onAsk,
}: {
  readonly approval: Approval;
  readonly onAsk: (what: Asked["what"]) => void;
}): JSX.Element {
  const { requestId, agentId, teamId, action, request, decision, claim } = approval;
  const decidable = isOpen(approval) && may("approve");
  return (
    <section class="request-details" aria-label="Request">
      <header class="section-head">
        <h2>{visible(toolOf(approval) ?? action)}</h2>
        <span class="spacer" />
        {decidable &&
          (["claim", "deny", "approve"] as const).map((what) => (
            <button
              key={what}
              type="button"
              class={what === "approve" ? "primary" : what === "deny" ? "danger" : ""}
              onClick={() => onAsk(what)}
            >
              {LABELS[what]} <kbd>{what.charAt(0)}</kbd>
            </button>
          ))}
      </header>
      <Fields
        of={[
          [
            "agent",
            <a key="agent" href={linkTo("agents", { agent: agentId })}>
              {visible(agentId)}
            </a>,
          ],
          teamId === undefined ? undefined : ["team", visible(teamId)],
          ["action", visible(action)],
          ["asked", <Ago key="asked" at={approval.submittedAt} />],
          decision === undefined
            ? [
                "expires",
                <>
                  <Countdown to={approval.expiresAt} />, then {approval.onExpiry === "deny" ? "denied" : "approved"}
                </>,
              ]
            : ["decided", <Decided key="decided" approval={approval} />],
          claim === undefined
            ? undefined
            : [
                "claimed",
                `by ${visible(claim.approver)}, until ${fullTime(Date.parse(claim.expiresAt), zone.value).slice(11, 19)}`,
              ],
          ["request", <Id key="id" value={requestId} />],
          ["digest", <Digest key="digest" of={approval} />],
        ]}
      />
      <JsonTree value={request} label="What is asked for" />
    </section>
  );
}

function Decided({ approval }: { readonly approval: Approval }): JSX.Element | null {
  const { decision, state } = approval;
  if (decision === undefined) return null;
  return (
    <>
      <span class={`verdict ${state}`}>{state}</span> <Ago at={decision.at} /> by{" "}
      {decision.source === "expiry" ? "expiry" : visible(decision.approver ?? "")}
      {decision.reason !== undefined && `: ${visible(decision.reason)}`}
    </>
  );
}

/** The digest, checked against the request that is shown where the browser can. */
function Digest({ of }: { readonly of: Approval }): JSX.Element {
  const matches = useSignal<boolean | undefined>(undefined);
  useEffect(() => {
    void digestOf(of.request).then((own) => {
      matches.value = own === undefined ? undefined : own === of.digest;
    });
  }, [of.digest]);
  return (
    <>
      <Id value={of.digest} /> {matches.value === true && <span class="none">matches the request shown</span>}
      {matches.value === false && <strong class="soon">does not match the request shown: do not decide</strong>}
    </>
  );
}
