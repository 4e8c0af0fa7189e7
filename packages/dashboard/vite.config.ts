import { defineConfig, type Plugin } from "vite";
import { frameHtml } from "./src/app/frame.js";

/** What is painted before the script has run. */
const frame: Plugin = {
  name: "frame",
  transformIndexHtml: (html) => html.replace("<!--frame-->", frameHtml()),
};

/**
 * What the head loads, in the order in which it is needed: the style, which the first paint waits for, then the scripts. The screen
 * of events is loaded with them, since it is opened most, and its rows are waited for.
 */
const head: Plugin = {
  name: "head",
  transformIndexHtml: {
    order: "post",
    handler(html, { bundle }) {
      const screen = Object.values(bundle ?? {}).find((file) => file.type === "chunk" && file.name === "events");
      if (screen === undefined) throw new Error("no file of the build has the screen of events");
      const style = /\n *<link rel="stylesheet"[^>]*>/.exec(html)?.[0];
      if (style === undefined) throw new Error("the page has no style sheet");
      const preload = `<link rel="modulepreload" crossorigin href="./${screen.fileName}">`;
      return html
        .replace(style, "")
        .replace(/\n *<script /, (script) => `${style}${script}`)
        .replace("\n  </head>", `\n    ${preload}\n  </head>`);
    },
  },
};

export default defineConfig({
  plugins: [frame, head],
  // Relative, so that the page works wherever a gateway is mounted.
  base: "./",
  build: {
    outDir: "../gateway/dashboard",
    emptyOutDir: true,
    target: "es2023",
    modulePreload: { polyfill: false },
    // Inlined files would be data: URLs, which the page's content security policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    rolldownOptions: {
      output: {
        // What several screens share is one small file, not one for each of its parts.
        codeSplitting: { groups: [{ name: "shared", test: /\/src\//, minShareCount: 2 }] },
      },
    },
    // The licences of what is in the bundle, which ask to be kept with it.
    license: { fileName: "licenses.md" },
  },
});
