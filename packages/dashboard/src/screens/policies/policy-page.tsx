import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Confirm } from "../../parts/confirm.js";
import { CopyAs } from "../../parts/copy-as.js";
import { Panel } from "../../parts/panel.js";
import { Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { say } from "../../parts/toast.js";
import { Ago, Id, None } from "../../parts/values.js";
import { apiUrl, get, write } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import { may } from "../../server/session.js";
import type { Activation, PageOf, PolicyInfo, PolicyName } from "../../server/wire.js";
import { bytes } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { linkTo, linkWith, param } from "../../url/location.js";
import { PolicyDiff } from "./policy-diff.js";

/** What is to be confirmed. */
type Asked = { readonly kind: "activate"; readonly version: number } | { readonly kind: "rollback" };

/** One policy: its versions, what became active when, and two versions side by side. */
export function PolicyPage({
  policy,
  onChange,
}: {
  readonly policy: PolicyName;
  readonly onChange: () => void;
}): JSX.Element {
  const { name, active, latest } = policy;
  const path = `policies/${encodeURIComponent(name)}`;
  const versions = useResource(`${path} ${latest}`, (signal) =>
    get<PageOf<PolicyInfo>>(`${path}/versions`, {}, signal),
  );
  const activations = useResource(`${path} ${active}`, (signal) =>
    get<PageOf<Activation>>(`${path}/activations`, {}, signal),
  );
  const asked = useSignal<Asked | undefined>(undefined);
  const right = Number(param("b", String(active ?? latest)));
  const left = Number(param("a", String(Math.max(1, right - 1))));

  const change = async (reason: string | undefined): Promise<void> => {
    const what = asked.value;
    if (what === undefined) return;
    const body = { ...(what.kind === "activate" ? { version: what.version } : {}), reason };
    // Refused when another version became active since this page was drawn.
    await write(`${path}/${what.kind}`, { body, ifMatch: `"${active ?? 0}"` });
    say(what.kind === "activate" ? `Version ${what.version} is active` : "Rolled back");
    onChange();
    activations.reload();
  };

  return (
    <div class="screen">
      <div class="screen-head">
        <a href={linkTo("policies")}>Policies</a>
        <h2>{visible(name)}</h2>
        <span class="none">{active === null ? "none active" : `version ${active} active`}</span>
        <span class="spacer" />
        {may("policy") && (activations.data.value?.items.length ?? 0) > 1 && (
          <button
            type="button"
            onClick={() => {
              asked.value = { kind: "rollback" };
            }}
          >
            Roll back
          </button>
        )}
        <CopyAs curl={asCurl(`${path}/versions`)} aasm={`aasm policy history '${name.replaceAll("'", `'\\''`)}'`} />
      </div>
      <div class="panels">
        <Panel title="Versions">
          <Loaded from={versions}>
            {({ items }) => (
              <Table
                label="Versions"
                items={items}
                keyOf={({ version }) => String(version)}
                isCurrent={({ version }) => version === active}
                empty="none"
                columns={[
                  {
                    name: "Version",
                    cell: ({ version }) => (
                      <a href={linkWith({ a: String(Math.max(1, version - 1)), b: String(version) })}>{version}</a>
                    ),
                  },
                  { name: "Saved", cell: ({ createdAt }) => <Ago at={createdAt} /> },
                  { name: "By", kind: "wide", cell: ({ actor }) => visible(actor) },
                  { name: "Digest", kind: "extra", cell: ({ digest }) => <Id value={digest} /> },
                  { name: "Size", kind: "number", cell: ({ size }) => bytes(size) },
                  {
                    name: "Source",
                    cell: ({ version }) => (
                      <a
                        href={apiUrl(`${path}/versions/${version}/source`)}
                        download=""
                        aria-label={`raw source of version ${version}`}
                      >
                        raw
                      </a>
                    ),
                  },
                  {
                    name: "State",
                    cell: ({ version }) => {
                      if (version === active) return <span class="tag">active</span>;
                      if (!may("policy")) return <None />;
                      return (
                        <button
                          type="button"
                          class="link"
                          aria-label={`activate version ${version}`}
                          onClick={() => {
                            asked.value = { kind: "activate", version };
                          }}
                        >
                          activate
                        </button>
                      );
                    },
                  },
                ]}
              />
            )}
          </Loaded>
        </Panel>
        <Panel title="What was active">
          <Loaded from={activations}>
            {({ items }) => (
              <Table
                label="Activations"
                items={items}
                keyOf={({ at, to }) => `${at} ${to}`}
                empty="never activated"
                columns={[
                  { name: "When", cell: ({ at }) => <Ago at={at} /> },
                  { name: "What", cell: ({ kind }) => kind },
                  {
                    name: "Version",
                    cell: ({ from, to }) => (
                      <a href={linkWith({ a: String(from ?? to), b: String(to) })}>
                        {from === null ? <None /> : from} → {to}
                      </a>
                    ),
                  },
                  { name: "By", kind: "wide", cell: ({ actor }) => visible(actor) },
                ]}
              />
            )}
          </Loaded>
        </Panel>
      </div>
      <PolicyDiff name={name} left={left} right={right} latest={latest} />
      {asked.value !== undefined && (
        <Confirm
          title={asked.value.kind === "activate" ? `Activate version ${asked.value.version}?` : "Roll back?"}
          action={asked.value.kind === "activate" ? "Activate" : "Roll back"}
          reason="optional"
          run={change}
          onClose={() => {
            asked.value = undefined;
          }}
        >
          <p>
            {visible(name)}: {active === null ? "no version is active" : `version ${active} is active`} now.
            {asked.value.kind === "rollback" && " The version before it becomes active."} Recorded as yours.
          </p>
        </Confirm>
      )}
    </div>
  );
}
