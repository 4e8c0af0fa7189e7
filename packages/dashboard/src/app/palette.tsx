import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { copyItems } from "../parts/copy-as.js";
import { Dialog } from "../parts/dialog.js";
import { get } from "../server/client.js";
import { useResource } from "../server/resource.js";
import type { Agent, PageOf } from "../server/wire.js";
import { visible } from "../text/visible.js";
import { eventsAsAasm, eventsAsCurl } from "../url/copy-as.js";
import { go, linkTo, linkWith, screen } from "../url/location.js";
import { RANGES, refreshNow } from "../url/range.js";
import { overlay, toggleZone } from "./keys.js";
import { RAIL } from "./screens.js";

interface Command {
  readonly label: string;
  readonly hint?: string;
  readonly run: () => void;
}

/** Commands that are shown at a time. */
const SHOWN = 12;

/** Everything the page can do, found by a few letters; an id that is pasted leads to what it names. */
export function Palette(): JSX.Element {
  const typed = useSignal("");
  const at = useSignal(0);
  const agents = useResource("agents", (signal) => get<PageOf<Agent>>("agents", { limit: 200 }, signal));
  const found = matching([...commandsOf(typed.value.trim()), ...agentCommands(agents.data.value)], typed.value);
  const chosen = Math.min(at.value, Math.max(0, found.length - 1));
  const close = (): void => {
    overlay.value = undefined;
  };
  const run = (command: Command | undefined): void => {
    if (command === undefined) return;
    close();
    command.run();
  };
  const keys = (event: KeyboardEvent): void => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step !== undefined && found.length > 0) at.value = (chosen + step + found.length) % found.length;
    else if (event.key === "Enter") run(found[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title="Commands" onClose={close}>
      <input
        class="palette-input"
        role="combobox"
        aria-label="Command, agent or id"
        aria-expanded="true"
        aria-controls="palette-list"
        placeholder="Command, agent or id"
        autocomplete="off"
        spellcheck={false}
        value={typed.value}
        {...(found.length === 0 ? {} : { "aria-activedescendant": `command-${chosen}` })}
        onInput={(event) => {
          typed.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={keys}
      />
      <div class="palette-list" id="palette-list" role="listbox" aria-label="Commands">
        {found.map((command, index) => (
          <div
            key={command.label}
            id={`command-${index}`}
            role="option"
            aria-selected={index === chosen}
            class="palette-item"
            onClick={() => run(command)}
            onPointerMove={() => {
              at.value = index;
            }}
          >
            <span>{visible(command.label)}</span>
            {command.hint !== undefined && <span class="none">{visible(command.hint)}</span>}
          </div>
        ))}
      </div>
      {found.length === 0 && <p class="none">Nothing by that name.</p>}
    </Dialog>
  );
}

function commandsOf(typed: string): Command[] {
  const ids: Command[] =
    typed.length < 6 || /\s/.test(typed)
      ? []
      : [
          { label: `Session ${typed}`, run: () => go(linkTo("session", { session: typed })) },
          { label: `Trace ${typed}`, run: () => go(linkTo("session", { trace: typed })) },
          ...(/^[0-9a-f-]{36}$/i.test(typed)
            ? [{ label: `Event ${typed}`, run: () => go(linkTo("events", { eventId: typed, range: "90d" })) }]
            : []),
        ];
  return [
    ...RAIL.map(({ name, label, key }) => ({ label, hint: `g ${key}`, run: () => go(linkTo(name)) })),
    { label: "Denials", hint: "events", run: () => go(linkTo("events", { decision: "deny" })) },
    { label: "Live tail", hint: "events", run: () => go(linkTo("events", { live: "1" })) },
    ...RANGES.map(({ name, label }) => ({
      label: `Last ${label}`,
      hint: "time range",
      run: () => go(linkWith({ range: name, from: undefined, to: undefined, at: undefined })),
    })),
    { label: "Move on to now", hint: ".", run: refreshNow },
    { label: "UTC or local time", hint: "u", run: toggleZone },
    {
      label: "Keys",
      hint: "?",
      run: () => {
        overlay.value = "help";
      },
    },
    ...(screen.value === "events" ? copyItems({ curl: eventsAsCurl(), aasm: eventsAsAasm() }) : []),
    ...ids,
  ];
}

function agentCommands(agents: PageOf<Agent> | undefined): Command[] {
  return (agents?.items ?? []).map(({ agentId, name }) => ({
    label: name ?? agentId,
    hint: name === undefined ? "agent" : `agent ${agentId}`,
    run: () => go(linkTo("agents", { agent: agentId })),
  }));
}

function matching(commands: readonly Command[], typed: string): Command[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  const text = ({ label, hint }: Command): string => `${label} ${hint ?? ""}`.toLowerCase();
  const seen = new Set<string>();
  return commands
    .filter((command) => words.every((word) => text(command).includes(word)))
    .filter(({ label }) => !seen.has(label) && seen.add(label))
    .slice(0, SHOWN);
}
