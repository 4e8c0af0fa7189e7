import { type ReadonlySignal, useComputed, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Decision } from "../../parts/decision.js";
import { Problem } from "../../parts/states.js";
import type { Query } from "../../server/client.js";
import { useSummary } from "../../server/summary.js";
import { count } from "../../text/format.js";
import { visible } from "../../text/visible.js";
import { type FilterKey, toggled } from "../../url/filter.js";
import { param, params, setParams } from "../../url/location.js";

const FACETS = [
  { key: "decision", label: "Decision" },
  { key: "action", label: "Action" },
  { key: "agentId", label: "Agent" },
  { key: "tool", label: "Tool" },
  { key: "teamId", label: "Team" },
  { key: "matchedRuleId", label: "Rule" },
  { key: "dryRun", label: "Dry run" },
] as const;

/** Open without being asked for. */
const OPEN_AT_FIRST = "decision,action,agentId,tool";
/** Values that are shown before more are asked for. */
const FEW = 8;

/**
 * What the matching events have in common, with counts; a click filters by a value.
 * @param counting the filter whose matches are counted; nothing is asked for before there is one
 */
export function Facets({ counting }: { readonly counting: ReadonlySignal<Query | undefined> }): JSX.Element {
  const open = useComputed(() => param("facets", OPEN_AT_FIRST)).value.split(",");
  return (
    <div class="facets" role="group" aria-label="Facets">
      {FACETS.map(({ key, label }) => {
        const isOpen = open.includes(key);
        const next = isOpen ? open.filter((one) => one !== key) : [...open, key];
        return (
          <section key={key}>
            <h2>
              <button
                type="button"
                class="facet-head"
                aria-expanded={isOpen}
                onClick={() => setParams({ facets: next.filter((one) => one !== "").join(",") }, "replace")}
              >
                {label}
              </button>
            </h2>
            {isOpen && <Facet of={key} label={label} counting={counting} />}
          </section>
        );
      })}
    </div>
  );
}

interface FacetProps {
  readonly of: FilterKey;
  readonly label: string;
  readonly counting: ReadonlySignal<Query | undefined>;
}

/** The values that are filtered by: the same array until they change, so that other parts of the URL draw nothing anew. */
function useChosen(of: FilterKey): ReadonlySignal<readonly string[]> {
  const text = useComputed(() => JSON.stringify(params.value.getAll(of)));
  return useComputed(() => JSON.parse(text.value) as readonly string[]);
}

function Facet({ of, label, counting }: FacetProps): JSX.Element {
  const all = useSignal(false);
  const chosen = useChosen(of);
  // The facet's own choice is left out, so that its other values can still be chosen.
  const { [of]: _, ...others } = counting.value ?? {};
  const counts = useSummary(counting.value === undefined ? undefined : { ...others, groupBy: of });
  const data = counts.data.value;
  const error = counts.error.value;
  if (error !== undefined) return <Problem error={error} onRetry={counts.reload} />;
  if (data === undefined) return <p class="waiting">Loading</p>;
  const rows = data.items
    .map(({ key, count: n }) => ({ value: key[of] ?? null, n }))
    .filter(({ value }) => value !== null)
    .sort((a, b) => b.n - a.n);
  // What is filtered by stays visible when nothing matches it any longer.
  for (const one of chosen.value) {
    if (!rows.some(({ value }) => String(value) === one)) rows.unshift({ value: one, n: 0 });
  }
  const most = Math.max(1, ...rows.map(({ n }) => n));
  const shown = all.value ? rows.slice(0, 200) : rows.slice(0, FEW);
  return (
    <ul class="facet" aria-label={label}>
      {shown.map(({ value, n }) => {
        const text = String(value);
        const on = chosen.value.includes(text);
        return (
          <li key={text}>
            <button
              type="button"
              class="facet-value"
              aria-pressed={on}
              title={visible(text)}
              onClick={() => setParams(toggled(of, text))}
            >
              <span class="facet-bar" style={{ width: `${(n / most) * 100}%` }} aria-hidden="true" />
              <span class="facet-name">{of === "decision" ? <Decision value={text} /> : visible(text)}</span>
              <span class="facet-count">
                {data.lowerBound && n > 0 ? "≥ " : ""}
                {count(n)}
              </span>
            </button>
          </li>
        );
      })}
      {rows.length === 0 && <li class="none">none</li>}
      {rows.length > FEW && (
        <li>
          <button
            type="button"
            class="link"
            onClick={() => {
              all.value = !all.value;
            }}
          >
            {all.value ? "fewer" : `${rows.length - FEW} more`}
          </button>
        </li>
      )}
    </ul>
  );
}
