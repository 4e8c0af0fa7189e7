import type { JSX } from "preact";
import { asLink, eventsAsAasm, eventsAsCurl } from "../url/copy-as.js";
import { screen } from "../url/location.js";
import { Icon } from "./icons.js";
import { Menu, type MenuItem } from "./menu.js";
import { copyText } from "./toast.js";

/** Ways to get at what is on the screen without the page. */
export interface CopyForms {
  readonly curl: string;
  readonly aasm: string;
}

/** The entries of "Copy as", which the command palette has, too. */
export function copyItems(forms: CopyForms): MenuItem[] {
  return [
    { label: "Copy as link", run: () => void copyText(asLink(), "Link copied") },
    { label: "Copy as curl", run: () => void copyText(forms.curl, "curl command copied") },
    { label: "Copy as aasm", run: () => void copyText(forms.aasm, "aasm command copied") },
  ];
}

/** Copies what is on the screen as a link, a curl command or an aasm command. */
export function CopyAs(forms: CopyForms): JSX.Element {
  return (
    <Menu label={`Copy ${screen.value} as`} items={copyItems(forms)}>
      <Icon name="copy" /> Copy as
    </Menu>
  );
}

/** {@link CopyAs} for the events that match the filter in the URL. */
export function CopyEventsAs(): JSX.Element {
  return <CopyAs curl={eventsAsCurl()} aasm={eventsAsAasm()} />;
}
