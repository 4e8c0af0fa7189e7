import type { JSX } from "preact";
import { Loaded } from "../../parts/states.js";
import { get } from "../../server/client.js";
import { useResource } from "../../server/resource.js";
import type { PolicySource } from "../../server/wire.js";
import { plural } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { setParams } from "../../url/location.js";
import { type DiffLine, sideBySide } from "./side-by-side.js";

/** Lines of a comparison that are drawn. */
const MOST_LINES = 5000;

/** Two versions of a policy side by side, as they were saved. */
export function PolicyDiff({
  name,
  left,
  right,
  latest,
}: {
  readonly name: string;
  readonly left: number;
  readonly right: number;
  readonly latest: number;
}): JSX.Element {
  const path = (version: number): string => `policies/${encodeURIComponent(name)}/versions/${version}`;
  const both = useResource(`${name} ${left} ${right}`, (signal) =>
    Promise.all([get<PolicySource>(path(left), {}, signal), get<PolicySource>(path(right), {}, signal)]),
  );
  return (
    <section class="diff" aria-label="Comparison">
      <div class="diff-head">
        <Choose label="Left version" value={left} latest={latest} onChoose={(version) => setParams({ a: version })} />
        <Choose label="Right version" value={right} latest={latest} onChoose={(version) => setParams({ b: version })} />
      </div>
      <Loaded from={both}>
        {([a, b]) => {
          const lines = sideBySide(a.source, b.source);
          const changed = lines.filter(({ kind }) => kind !== "same").length;
          return (
            <>
              <p class="none" role="status">
                {changed === 0 ? "The same bytes." : `${plural(changed, "line")} differ.`}
              </p>
              <div class="table-area" role="group" aria-label="Lines side by side" tabIndex={0}>
                <table class="diff-table">
                  <caption class="unseen">
                    Version {left} on the left, version {right} on the right
                  </caption>
                  <colgroup>
                    <col class="col-number" />
                    <col />
                    <col class="col-number" />
                    <col />
                  </colgroup>
                  <thead class="unseen">
                    <tr>
                      <th scope="col">Line</th>
                      <th scope="col">Left</th>
                      <th scope="col">Line</th>
                      <th scope="col">Right</th>
                    </tr>
                  </thead>
                  <tbody>
                    {lines.slice(0, MOST_LINES).map((line, index) => (
                      <Line key={index} line={line} />
                    ))}
                  </tbody>
                </table>
              </div>
              {lines.length > MOST_LINES && <p class="none">The first {MOST_LINES} lines. Download the rest as raw.</p>}
            </>
          );
        }}
      </Loaded>
    </section>
  );
}

function Line({ line }: { readonly line: DiffLine }): JSX.Element {
  const { left, right, kind } = line;
  return (
    <tr>
      <td class="diff-number">{left?.number}</td>
      <td class={kind !== "same" && left !== undefined ? "diff-text removed" : "diff-text"}>
        {kind !== "same" && left !== undefined && <span class="diff-sign">− </span>}
        {visible(left?.text ?? "")}
      </td>
      <td class="diff-number">{right?.number}</td>
      <td class={kind !== "same" && right !== undefined ? "diff-text added" : "diff-text"}>
        {kind !== "same" && right !== undefined && <span class="diff-sign">+ </span>}
        {visible(right?.text ?? "")}
      </td>
    </tr>
  );
}

function Choose({
  label,
  value,
  latest,
  onChoose,
}: {
  readonly label: string;
  readonly value: number;
  readonly latest: number;
  readonly onChoose: (version: string) => void;
}): JSX.Element {
  const versions = Array.from({ length: latest }, (_, index) => latest - index);
  return (
    <select aria-label={label} value={String(value)} onChange={(event) => onChoose(event.currentTarget.value)}>
      {versions.map((version) => (
        <option key={version} value={String(version)}>
          version {version}
        </option>
      ))}
    </select>
  );
}
