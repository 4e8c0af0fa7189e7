import type { JSX } from "preact";
import type { Agent } from "../../server/wire.js";
import { relative } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { now } from "../../url/range.js";

/** The enforcement mode, and until when where it is a temporary one. */
export function Mode({ agent }: { readonly agent: Agent }): JSX.Element {
  const { enforcementMode, enforcementWindow, baseEnforcementMode } = agent;
  return (
    <span class={enforcementMode === "enforce" ? "mode" : "mode other"}>
      {visible(enforcementMode)}
      {enforcementWindow !== undefined && (
        <span class="none" title={`then ${visible(baseEnforcementMode)}`}>
          {" "}
          ends {relative(Date.parse(enforcementWindow.expiresAt), now.value)}
        </span>
      )}
    </span>
  );
}
