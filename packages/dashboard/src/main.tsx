import { render } from "preact";
import "./style/index.css";
import { App } from "./app/app.js";
import { listenToKeys } from "./app/keys.js";
import { openSession } from "./server/session.js";

const root = document.getElementById("app");
if (root === null) throw new Error("the page has no element with the id app");
listenToKeys();
void openSession();
render(<App />, root);
