import type { JSX } from "preact";
import { Dialog } from "../parts/dialog.js";
import { overlay, SHORTCUTS } from "./keys.js";

/** The keys of the page. */
export function Help(): JSX.Element {
  const close = (): void => {
    overlay.value = undefined;
  };
  return (
    <Dialog title="Keys" onClose={close} wide>
      <div class="keys">
        {SHORTCUTS.map(({ title, list }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl>
              {list.map(({ keys, does }) => (
                <div key={keys}>
                  <dt>
                    {keys.split(" ").map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{does}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div class="buttons">
        <button type="button" class="primary" onClick={close}>
          Close
        </button>
      </div>
    </Dialog>
  );
}
