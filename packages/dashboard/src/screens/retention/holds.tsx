import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Confirm } from "../../parts/confirm.js";
import { Panel } from "../../parts/panel.js";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { say } from "../../parts/toast.js";
import { Ago } from "../../parts/values.js";
import { write } from "../../server/client.js";
import type { Resource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { PageOf } from "../../server/wire.js";
import type { LegalHold } from "../../server/wire-store.js";
import { fullTime } from "../../text/format.js";
import { visible } from "../../text/visible.js";

/** What retention must not touch. */
export function Holds({
  holds,
  onChange,
}: {
  readonly holds: Resource<PageOf<LegalHold>>;
  readonly onChange: () => void;
}): JSX.Element {
  const asked = useSignal<"place" | LegalHold | undefined>(undefined);
  const close = (): void => {
    asked.value = undefined;
  };
  const changed = (said: string): void => {
    say(said);
    holds.reload();
    onChange();
  };
  const what = asked.value;
  return (
    <Panel title="Legal holds">
      {may("admin") && (
        <button
          type="button"
          class="panel-action"
          onClick={() => {
            asked.value = "place";
          }}
        >
          Place a hold
        </button>
      )}
      <Loaded from={holds}>
        {({ items }) => (
          <Table
            label="Legal holds"
            items={items}
            keyOf={({ holdId }) => holdId}
            empty="none"
            columns={[
              { name: "Covers", kind: "wide", cell: (hold) => visible(scopeOf(hold)) },
              { name: "Why", kind: "wide", cell: ({ reason }) => visible(reason) },
              { name: "By", kind: "extra", cell: ({ actor }) => visible(actor) },
              { name: "Placed", cell: ({ placedAt }) => <Ago at={placedAt} /> },
              {
                name: "State",
                cell: (hold) => {
                  if (hold.release !== undefined) {
                    return (
                      <span class="none" title={visible(`${hold.release.actor}: ${hold.release.reason}`)}>
                        released
                      </span>
                    );
                  }
                  if (!may("admin")) return <span class="tag">in force</span>;
                  return (
                    <button
                      type="button"
                      class="link"
                      onClick={() => {
                        asked.value = hold;
                      }}
                    >
                      release
                    </button>
                  );
                },
              },
            ]}
          />
        )}
      </Loaded>
      {what === "place" && <PlaceHold onClose={close} onChange={() => changed("Hold placed")} />}
      {what !== undefined && what !== "place" && (
        <Confirm
          title="Release this hold?"
          action="Release"
          reason="required"
          onClose={close}
          run={async (reason) => {
            await write(`retention/holds/${encodeURIComponent(what.holdId)}/release`, { body: { reason } });
            changed("Hold released");
          }}
        >
          <p>{visible(scopeOf(what))}. The next run may remove what only this hold kept.</p>
        </Confirm>
      )}
    </Panel>
  );
}

function PlaceHold({
  onClose,
  onChange,
}: {
  readonly onClose: () => void;
  readonly onChange: () => void;
}): JSX.Element {
  const scope = useSignal({ agentId: "", teamId: "", from: "", to: "" });
  const field = (key: "agentId" | "teamId" | "from" | "to", label: string, isDate = false): JSX.Element => (
    <label class="field">
      <span>{label}</span>
      <input
        {...(isDate ? { type: "date" as const } : {})}
        maxLength={512}
        autocomplete="off"
        value={scope.value[key]}
        onInput={(event) => {
          scope.value = { ...scope.value, [key]: event.currentTarget.value };
        }}
      />
    </label>
  );
  return (
    <Confirm
      title="Place a legal hold"
      action="Place"
      reason="required"
      onClose={onClose}
      run={async (reason) => {
        const { agentId, teamId, from, to } = scope.value;
        await write("retention/holds", {
          body: {
            ...(agentId.trim() === "" ? {} : { agentId: agentId.trim() }),
            ...(teamId.trim() === "" ? {} : { teamId: teamId.trim() }),
            ...(from === "" ? {} : { from: `${from}T00:00:00.000Z` }),
            ...(to === "" ? {} : { to: `${to}T00:00:00.000Z` }),
            reason,
          },
        });
        onChange();
      }}
    >
      <p>Retention keeps what matches all that is given; everything where nothing is.</p>
      <div class="field-row">
        {field("agentId", "Agent")}
        {field("teamId", "Team")}
      </div>
      <div class="field-row">
        {field("from", "From (UTC)", true)}
        {field("to", "Before (UTC)", true)}
      </div>
    </Confirm>
  );
}

function scopeOf({ agentId, teamId, from, to }: LegalHold): string {
  const parts = [
    agentId === undefined ? "" : `agent ${agentId}`,
    teamId === undefined ? "" : `team ${teamId}`,
    from === undefined ? "" : `from ${fullTime(Date.parse(from), "utc").slice(0, 10)}`,
    to === undefined ? "" : `before ${fullTime(Date.parse(to), "utc").slice(0, 10)}`,
  ].filter((part) => part !== "");
  return parts.length === 0 ? "everything" : parts.join(", ");
}
