import type { JSX } from "preact";
import { CopyAs } from "../../parts/copy-as.js";
import { Panel } from "../../parts/panel.js";
import { Empty, Loaded } from "../../parts/states.js";
import { Table } from "../../parts/table.js";
import { copyText } from "../../parts/toast.js";
import { Ago, Fields, Id } from "../../parts/values.js";
import { apiUrl, get, getResponse } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { PageOf } from "../../server/wire.js";
import type { Erasure, EvidenceStatus } from "../../server/wire-store.js";
import { count, duration } from "../../text/format.js";
import { visible, visibleLines } from "../../text/visible.js";
import { asCurl } from "../../url/copy-as.js";
import { fixedQuery } from "../../url/filter.js";
import { Verify } from "./verify.js";

/** How often the log's state is asked for, in milliseconds. */
const EVERY_MS = 30_000;

/** Where the sealed log stands: its size, what is signed, where it is anchored, what was erased. */
export default function Evidence(): JSX.Element {
  const status = useResource("status", (signal) => get<EvidenceStatus>("evidence/status", {}, signal), {
    everyMs: EVERY_MS,
  });
  const { from, to } = fixedQuery.value;
  return (
    <div class="screen">
      <div class="screen-head">
        <Loaded from={status}>
          {(data) =>
            data.sealed && (
              <div class="figures">
                <Figure of="sealed" value={count(data.size ?? 0)} />
                <Figure of="behind" value={data.lagMs === 0 ? "none" : duration(data.lagMs ?? 0)} />
                <Figure
                  of="not sealed yet"
                  value={`${data.waiting?.more === true ? "≥ " : ""}${count(data.waiting?.events ?? 0)}`}
                />
              </div>
            )
          }
        </Loaded>
        <span class="spacer" />
        <a class="button" href={apiUrl("events/export", { from, to, format: "ndjson" })} download="">
          Download events
        </a>
        <CopyAs curl={asCurl("evidence/checkpoint")} aasm="aasm evidence status" />
      </div>
      <Loaded from={status}>
        {(data) =>
          data.sealed ? (
            <Sealed status={data} />
          ) : (
            <Empty command="aasm evidence init">
              The events of this store are not sealed. Sealing proves later that none was changed or taken away; it
              begins with
            </Empty>
          )
        }
      </Loaded>
    </div>
  );
}

function Figure({ of, value }: { readonly of: string; readonly value: string }): JSX.Element {
  return (
    <div class="figure">
      <span class="figure-value">{value}</span>
      <span class="figure-name">{of}</span>
    </div>
  );
}

function Sealed({ status }: { readonly status: EvidenceStatus }): JSX.Element {
  const { origin = "", checkpoint, logs = [], keys = [], anchors = [] } = status;
  return (
    <div class="panels">
      <Panel title="Log">
        <Fields
          of={[
            ["origin", visible(origin)],
            [
              "signed",
              checkpoint == null ? (
                "never"
              ) : (
                <>
                  {count(checkpoint.size)} leaves, <Ago at={checkpoint.at} />
                </>
              ),
            ],
            logs.length > 1 ? ["logs", `${logs.length}`] : undefined,
          ]}
        />
      </Panel>
      <Panel title="Last checkpoint">
        {checkpoint == null ? <p class="none">none</p> : <Checkpoint size={checkpoint.size} />}
      </Panel>
      <Panel title="Anchors">
        <Table
          label="Anchors"
          items={anchors}
          keyOf={({ kind, where }) => `${kind} ${where}`}
          empty={
            <Empty command="aasm evidence anchor">
              None: a copy elsewhere shows when this log is replaced. Make one with
            </Empty>
          }
          columns={[
            { name: "Kind", cell: ({ kind }) => visible(kind) },
            { name: "Where", kind: "wide", cell: ({ where }) => visible(where) },
            { name: "Leaves", kind: "number", cell: ({ size }) => count(size) },
            { name: "When", cell: ({ at }) => <Ago at={at} /> },
          ]}
        />
      </Panel>
      <Panel title="Keys">
        <Table
          label="Keys"
          items={keys}
          keyOf={({ vkey, from }) => `${vkey} ${from}`}
          empty="none"
          columns={[
            { name: "Verifier key", kind: "wide", cell: ({ vkey }) => <Id value={vkey} /> },
            {
              name: "Signs",
              cell: ({ from, to }) => (to === null ? `from leaf ${count(from)} on` : `up to leaf ${count(to)}`),
            },
          ]}
        />
      </Panel>
      <Erasures />
      <Verify />
    </div>
  );
}

/** The signed note as it is, to be kept elsewhere. */
function Checkpoint({ size }: { readonly size: number }): JSX.Element {
  const note = useResource(`checkpoint ${size}`, async (signal) =>
    (await getResponse(apiUrl("evidence/checkpoint"), { signal })).text(),
  );
  return (
    <Loaded from={note}>
      {(text) => (
        <>
          <pre class="raw">{visibleLines(text).replaceAll("␊", "")}</pre>
          <button type="button" class="link" onClick={() => void copyText(text, "Checkpoint copied")}>
            copy
          </button>
        </>
      )}
    </Loaded>
  );
}

function Erasures(): JSX.Element {
  const erasures = useResource("erasures", (signal) => get<PageOf<Erasure>>("evidence/erasures", {}, signal));
  return (
    <Panel title="Erasures">
      <Loaded from={erasures}>
        {({ items }) => (
          <Table
            label="Erasures"
            items={items}
            keyOf={({ erasureId }) => erasureId}
            empty="none"
            columns={[
              { name: "Started", cell: ({ startedAt }) => <Ago at={startedAt} /> },
              { name: "State", cell: ({ state }) => state },
              { name: "Events", kind: "number", cell: ({ events }) => count(events) },
              { name: "Parts", cell: ({ parts }) => visible(parts.join(", ")) },
              { name: "Request", kind: "wide", cell: ({ request }) => visible(request) },
              { name: "Basis", kind: "extra", cell: ({ basis }) => visible(basis) },
            ]}
          />
        )}
      </Loaded>
    </Panel>
  );
}
